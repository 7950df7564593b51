#!/usr/bin/env python3
"""make_corpus.py: the seeds in corpus/, small files of each kind by the libraries that everyone writes them with (Keras, h5py, NumPy, Pillow,
safetensors, onnx), and the ways in which a file can lie: cut, wrong byte order, absurd shapes, doubled names, bombs. What a fuzzer found lies beside
them under found-*; this script leaves it alone."""
import gzip
import io
import json
import os
import pathlib
import struct
import zipfile
import zlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import h5py
import keras
import numpy as np
import onnx
from onnx import numpy_helper
from PIL import Image
from safetensors.numpy import save as save_safetensors

CORPUS = pathlib.Path(__file__).parent / "corpus"
rng = np.random.default_rng(1)


def put(reader, name, data):
    (CORPUS / reader).mkdir(parents=True, exist_ok=True)
    (CORPUS / reader / name).write_bytes(data)


def file_of(write, ending):
    path = CORPUS / ("making" + ending)
    path.parent.mkdir(exist_ok=True)
    write(str(path))
    data = path.read_bytes()
    path.unlink()
    return data


def small_model():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 2), keras.layers.BatchNormalization(), keras.layers.Flatten(),
                              keras.layers.Dense(2, activation="softmax")], name="small")
    model.compile(optimizer=keras.optimizers.SGD(momentum=0.9), loss="sparse_categorical_crossentropy")
    model.fit(np.zeros((2, 4, 4, 1), np.float32), np.zeros(2, np.int32), verbose=0)
    return model


def hdf5(fill):
    def write(path):
        with h5py.File(path, "w", libver="latest") as f:
            fill(f)
    return file_of(write, ".h5")


def legacy(f, kernel, names=("dense/kernel:0",)):
    f.attrs["layer_names"] = [b"dense"]
    g = f.create_group("dense")
    g.attrs["weight_names"] = [n.encode() for n in names]
    d = g.create_group("dense")
    kernel(d, "kernel:0")


def hdf5_seeds(model):
    put("hdf5", "model.h5", file_of(model.save, ".h5"))
    weights = file_of(model.save_weights, ".weights.h5")
    put("hdf5", "model.weights.h5", weights)
    put("hdf5", "cut.weights.h5", weights[: len(weights) * 3 // 4])
    plain = rng.random((3, 2), np.float32)
    put("hdf5", "plain.h5", hdf5(lambda f: legacy(f, lambda g, n: g.create_dataset(n, data=plain))))
    put("hdf5", "big-endian.h5", hdf5(lambda f: legacy(f, lambda g, n: g.create_dataset(n, data=plain.astype(">f4")))))
    put("hdf5", "half-and-chunked.h5", hdf5(lambda f: legacy(f, lambda g, n: g.create_dataset(n, data=plain.astype(np.float16), chunks=(1, 2),
                                                                                             compression="gzip", shuffle=True))))
    put("hdf5", "bomb.h5", hdf5(lambda f: legacy(f, lambda g, n: g.create_dataset(n, shape=(1 << 20, 1 << 14), dtype="f4", chunks=(1024, 1024),
                                                                                  compression="gzip"))))
    put("hdf5", "never-written.h5", hdf5(lambda f: legacy(f, lambda g, n: g.create_dataset(n, shape=(1 << 15, 1 << 15), dtype="f4"))))
    put("hdf5", "missing-weight.h5", hdf5(lambda f: legacy(f, lambda g, n: g.create_dataset(n, data=plain), ("dense/kernel:0", "dense/bias:0"))))
    put("hdf5", "doubled-layer.h5", hdf5(lambda f: (legacy(f, lambda g, n: g.create_dataset(n, data=plain)),
                                                   f.attrs.__setitem__("layer_names", [b"dense", b"dense"]))))

    def loop(f):
        f.create_group("layers")["again"] = f["/"]
    put("hdf5", "loop.h5", hdf5(loop))

    def outside(f):
        f["layers"] = h5py.ExternalLink("/etc/hostname", "/")
    put("hdf5", "outside.h5", hdf5(outside))
    put("hdf5", "compound.h5", hdf5(lambda f: legacy(f, lambda g, n: g.create_dataset(n, data=np.zeros(2, [("a", "f4"), ("b", "i4")])))))


def zip_of(entries, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in entries:
            z.writestr(name, data)
    return out.getvalue()


def keras_seeds(model):
    archive = file_of(model.save, ".keras")
    put("keras", "model.keras", archive)
    put("keras", "cut.keras", archive[:-30])
    with zipfile.ZipFile(io.BytesIO(archive)) as z:
        parts = {n: z.read(n) for n in z.namelist()}
    put("keras", "deflated.keras", zip_of(parts.items(), zipfile.ZIP_DEFLATED))
    put("keras", "no-weights.keras", zip_of([(n, d) for n, d in parts.items() if n != "model.weights.h5"]))
    put("keras", "no-config.keras", zip_of([(n, d) for n, d in parts.items() if n != "config.json"]))
    put("keras", "other-config.keras", zip_of([(n, b"[1, 2]" if n == "config.json" else d) for n, d in parts.items()]))
    deep = b'{"class_name": "Sequential", "config": {"layers": [' * 60 + b"]}}" * 60
    put("keras", "deep-config.keras", zip_of([(n, deep if n == "config.json" else d) for n, d in parts.items()]))
    bomb = [(n, b" " * (1 << 24) + d if n == "config.json" else d) for n, d in parts.items()]
    put("keras", "spaces.keras", zip_of(bomb, zipfile.ZIP_DEFLATED))
    swapped = bytearray(archive)
    swapped[len(archive) // 2], swapped[len(archive) // 2 + 1] = swapped[len(archive) // 2 + 1] ^ 1, swapped[len(archive) // 2]
    put("keras", "swapped-bytes.keras", bytes(swapped))


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def npz_seeds():
    kernel, bias = rng.random((3, 2), np.float32), np.zeros(2, np.float32)
    good = [("dense/kernel.npy", npy(kernel)), ("dense/bias.npy", npy(bias))]
    put("npz", "named.npz", zip_of(good))
    put("npz", "counted.npz", zip_of([("arr_0.npy", npy(kernel)), ("arr_1.npy", npy(bias))], zipfile.ZIP_DEFLATED))
    put("npz", "types.npz", zip_of([(f"a/{t}.npy", npy(np.arange(4).astype(t))) for t in ("f2", "f8", ">f4", "i1", "u2", "i8", "?")]))
    put("npz", "fortran.npz", zip_of([("a/b.npy", npy(np.asfortranarray(rng.random((2, 3)))))]))
    put("npz", "doubled.npz", zip_of(good[:1] * 2))
    put("npz", "bomb.npz", zip_of([("a/b.npy", npy(np.zeros(1 << 27, np.uint8)))], zipfile.ZIP_DEFLATED))
    twice = bytearray(zip_of([("a/b.npy", npy(kernel)), ("a/c.npy", npy(kernel))]))
    at = twice.rindex(b"PK\1\2")
    twice[at + 42:at + 46] = bytes(4)  # the second entry lies where the first does
    put("npz", "overlap.npz", bytes(twice))
    put("npz", "objects.npz", zip_of([("a/b.npy", npy(np.array([{}], object)))]))
    head = npy(kernel).replace(b"(3, 2)", b"(30000000, 2)"[:6]).replace(b"'shape': (30000", b"'shape': (3, 99)")
    put("npz", "absurd-shape.npz", zip_of([("a/b.npy", head)]))
    put("npz", "cut.npz", zip_of(good)[:150])
    claims = bytearray(zip_of(good))
    at = claims.index(b"PK\1\2")
    claims[at + 24:at + 28] = struct.pack("<I", 0xfffffff0)
    put("npz", "claims.npz", bytes(claims))


def safetensors_seeds():
    good = save_safetensors({"conv.weight": rng.random((2, 1, 3, 3), np.float32), "conv.bias": np.zeros(2, np.float32),
                             "half.weight": np.ones((2, 2), np.float16)}, {"format": "pt"})
    put("safetensors", "good.safetensors", good)
    put("safetensors", "cut.safetensors", good[:-5])
    put("safetensors", "big-endian.safetensors", good[:8][::-1] + good[8:])

    def made(header, data):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + data
    put("safetensors", "absurd.safetensors", made({"a": {"dtype": "F32", "shape": [1 << 31, 1 << 31], "data_offsets": [0, 8]}}, bytes(8)))
    put("safetensors", "doubled.safetensors", made(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', bytes(8)))
    put("safetensors", "overlap.safetensors", made({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "b": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, bytes(8)))
    put("safetensors", "notes.safetensors", made({"__metadata__": {"lehr": json.dumps({"layers": [{"name": "d", "path": "", "class_name": "Dense", "weights": [{"name": "kernel", "tensor": "d.weight", "shape": [2, 3]}]}]})},
                                                  "d.weight": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}}, bytes(24)))


def onnx_model(nodes, weights, shape=(None, 2, 4, 4), out=(None, 3), name="small", inputs=None):
    value = lambda n, s: onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, s)
    graph = onnx.helper.make_graph(nodes, name, inputs or [value("x", shape)], [value("y", out)], [w if hasattr(w, "raw_data") else numpy_helper.from_array(*w) for w in weights])
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)


def onnx_seeds():
    node, f4 = onnx.helper.make_node, lambda *s: rng.random(s, np.float32)
    head = [node("GlobalAveragePool", ["a"], ["g"]), node("Flatten", ["g"], ["f"]), node("Gemm", ["f", "w", "b"], ["z"], transB=1), node("Softmax", ["z"], ["y"])]
    conv = [node("Conv", ["x", "net.0.weight", "net.0.bias"], ["c"], pads=[1, 1, 1, 1], name="/net/net.0/Conv"), node("Relu", ["c"], ["a"])]
    weights = [(f4(4, 2, 3, 3), "net.0.weight"), (f4(4), "net.0.bias"), (f4(3, 4), "w"), (f4(3), "b")]
    good = onnx_model(conv + head, weights)
    put("onnx", "good.onnx", good.SerializeToString())
    put("onnx", "cut.onnx", good.SerializeToString()[:-20])
    gelu = [node("Div", ["x", "r"], ["d"]), node("Erf", ["d"], ["e"]), node("Add", ["e", "one"], ["p"]), node("Mul", ["x", "p"], ["m"]), node("Mul", ["m", "half"], ["a"])]
    one = lambda v, n: (np.array(v, np.float32), n)
    put("onnx", "gelu.onnx", onnx_model(gelu + head, [one(2 ** .5, "r"), one(1, "one"), one(.5, "half"), (f4(3, 2), "w"), (f4(3), "b")]).SerializeToString())
    shapes = [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"]), node("Unsqueeze", ["n", "ax"], ["u"]), node("Concat", ["u", "rest"], ["t"], axis=0), node("Reshape", ["x", "t"], ["a"]),
              node("MatMul", ["a", "k"], ["l"]), node("Add", ["l", "b"], ["y"])]
    put("onnx", "shapes.onnx", onnx_model(shapes, [(np.array(0, np.int64), "zero"), (np.array([0], np.int64), "ax"), (np.array([-1], np.int64), "rest"), (f4(32, 3), "k"), (f4(3), "b")]).SerializeToString())
    windows = [node("Pad", ["x", "p"], ["q"]), node("MaxPool", ["q"], ["m"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), node("ConvTranspose", ["m", "t"], ["o"], strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
               node("Resize", ["o", "", "s"], ["r"], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"), node("AveragePool", ["r"], ["v"], kernel_shape=[2, 2], auto_pad="SAME_UPPER"),
               node("Transpose", ["v"], ["h"], perm=[0, 2, 3, 1]), node("LayerNormalization", ["h", "g", "g"], ["n"]), node("Transpose", ["n"], ["c"], perm=[0, 3, 1, 2]), node("PRelu", ["c", "a"], ["i"]),
               node("Slice", ["i", "from", "to", "axes"], ["j"]), node("Clip", ["j", "lo", "hi"], ["y"])]
    put("onnx", "windows.onnx", onnx_model(windows, [(np.array([0, 0, 1, 0, 0, 0, 0, 1], np.int64), "p"), (f4(2, 4, 3, 3), "t"), (np.array([1, 1, 2, 2], np.float32), "s"), (f4(4), "g"), (f4(4, 1, 1), "a"),
                                                     (np.array([0, 1], np.int64), "from"), (np.array([5, 2 ** 62], np.int64), "to"), (np.array([2, 3], np.int64), "axes"), one(-1, "lo"), one(4, "hi")], out=None).SerializeToString())
    groups = [node("Conv", ["x", "k"], ["c"], group=2), node("BatchNormalization", ["c", "s", "s", "s", "s"], ["n"]), node("Reshape", ["n", "t"], ["r"]), node("InstanceNormalization", ["r", "o", "o"], ["i"]), node("Reshape", ["i", "back"], ["j"]),
              node("Mul", ["j", "m"], ["k2"]), node("Sigmoid", ["k2"], ["e"]), node("Mul", ["k2", "e"], ["w"]), node("Concat", ["w", "x"], ["cc"], axis=1), node("ReduceMean", ["cc"], ["y"], axes=[2, 3], keepdims=0)]
    put("onnx", "groups.onnx", onnx_model(groups, [(f4(4, 1, 1, 1), "k"), (f4(4), "s"), (np.array([0, 2, -1], np.int64), "t"), (np.ones(2, np.float32), "o"), (np.array([0, 4, 4, 4], np.int64), "back"), (f4(4, 1, 1), "m")], out=(None, 6)).SerializeToString())
    relu = [node("Relu", ["x"], ["y"])]
    put("onnx", "unknown.onnx", onnx_model([node("LSTM", ["x", "w", "w"], ["y"])], [(f4(1, 1), "w")]).SerializeToString())
    put("onnx", "other-domain.onnx", onnx_model([node("Relu", ["x"], ["y"], domain="com.microsoft")], []).SerializeToString())
    put("onnx", "no-shape.onnx", onnx_model(relu, [], (None, "c", 4, 4)).SerializeToString())
    put("onnx", "absurd-shape.onnx", onnx_model(relu, [], (1, 1 << 40, 1 << 40, 4)).SerializeToString())
    put("onnx", "later.onnx", onnx_model([node("Relu", ["z"], ["y"]), node("Relu", ["x"], ["z"])], []).SerializeToString())
    put("onnx", "doubled.onnx", onnx_model(relu * 2, []).SerializeToString())
    outside = onnx.TensorProto(name="b", data_type=1, dims=[2], data_location=onnx.TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="../../../etc/hostname")
    put("onnx", "outside.onnx", onnx_model([node("Add", ["x", "b"], ["y"])], [outside], (None, 2), (None, 2)).SerializeToString())
    claims = onnx.TensorProto(name="b", data_type=1, dims=[1 << 31, 1 << 31], raw_data=bytes(8))
    put("onnx", "claims.onnx", onnx_model([node("Add", ["x", "b"], ["y"])], [claims], (None, 2), (None, 2)).SerializeToString())
    copies = [node("MatMul", [f"v{i}" if i else "x", "k"], [f"v{i + 1}" if i < 29 else "y"]) for i in range(30)]
    put("onnx", "copies.onnx", onnx_model(copies, [(np.zeros((256, 256), np.float32), "k")], (None, 256), (None, 256)).SerializeToString())


def idx_seeds():
    images = bytes([0, 0, 8, 3]) + struct.pack(">III", 2, 2, 2) + bytes(range(8))
    put("idx", "images.idx", images)
    put("idx", "labels.idx.gz", gzip.compress(bytes([0, 0, 8, 1]) + struct.pack(">I", 3) + bytes(3), mtime=0))
    put("idx", "floats.idx", bytes([0, 0, 0x0d, 1]) + struct.pack(">Iff", 2, 1.5, 2.5))
    put("idx", "little-endian.idx", bytes([0, 0, 8, 3]) + struct.pack("<III", 2, 2, 2) + bytes(range(8)))
    put("idx", "cut.idx", images[:-1])
    put("idx", "longer.idx", images + b"x")
    put("idx", "absurd.idx", bytes([0, 0, 8, 4]) + struct.pack(">IIII", *[0xffffffff] * 4))
    put("idx", "bomb.idx.gz", gzip.compress(bytes([0, 0, 8, 1]) + struct.pack(">I", 5) + bytes(1 << 24), mtime=0))


def image_seeds():
    picture = Image.fromarray((rng.random((9, 7, 3)) * 255).astype(np.uint8))

    def bytes_of(image, kind, **more):
        out = io.BytesIO()
        image.save(out, kind, **more)
        return out.getvalue()
    jpeg = bytes_of(picture, "JPEG")
    put("image", "rgb.jpg", jpeg)
    put("image", "progressive.jpg", bytes_of(picture.convert("L"), "JPEG", progressive=True))
    put("image", "cut.jpg", jpeg[:-40])
    put("image", "cmyk.jpg", bytes_of(picture.convert("CMYK"), "JPEG"))
    put("image", "rgb.png", bytes_of(picture, "PNG"))
    put("image", "palette.png", bytes_of(picture.convert("P"), "PNG", bits=4))
    put("image", "alpha.png", bytes_of(picture.convert("RGBA"), "PNG"))
    put("image", "sixteen.png", bytes_of(Image.fromarray(np.zeros((4, 4), np.uint16)), "PNG"))

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    put("image", "bomb.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)) +
        chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b""))
    put("image", "rgb.bmp", bytes_of(picture, "BMP"))
    put("image", "palette.bmp", bytes_of(picture.convert("P"), "BMP"))
    put("image", "rgb.ppm", bytes_of(picture, "PPM"))
    put("image", "gray.pgm", bytes_of(picture.convert("L"), "PPM"))
    put("image", "absurd.pgm", b"P5 99999999 99999999 255\nx")


def text_seeds():
    for name, text in {
        "network": "conv2d(32, 3, padding=same, activation=relu) | max_pooling2d(2) | flatten | dense(128, relu) | dropout(0.25) | dense(10, softmax)",
        "search": "repeat(n:int(1, 3), conv2d(f:choice(32, 64), 3) | max_pooling2d) | dense(lr:float(1e-5, 1e-2, sampling=log), bn:boolean)",
        "values": "f(1e-3, 1/255, 3x3, 3%, 'it\\'s \\n', \"two\", true, NONE, [1, [2, a | b]], path/to/file.npz, x=y(z=-1))",
        "formula": "learning_rate_scheduler('initial * 0.5 ** floor(epoch / 15)')",
        "open": "conv2d(32, [1, 2", "deep": "f(" * 70 + ")" * 70, "quote": "'abc", "key-first": "f(a=1, 2)", "nothing": "f(,)", "number": "1e999999 | 0x1p3",
    }.items():
        put("spec", name + ".spec", text.encode())
    model = json.dumps(json.loads(small_model().to_json()))[:3000]
    for name, text in {
        "values": '{"a": [1, -2.5e3, true, false, null, "\\u00e9\\ud83d\\ude00"], "b": {}, "c": 9223372036854775807, "d": 18446744073709551615, "e": 1e308}',
        "cut-config": model, "deep": "[" * 300 + "]" * 300, "flat": "[" * 200 + "]" * 200, "comma": "[1,]", "text": '"\\x"', "lone": '"\\ud800"',
        "numbers": "[1e400, -0, 0.1, 123456789012345678901234567890]", "doubled": '{"a": 1, "a": 2}',
    }.items():
        put("json", name + ".txt", text.encode())


def config_seeds():
    models = CORPUS.parent.parent / "golden" / "models"
    for name in ("nested", "options", "resnet"):
        with zipfile.ZipFile(models / f"{name}.keras") as archive:
            config = json.loads(archive.read("config.json"))
        config.pop("compile_config", None)
        put("config", name + ".json", json.dumps(config, separators=(",", ":")).encode())
    flatten = {"class_name": "Flatten", "config": {"name": "f"}}
    for name, given in {"negative": {"batch_shape": [None, -5, 10, 3]}, "huge": {"batch_shape": [None, 1000000, 1000000, 1000000]},
                        "ranks": {"batch_shape": [None] + [2] * 40}, "words": {"batch_shape": "abc"}, "bytes": {"batch_shape": [None, 4], "dtype": "uint8"},
                        "two-shapes": {"batch_shape": [None, 4], "build_input_shape": [None, 5]}}.items():
        first = {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": given["batch_shape"], "dtype": given.get("dtype", "float32")}}
        config = {"name": "s", "layers": [first, flatten]}
        if "build_input_shape" in given:
            config["build_input_shape"] = given["build_input_shape"]
        put("config", name + ".json", json.dumps({"class_name": "Sequential", "config": config}).encode())


def main():
    model = small_model()
    keras_seeds(model)  # before the .h5: saving that takes the optimizer out of what Keras keeps of compile()
    hdf5_seeds(model)
    npz_seeds()
    safetensors_seeds()
    onnx_seeds()
    idx_seeds()
    image_seeds()
    text_seeds()
    config_seeds()


if __name__ == "__main__":
    main()
