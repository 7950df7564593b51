"""Writes engine/data/digits_data.cpp from scikit-learn's copy of the digits (the data is UCI's, CC BY 4.0): values 0..16, pixel by pixel over
all images (which packs 10 % better than image by image), then the labels; deflated by zlib, in base 85 with ',' for '?' (no trigraphs).
Run:  python make_digits_data.py ../../engine/data/digits_data.cpp     (made with scikit-learn 1.9.1)"""
import base64
import sys
import zlib

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
plain = digits.data.astype(np.uint8).T.tobytes() + digits.target.astype(np.uint8).tobytes()
compressor = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
packed = compressor.compress(plain) + compressor.flush()
packed += b"\0" * (-len(packed) % 4)
text = base64.b85encode(packed).decode().replace("?", ",")
with open(sys.argv[1], "w") as out:
    out.write('// Made by tests/golden/make_digits_data.py. E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine\n'
              '// Learning Repository (1998), doi 10.24432/C50P49, CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/).\n'
              '#include "engine/data/digits_data.h"\n\nnamespace lehr {\n\n// clang-format off\nconst std::string_view digits_base85 =\n')
    out.write("\n".join('"' + text[i:i + 132] + '"' for i in range(0, len(text), 132)))
    out.write(";\n// clang-format on\n\n}  // namespace lehr\n")
