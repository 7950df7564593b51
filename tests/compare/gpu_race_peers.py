"""gpu_race_peers.py: the peers of gpu_race.py, each in a process of its own, which gpu_race.py starts.

    gpu_race_peers.py NAME NET DEVICE PRECISION FOLDER STEPS_BETWEEN_WAITS
    gpu_race_peers.py start NET FOLDER BATCH    writes the start that all sides share: weights.npz, x.npy, y.npy

A peer answers with a line of JSON when it has compiled and taken its first steps (`losses`: of the steps from the start on, by the very function
that is timed; `plain_losses`: without dropout, by torch not compiled), then with one for each number of seconds on its input. It waits for
the device after every STEPS_BETWEEN_WAITS steps.
"""
import functools
import json
import pathlib
import statistics
import sys
import time

import numpy as np

NETS = {"vgg16": {"model": "lecture_vgg16(classes=62, weights=none)", "shape": (100, 100, 3), "classes": 62, "batch": 32},
        "cifar": {"model": "lecture_cnn(relu)", "shape": (32, 32, 3), "classes": 10, "batch": 128},
        "mlp": {"model": "lecture_mlp(320)", "shape": (28, 28, 1), "classes": 10, "batch": 32}}
VGG16 = [64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512, "pool"]
CIFAR = [32, 32, "pool", 64, 64, "pool", 128, 128, "pool"]
RATE, EPSILON = 1e-4, 1e-7
FIRST_STEPS = 5  # whose losses are compared: soon after, vgg16 has learned its batch and small differences grow
DROPOUT = 0.25  # of networks with convolutions


def layers_of(net):
    """(convolutions with pools, what follows them, dense widths with a dropout of 0.25 after each): lehr's zoo, by hand."""
    if net == "vgg16":
        return VGG16, "average", [1024, 256]
    return (CIFAR, "flatten", [128, 64]) if net == "cifar" else ([], "flatten", [320])


def plain_model(net):
    """The network without dropout, as lehr writes it."""
    convolutions, after, dense = layers_of(net)
    parts = ["max_pooling2d" if layer == "pool" else f"conv2d({layer}, 3, padding=same, activation=relu)" for layer in convolutions]
    parts += ["global_average_pooling2d" if after == "average" else "flatten"] + [f"dense({units}, relu)" for units in dense]
    return " | ".join([*parts, f"dense({NETS[net]['classes']}, softmax)"])


def shapes_of(net):
    """Of the kernels, in order: height x width x inputs x filters, then inputs x units."""
    convolutions, after, dense = layers_of(net)
    height, width, channels = NETS[net]["shape"]
    shapes = []
    for layer in convolutions:
        if layer == "pool":
            height, width = height // 2, width // 2
        else:
            shapes.append((3, 3, channels, layer))
            channels = layer
    inputs = channels if after == "average" else height * width * channels
    for units in [*dense, NETS[net]["classes"]]:
        shapes.append((inputs, units))
        inputs = units
    return shapes


def write_start(net, folder, batch):
    """Glorot's uniform kernels and zero biases, as lehr and Keras begin, in the order of get_weights(); a batch of random numbers."""
    random = np.random.default_rng(0)
    weights = []
    for shape in shapes_of(net):
        limit = (6 / (np.prod(shape[:-2], dtype=int) * (shape[-2] + shape[-1]))) ** 0.5
        weights += [random.uniform(-limit, limit, shape).astype(np.float32), np.zeros(shape[-1], np.float32)]
    np.savez(folder / "weights.npz", *weights)
    np.save(folder / "x.npy", random.random((batch, *NETS[net]["shape"]), dtype=np.float32))
    np.save(folder / "y.npy", random.integers(0, NETS[net]["classes"], batch).astype(np.int32))


def read_start(folder):
    stored = np.load(folder / "weights.npz")
    weights = [stored[f"arr_{i}"] for i in range(len(stored))]
    return list(zip(weights[::2], weights[1::2])), np.load(folder / "x.npy"), np.load(folder / "y.npy")


class Torch:
    """channels_last, bfloat16 by autocast, fused Adam (capturable on a GPU), the whole step in one function: zero_grad, forward, backward, update.

    compiled, on a GPU: that function by torch.compile, and captured whole as one CUDA graph, so that a step is one launch. Where the capture fails
    torch.compile(mode="max-autotune") captures what it can, and `how` says so. On a CPU: by torch.compile, without graphs.
    """

    def __init__(self, net, start, device, precision, compiled, steps):
        import torch
        self.torch, self.device, self.steps, self.bf16 = torch, device, steps, precision == "mixed_bfloat16"
        torch.manual_seed(0)
        torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.benchmark = True
        _, x, y = start
        self.x = torch.from_numpy(x).permute(0, 3, 1, 2).to(device).contiguous(memory_format=torch.channels_last)
        self.y = torch.from_numpy(y).long().to(device)
        self.first_losses = []
        self.how = "eager"
        begin = time.perf_counter()
        self.build(net, start, dropout=0)
        self.plain_losses = []
        for step in range(1, FIRST_STEPS + 1):  # torch adds its epsilon after the second moment's correction, Keras, lehr and Jax below before it
            self.adam.param_groups[0]["eps"] = EPSILON / (1 - 0.999 ** step) ** 0.5
            self.plain_losses.append(float(self.once()))
        self.check_s = time.perf_counter() - begin
        self.build(net, start)
        if compiled and device == "cuda":
            try:
                self.capture()
            except RuntimeError as why:
                torch.cuda.synchronize()
                torch._dynamo.reset()
                self.build(net, start)
                self.first_losses = []
                self.once = torch.compile(self.once, mode="max-autotune")
                self.how = f"torch.compile(max-autotune), which captures parts: the whole step could not be ({type(why).__name__}: {str(why)[:120]!r})"
        elif compiled:
            self.once = torch.compile(self.once, mode="max-autotune-no-cudagraphs")
            self.how = "the whole step by torch.compile; no CUDA graphs on a CPU"
        self.about = {"version": torch.__version__, "how": self.how, "parameters": sum(p.numel() for p in self.model.parameters()),
                      "steps_between_waits": steps}
        if device == "cuda":
            self.about |= {"gpu": torch.cuda.get_device_name(), "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}

    def build(self, net, start, dropout=DROPOUT):
        torch, nn = self.torch, self.torch.nn
        convolutions, after, dense = layers_of(net)
        weights = iter(start[0])

        def filled(module, kernel, bias):
            with torch.no_grad():
                module.weight.copy_(torch.from_numpy(kernel))
                module.bias.copy_(torch.from_numpy(bias))
            return module

        def linear():
            kernel, bias = next(weights)
            if convolutions and after == "flatten" and not any(isinstance(part, nn.Linear) for part in parts):
                # Rows of the kernel count height, width, channels; nn.Flatten gives channels, height, width.
                height, width, _ = (extent // 2 ** convolutions.count("pool") for extent in NETS[net]["shape"])
                kernel = kernel.reshape(height, width, -1, kernel.shape[1]).transpose(2, 0, 1, 3).reshape(kernel.shape)
            return filled(nn.Linear(*kernel.shape), np.ascontiguousarray(kernel.T), bias)

        parts = []
        for layer in convolutions:
            if layer == "pool":
                parts.append(nn.MaxPool2d(2))
            else:
                kernel, bias = next(weights)
                parts += [filled(nn.Conv2d(*kernel.shape[2:], 3, padding="same"), np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)), bias), nn.ReLU()]
        parts += [nn.AdaptiveAvgPool2d(1)] if after == "average" else []
        parts += [nn.Flatten()]
        for _ in dense:
            parts += [linear(), nn.ReLU()] + ([nn.Dropout(dropout)] if convolutions else [])
        parts.append(linear())
        self.model = nn.Sequential(*parts).to(self.device).to(memory_format=torch.channels_last)
        self.adam = torch.optim.Adam(self.model.parameters(), lr=RATE, eps=EPSILON, fused=True, capturable=self.device == "cuda")
        loss_of = nn.CrossEntropyLoss()

        def once():
            self.adam.zero_grad(set_to_none=True)
            with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.bf16):
                loss = loss_of(self.model(self.x), self.y)
            loss.backward()
            self.adam.step()
            return loss.detach()

        self.once = once

    def capture(self):
        torch = self.torch
        compiled = torch.compile(self.once, mode="max-autotune-no-cudagraphs")
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # compiles, chooses engines and makes Adam's state, which a capture may not
            self.first_losses = [float(compiled()) for _ in range(4)]
        torch.cuda.current_stream().wait_stream(aside)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            loss = compiled()

        def replay():
            graph.replay()
            return loss

        self.once = replay
        self.how = "the whole step by torch.compile(max-autotune), captured as one CUDA graph"

    def run(self):
        for _ in range(self.steps):
            self.once()
        if self.device == "cuda":
            self.torch.cuda.synchronize()

    def losses(self, count):
        while len(self.first_losses) < count:
            self.first_losses.append(float(self.once()))
        return self.first_losses[:count]


class Jax:
    """jit of the whole step, state donated; between two waits one call, which scans over its steps."""

    def __init__(self, net, start, precision, steps):
        import jax
        import jax.numpy as jnp
        self.jax = jax
        jax.config.update("jax_default_matmul_precision", {"float32": "highest", "tf32": "tensorfloat32"}.get(precision, "default"))
        convolutions, after, dense = layers_of(net)
        compute = jnp.bfloat16 if precision == "mixed_bfloat16" else jnp.float32
        weights = [(jnp.array(kernel), jnp.array(bias)) for kernel, bias in start[0]]
        self.x, self.y = jnp.asarray(start[1]), jnp.asarray(start[2])

        def loss_of(weights, x, y, key, keep):
            left = iter(jax.tree.map(lambda w: w.astype(compute), weights))
            x = x.astype(compute)
            for layer in convolutions:
                if layer == "pool":
                    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
                else:
                    w, b = next(left)
                    x = jax.nn.relu(jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")) + b)
            x = x.mean((1, 2)) if after == "average" else x.reshape(x.shape[0], -1)
            for _ in dense:
                w, b = next(left)
                x = jax.nn.relu(x @ w + b)
                if convolutions and keep < 1:
                    key, draw = jax.random.split(key)
                    x = jnp.where(jax.random.bernoulli(draw, keep, x.shape), x / keep, 0).astype(compute)
            w, b = next(left)
            logits = (x @ w + b).astype(jnp.float32)
            return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()

        def once(state, x, y, keep=1 - DROPOUT):
            weights, m, v, t = state
            loss, gradient = jax.value_and_grad(loss_of)(weights, x, y, jax.random.fold_in(jax.random.key(1), t), keep)
            t = t + 1
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
            rate = RATE * jnp.sqrt(1 - 0.999 ** t.astype(jnp.float32)) / (1 - 0.9 ** t.astype(jnp.float32))
            return (jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, m, v), m, v, t), loss

        def scanned(state, x, y):
            return jax.lax.scan(lambda state, _: once(state, x, y), state, length=steps)

        self.update = jax.jit(once if steps == 1 else scanned, donate_argnums=0)
        zeros = functools.partial(jax.tree.map, jnp.zeros_like)
        self.state = (weights, zeros(weights), zeros(weights), jnp.int32(0))
        begin, plain, state, self.plain_losses = time.perf_counter(), jax.jit(functools.partial(once, keep=1)), self.state, []
        for _ in range(FIRST_STEPS):
            state, loss = plain(state, self.x, self.y)
            self.plain_losses.append(float(loss))
        self.check_s = time.perf_counter() - begin
        self.about = {"version": jax.__version__, "how": "one jitted call" + ("" if steps == 1 else f", a scan over {steps} steps") + ", state donated",
                      "parameters": sum(w.size for w in jax.tree.leaves(weights)), "gpu": str(jax.devices()[0]),
                      "steps_between_waits": steps}
        self.platform = jax.devices()[0].platform
        self.first_losses = []

    def run(self):
        self.state, loss = self.update(self.state, self.x, self.y)
        self.jax.block_until_ready((self.state, loss))

    def losses(self, count):
        while len(self.first_losses) < count:
            self.state, loss = self.update(self.state, self.x, self.y)
            self.first_losses += np.atleast_1d(np.asarray(loss)).tolist()
        return self.first_losses[:count]


def main():
    name, net = sys.argv[1:3]
    if name == "start":
        return write_start(net, pathlib.Path(sys.argv[3]), int(sys.argv[4]))
    device, precision, folder, steps = sys.argv[3], sys.argv[4], pathlib.Path(sys.argv[5]), int(sys.argv[6])
    answers, sys.stdout = sys.stdout, sys.stderr  # libraries print where they like
    begin = time.perf_counter()
    start = read_start(folder)
    peer = Jax(net, start, precision, steps) if name == "jax" else Torch(net, start, device, precision, name == "torch-compiled", steps)
    if name == "jax" and (peer.platform == "cpu") != (device == "cpu"):
        sys.exit(f"jax runs on {peer.about['gpu']}, not on {device}")
    peer.losses(1)
    ready = time.perf_counter() - begin - peer.check_s
    losses = peer.losses(FIRST_STEPS)
    peer.run()
    print(json.dumps(peer.about | {"ready_s": ready, "losses": losses, "plain_losses": peer.plain_losses}), file=answers, flush=True)
    for line in sys.stdin:
        times, end = [], time.perf_counter() + float(line)
        while len(times) < 3 or time.perf_counter() < end:
            begin = time.perf_counter()
            peer.run()
            times.append((time.perf_counter() - begin) / steps)
        print(json.dumps({"median_s": statistics.median(times), "steps": len(times) * steps}), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
