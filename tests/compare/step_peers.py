"""step_peers.py {torch,keras,jax} NET [--bf16] [--compile]: one training step of `lehr bench step`'s networks in a peer, timed on demand.

NET is vgg16, cifar or mlp. After the warm-up it prints {"ready": version, "warmup_s": seconds}; then each line N on stdin is answered by a
JSON list with the seconds of N steps. The data lies in memory as float32 (NHWC for Keras, channels_last for PyTorch): only the step is timed.
"""
import argparse
import json
import os
import sys
import time

NETS = {"vgg16": ((100, 100, 3), 62, 32), "cifar": ((32, 32, 3), 10, 128), "mlp": ((28, 28, 1), 10, 32)}
BLOCKS = {"vgg16": ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), "cifar": ((32, 2), (64, 2), (128, 2)), "mlp": ()}
HIDDEN = {"vgg16": (1024, 256), "cifar": (128, 64), "mlp": (320,)}


def torch_step(net, x, y, bf16, compiled):
    import torch
    from torch import nn

    torch.manual_seed(0)
    shape, classes, _ = NETS[net]
    parts, channels = [], shape[2]
    for width, convolutions in BLOCKS[net]:
        for _ in range(convolutions):
            parts += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        parts.append(nn.MaxPool2d(2))
    if net == "vgg16":
        parts.append(nn.AdaptiveAvgPool2d(1))
    parts.append(nn.Flatten())
    size = {"vgg16": 512, "cifar": 2048, "mlp": 784}[net]
    for units in HIDDEN[net]:
        parts += [nn.Linear(size, units), nn.ReLU()] + ([nn.Dropout(0.25)] if net != "mlp" else [])
        size = units
    model = nn.Sequential(*parts, nn.Linear(size, classes)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), 1e-4, fused=True)
    loss = nn.CrossEntropyLoss()
    inputs = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    labels = torch.from_numpy(y)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            value = loss(model(inputs), labels)
        value.backward()
        optimizer.step()

    if compiled:
        step = torch.compile(step, mode="max-autotune-no-cudagraphs")
    return step, f"PyTorch {torch.__version__}" + (", compiled" if compiled else "")


def keras_step(backend, net, x, y, bf16):
    os.environ["KERAS_BACKEND"] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    from keras import layers

    if bf16:
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    keras.utils.set_random_seed(0)
    shape, classes, _ = NETS[net]
    inputs = h = keras.Input(shape)
    for width, convolutions in BLOCKS[net]:
        for _ in range(convolutions):
            h = layers.Conv2D(width, 3, padding="same", activation="relu")(h)
        h = layers.MaxPooling2D()(h)
    h = layers.GlobalAveragePooling2D()(h) if net == "vgg16" else layers.Flatten()(h)
    for units in HIDDEN[net]:
        h = layers.Dense(units, "relu")(h)
        if net != "mlp":
            h = layers.Dropout(0.25)(h)
    model = keras.Model(inputs, layers.Dense(classes, "softmax")(h))
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return (lambda: model.train_on_batch(x, y)), f"Keras {keras.__version__} on {backend}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=["torch", "keras", "jax"])
    parser.add_argument("net", choices=list(NETS))
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries print where they like
    import numpy as np

    shape, classes, batch = NETS[options.net]
    random = np.random.default_rng(0)
    x, y = random.random((batch, *shape), dtype=np.float32), random.integers(0, classes, batch)
    if options.peer == "torch":
        step, version = torch_step(options.net, x, y, options.bf16, options.compile)
    else:
        step, version = keras_step("tensorflow" if options.peer == "keras" else "jax", options.net, x, y, options.bf16)
    start = time.perf_counter()
    step()
    step()
    print(json.dumps({"ready": version, "warmup_s": time.perf_counter() - start}), file=answers, flush=True)
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            begin = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - begin)
        print(json.dumps(seconds), file=answers, flush=True)


if __name__ == "__main__":
    main()
