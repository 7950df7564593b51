"""Writes tests/golden/data/: files that NumPy, PIL and pickle made, and what they say is in them.
Run:  python make_data_golden.py data      (made with NumPy 2.4.6, Pillow 13.0.0, Python 3.11)"""
import io
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(7)

# -- resizing: input_K (h, w[, 3]) and PIL's answer for a size --
SIZES = [((13, 17, 3), (5, 7)), ((5, 7, 3), (13, 17)), ((28, 28, 1), (64, 64)), ((37, 29, 1), (12, 31)), ((48, 64, 3), (25, 20)),
         ((1, 9, 3), (3, 3)), ((9, 1, 1), (2, 5)), ((50, 50, 3), (50, 33)), ((140, 3, 1), (100, 3)), ((7, 7, 3), (1, 1)), ((100, 3, 1), (32, 3)),
         ((20, 20, 3), (10, 40)), ((40, 30, 1), (20, 19)), ((40, 30, 1), (20, 20))]
arrays = {}
for k, (shape, size) in enumerate(SIZES):
    a = rng.integers(0, 256, shape, dtype=np.uint8)
    image = Image.fromarray(a[:, :, 0] if shape[2] == 1 else a)
    arrays[f"input_{k}"] = a
    for name, method in (("nearest", Image.NEAREST), ("bilinear", Image.BILINEAR)):
        arrays[f"{name}_{k}"] = np.asarray(image.resize((size[1], size[0]), method)).reshape(size + (shape[2],))
color = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
arrays["luma_input"] = color
arrays["luma"] = np.asarray(Image.fromarray(color).convert("L"))[:, :, None]
np.savez_compressed(out / "resize.npz", **arrays)

# -- arrays in NumPy's formats: what each is, as float64 in C order, lies in npy_expected.npz --
named = {
    "f4": rng.normal(size=(3, 4)).astype("<f4"), "f8": rng.normal(size=(2, 3, 2)).astype("<f8"), "f2": np.array([1.5, -0.1, 6e-8, 65504.0, 0.0], "<f2"),
    "i4": np.array([[-2**31, 2**31 - 1]], "<i4"), "i8": np.array([-2**53, 7], "<i8"), "u1": np.arange(6, dtype=np.uint8).reshape(2, 3),
    "b1": np.array([True, False, True]), "i1": np.array([-128, 127], np.int8), "i2": np.array([-32768, 5], "<i2"), "u2": np.array([65535, 0], "<u2"),
    "big_f4": rng.normal(size=(2, 2)).astype(">f4"), "big_i4": np.array([1, -2], ">i4"), "fortran": np.asfortranarray(rng.normal(size=(3, 4, 2))),
    "scalar": np.float32(2.5) * np.ones(()), "empty": np.zeros((0, 3), np.float32),
}
for name, a in named.items():
    np.save(out / f"{name}.npy", a)
np.savez(out / "npy_expected.npz", **{k: np.ascontiguousarray(v).astype(np.float64) for k, v in named.items() if k not in ("empty", "scalar")})
np.save(out / "complex.npy", np.ones(2, np.complex64))
np.save(out / "objects.npy", np.array([None, 1], object), allow_pickle=True)

# -- image files --
yy, xx = np.mgrid[0:24, 0:32]
smooth = np.stack([xx * 8, yy * 10, 255 - xx * 4 - yy * 5], -1).clip(0, 255).astype(np.uint8)
rgb = Image.fromarray(smooth)
grey = rgb.convert("L")
rgba = Image.fromarray(np.dstack([smooth, np.full((24, 32), 100, np.uint8)]))
rgb.save(out / "rgb.png")
rgb.save(out / "rgb.jpg", quality=95)
rgb.save(out / "progressive.jpg", quality=95, progressive=True)
grey.save(out / "grey.jpg", quality=95)
grey.save(out / "grey.png")
rgba.save(out / "rgba.png")
grey.convert("LA").save(out / "grey_alpha.png")
rgb.quantize(16).save(out / "palette.png")
rgb.save(out / "rgb.bmp")
rgb.save(out / "rgb.ppm")
grey.save(out / "grey.pgm")
rgb.convert("CMYK").save(out / "cmyk.jpg")
Image.fromarray((np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000)).save(out / "sixteen.png")
expected = {}
for name in ("rgb.png", "rgb.jpg", "progressive.jpg", "grey.jpg", "grey.png", "rgba.png", "grey_alpha.png", "palette.png", "rgb.bmp", "rgb.ppm", "grey.pgm"):
    expected[name + ":rgb"] = np.asarray(Image.open(out / name).convert("RGB"))
    expected[name + ":gray"] = np.asarray(Image.open(out / name).convert("RGB").convert("L"))[:, :, None]
np.savez_compressed(out / "images_expected.npz", **expected)

# -- CIFAR batches of two images each, as Python 2 wrote the originals (protocol 2, byte strings) and as Python 3 writes them --
data = np.repeat(rng.integers(0, 256, (2, 48), dtype=np.uint8), 64, 1)
labels = [3, 9]
np.savez_compressed(out / "cifar_expected.npz", x=data.reshape(2, 3, 32, 32).transpose(0, 2, 3, 1), y=np.array(labels, np.int32))
for protocol in (3, 4):
    (out / f"cifar_protocol_{protocol}").write_bytes(
        pickle.dumps({b"batch_label": b"training batch 1 of 5", b"labels": labels, b"data": data, b"filenames": [b"a.png", b"b.png"]}, protocol))


def binstring(b):
    return (b"U" + bytes([len(b)]) if len(b) < 256 else b"T" + struct.pack("<I", len(b))) + b


# The opcodes of the published files, as pickletools.dis shows them.
memo = iter(range(200))
put = lambda: b"q" + bytes([next(memo)])
p2 = b"\x80\x02}" + put() + b"(" + binstring(b"batch_label") + put() + binstring(b"testing batch 1 of 1") + put()
p2 += binstring(b"labels") + put() + b"]" + put() + b"(" + b"".join(b"K" + bytes([v]) for v in labels) + b"e"
p2 += binstring(b"data") + put() + b"cnumpy.core.multiarray\n_reconstruct\n" + put() + b"cnumpy\nndarray\n" + put() + b"K\x00\x85" + put()
p2 += binstring(b"b") + put() + b"\x87" + put() + b"R" + put() + b"(K\x01K\x02M\x00\x0c\x86" + put() + b"cnumpy\ndtype\n" + put() + binstring(b"u1") + put()
p2 += b"K\x00K\x01\x87" + put() + b"R" + put() + b"(K\x03" + binstring(b"|") + put() + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t" + put() + b"b\x89"
p2 += binstring(data.tobytes()) + put() + b"t" + put() + b"b" + binstring(b"filenames") + put() + b"]" + put() + b"(" + binstring(b"a.png") + put() + binstring(b"b.png") + put() + b"eu."
(out / "cifar_protocol_2").write_bytes(p2)
check = pickle.loads(p2, encoding="bytes")
assert check[b"labels"] == labels and np.array_equal(check[b"data"], data)
(out / "cifar_evil").write_bytes(b"\x80\x02cos\nsystem\nU\x04true\x85R.")
