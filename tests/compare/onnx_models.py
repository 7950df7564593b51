"""Models go out as ONNX and come back: ONNX Runtime computes what Keras does, and lehr what ONNX Runtime does.

    python tests/compare/onnx_models.py --lehr build/release/lehr --golden tests/golden [--only export|import|torch]

  export   each golden model: Keras saves X.keras, `lehr weights convert X.keras X.onnx`; onnx.checker finds no fault, ONNX Runtime's output equals
           Keras's.
  import   `lehr predict X.onnx` equals ONNX Runtime on the same file; X.onnx -> X.keras opens in Keras and predicts the same.
  torch    networks that torch.onnx.export wrote (both of its exporters where they work): lehr's prediction equals ONNX Runtime's.
Errors are the largest difference as a share of the largest output; 1e-5 is the limit.
"""
import argparse
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np
import onnx
import onnxruntime
from keras_models import distance, golden_models, lehr


def run_onnx(file, x):
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def predicted(given, folder, file, x, shape):
    np.save(folder / "in.npy", x)
    lehr(given, "predict", file, "--input", folder / "in.npy", "--output", folder / "out.npy", "--quiet")
    return np.load(folder / "out.npy").reshape(shape)


def models_of(given):
    yield from golden_models(given.golden)
    for file in sorted((given.golden / "models").glob("*_x.npy")):
        name = file.name[:-6]
        yield name + ".keras", keras.saving.load_model(given.golden / f"models/{name}.keras", compile=False), np.load(file)


def golden(given, folder):
    wrong, worst = 0, {"export": 0.0, "import": 0.0, "back": 0.0}
    for name, model, x in models_of(given):
        try:
            model.save(folder / "x.keras")
            model = keras.saving.load_model(folder / "x.keras", compile=False)  # what was adapted counts from here on
            y = np.asarray(model(x, training=False))
            lehr(given, "weights", "convert", folder / "x.keras", folder / "x.onnx")
            proto = onnx.load(folder / "x.onnx")
            onnx.checker.check_model(proto, full_check=True)
            theirs = run_onnx(folder / "x.onnx", x)
            errors = {"export": distance(theirs, y)}
            if given.only != "export":
                errors["import"] = distance(predicted(given, folder, folder / "x.onnx", x, y.shape), theirs)
                lehr(given, "weights", "convert", folder / "x.onnx", folder / "back.keras")
                back = keras.saving.load_model(folder / "back.keras", compile=False)
                errors["back"] = distance(np.asarray(back(x, training=False)), y)
            good = all(e <= 1e-5 for e in errors.values()) and theirs.shape == y.shape
            for key, error in errors.items():
                worst[key] = max(worst[key], error)
            print(f"{name}: {len(proto.graph.node)} nodes, {', '.join(f'{k} {e:.1e}' for k, e in errors.items())}{'' if good else '  WRONG'}", flush=True)
        except Exception as error:  # each library has its own
            print(f"{name}: {str(error)[-600:]}  WRONG", flush=True)
            good = False
        wrong += not good
    print("largest:", ", ".join(f"{k} {e:.1e}" for k, e in worst.items()))
    return wrong


def torch_networks():
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, channels, stride):
            super().__init__()
            self.way = nn.Sequential(nn.Conv2d(channels, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
                                     nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))
            self.short = nn.Conv2d(channels, channels, 1, stride) if stride > 1 else nn.Identity()

        def forward(self, x):
            return torch.relu(self.way(x) + self.short(x))

    class Excite(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.down, self.up = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)

        def forward(self, x):
            return x * torch.sigmoid(self.up(nn.functional.silu(self.down(nn.functional.adaptive_avg_pool2d(x, 1)))))

    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 5, 5, padding=2)

        def forward(self, x):
            return torch.cat([self.a(x), self.b(x), nn.functional.avg_pool2d(x, 3, 1, 1)], 1)

    class ChannelsLast(nn.Module):
        def __init__(self):
            super().__init__()
            self.deep, self.norm, self.up, self.down = nn.Conv2d(6, 6, 7, padding=3, groups=6), nn.LayerNorm(6, 1e-6), nn.Linear(6, 24), nn.Linear(24, 6)
            self.gamma = nn.Parameter(torch.full((6,), 0.3))

        def forward(self, x):
            y = self.norm(self.deep(x).permute(0, 2, 3, 1))
            return x + (self.gamma * self.down(nn.functional.gelu(self.up(y)))).permute(0, 3, 1, 2)

    class Shuffle(nn.Module):
        def forward(self, x):
            n, c, h, w = x.shape
            return x.reshape(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)

    flat = nn.Flatten()
    yield "perceptron", nn.Sequential(flat, nn.Linear(48, 20), nn.ReLU(), nn.Linear(20, 5), nn.Softmax(1)), (3, 4, 4)
    yield "lenet", nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.MaxPool2d(2), flat,
                                 nn.Linear(400, 84), nn.ReLU(), nn.Linear(84, 10), nn.LogSoftmax(1)), (1, 28, 28)
    yield "resnet", nn.Sequential(nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1), Block(8, 1), Block(8, 2),
                                  nn.AdaptiveAvgPool2d(1), flat, nn.Linear(8, 10)), (3, 32, 32)
    yield "mobile", nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.Hardswish(), nn.Conv2d(8, 8, 5, 1, 2, groups=8), nn.ReLU6(), Excite(8),
                                  nn.Conv2d(8, 16, 3, groups=2), nn.Hardsigmoid(), nn.AdaptiveAvgPool2d((1, 1)), flat, nn.Dropout(0.2), nn.Linear(16, 3)), (3, 24, 24)
    yield "branches", nn.Sequential(Branches(), nn.LeakyReLU(0.1), nn.MaxPool2d(3, 2, 1), nn.Conv2d(12, 4, 3, dilation=2)), (3, 15, 14)
    yield "channels last", nn.Sequential(nn.Conv2d(3, 6, 4, 4), ChannelsLast(), flat, nn.Linear(216, 4)), (3, 24, 24)
    yield "decoder", nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ELU(), nn.ConvTranspose2d(8, 6, 3, 2, 1, 1), nn.PReLU(6), nn.Upsample(scale_factor=2),
                                   nn.Conv2d(6, 4, 3, padding=1), nn.Softplus(), nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.Tanh()), (3, 16, 12)
    yield "resized", nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.GELU(),
                                   nn.ZeroPad2d((1, 2, 0, 1)), nn.Mish(), nn.MaxPool2d(2)), (3, 9, 8)
    yield "shuffled", nn.Sequential(nn.Conv2d(3, 8, 1), Shuffle(), nn.InstanceNorm2d(8, affine=True), nn.SELU(), nn.Softsign(), nn.AdaptiveMaxPool2d(1), flat), (3, 6, 5)


def torch_files(given, folder):
    import torch
    wrong = worst = 0
    torch.manual_seed(3)
    for name, network, shape in torch_networks():
        for module in network.modules():  # statistics that are not the identity
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 1.5)
        network.eval()
        x = torch.randn(2, *shape)
        for kind in ("torchscript", "dynamo"):
            file = folder / "torch.onnx"
            try:
                more = {"dynamic_axes": {"input": {0: "batch"}}, "opset_version": 17} if kind == "torchscript" else {"dynamic_shapes": ({0: torch.export.Dim("batch")},), "external_data": False}
                torch.onnx.export(network, (x,), str(file), input_names=["input"], dynamo=kind == "dynamo", **more)
            except Exception as error:
                print(f"torch {name}, {kind}: not written by torch ({type(error).__name__}: {str(error)[:80]})", flush=True)
                continue
            try:
                y = run_onnx(file, x.numpy())
                images = len(shape) == 3
                put = x.numpy().transpose(0, 2, 3, 1) if images else x.numpy()
                if name == "perceptron":  # no operator in it tells images from other arrays
                    put = x.numpy()
                got = predicted(given, folder, file, put, (2, -1))
                want = y.transpose(0, 2, 3, 1).reshape(2, -1) if y.ndim == 4 else y.reshape(2, -1)
                error = distance(got, want)
                worst = max(worst, error)
                good = error <= 1e-5
                print(f"torch {name}, {kind}: {error:.1e}{'' if good else '  WRONG'}", flush=True)
            except Exception as error:
                print(f"torch {name}, {kind}: {str(error)[-600:]}  WRONG", flush=True)
                good = False
            wrong += not good
    print(f"largest: torch {worst:.1e}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lehr", type=pathlib.Path, required=True)
    parser.add_argument("--golden", type=pathlib.Path, required=True)
    parser.add_argument("--only", choices=["export", "import", "torch"])
    given = parser.parse_args()
    given.lehr = given.lehr.resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        wrong = golden(given, folder) if given.only != "torch" else 0
        if given.only in (None, "torch"):
            wrong += torch_files(given, folder)
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
