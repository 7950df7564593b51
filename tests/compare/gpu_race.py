#!/usr/bin/env python3
"""gpu_race.py: a training step of lehr beside PyTorch's and JAX's, strictly alternating in one run.

    gpu_race.py --device cuda --precision mixed_bfloat16 --rounds 20 --results race.jsonl --report docs/benchmarks/race.md

The same work on every side: the network, batch, Adam and its rate, the loss, float32 weights and the given precision; the data lies on the
device; the whole step is timed, gradients and update included. Contenders stay alive between their turns and compile before the first.
  lehr             `lehr bench step NET`
  torch-eager      channels_last, fused Adam; bfloat16 by autocast
  torch-compiled   torch.compile(mode="max-autotune"), which captures CUDA graphs, and the same
  jax              jit of the whole step, donated buffers
Before any timing each side's number of parameters must agree. A round is one block of each contender, in an order that rotates; a row is the
median over rounds of the blocks' median step, with the 10th and 90th percentile. On a CPU it runs too (float32): a test of the race itself.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

NETS = {"vgg16": {"model": "lecture_vgg16(classes=62, weights=none)", "shape": (100, 100, 3), "classes": 62, "batch": 32},
        "cifar": {"model": "lecture_cnn(relu)", "shape": (32, 32, 3), "classes": 10, "batch": 128},
        "mlp": {"model": "lecture_mlp(320)", "shape": (28, 28, 1), "classes": 10, "batch": 32}}
VGG16 = [64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512, "pool"]
CIFAR = [32, 32, "pool", 64, 64, "pool", 128, 128, "pool"]
RATE = 1e-4


def layers_of(net):
    """(convolutions with pools, what follows them, dense widths with a dropout of 0.25 after each): lehr's zoo, by hand."""
    if net == "vgg16":
        return VGG16, "average", [1024, 256]
    return (CIFAR, "flatten", [128, 64]) if net == "cifar" else ([], "flatten", [320])


def features_of(net):
    convolutions, after, _ = layers_of(net)
    height, width, channels = NETS[net]["shape"]
    for layer in convolutions:
        height, width, channels = (height // 2, width // 2, channels) if layer == "pool" else (height, width, layer)
    return channels if after == "average" else height * width * channels


def parameters_of(net):
    convolutions, _, dense = layers_of(net)
    count, channels = 0, NETS[net]["shape"][2]
    for layer in convolutions:
        if layer != "pool":
            count, channels = count + 9 * channels * layer + layer, layer
    inputs = features_of(net)
    for units in [*dense, NETS[net]["classes"]]:
        count, inputs = count + inputs * units + units, units
    return count


def torch_step(net, batch, device, precision, compiled):
    import torch
    from torch import nn
    convolutions, after, dense = layers_of(net)
    torch.manual_seed(0)
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.benchmark = True
    height, width, channels = NETS[net]["shape"]
    parts = []
    for layer in convolutions:
        if layer == "pool":
            parts.append(nn.MaxPool2d(2))
        else:
            parts += [nn.Conv2d(channels, layer, 3, padding="same"), nn.ReLU()]
            channels = layer
    parts += [nn.AdaptiveAvgPool2d(1)] if after == "average" else []
    parts += [nn.Flatten()]
    inputs = features_of(net)
    for units in dense:
        parts += [nn.Linear(inputs, units), nn.ReLU()] + ([nn.Dropout(0.25)] if convolutions else [])
        inputs = units
    parts.append(nn.Linear(inputs, NETS[net]["classes"]))
    model = nn.Sequential(*parts).to(device).to(memory_format=torch.channels_last)
    x = torch.rand(batch, NETS[net]["shape"][2], height, width, device=device).to(memory_format=torch.channels_last)
    y = torch.randint(NETS[net]["classes"], (batch,), device=device)
    adam = torch.optim.Adam(model.parameters(), lr=RATE, eps=1e-7, fused=True)
    loss_of = nn.CrossEntropyLoss()

    def forward_backward():
        with torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "mixed_bfloat16"):
            loss = loss_of(model(x), y)
        loss.backward()
        return loss

    run = torch.compile(forward_backward, mode="max-autotune") if compiled else forward_backward

    def step():
        adam.zero_grad(set_to_none=True)
        run()
        adam.step()

    def wait():
        if device == "cuda":
            torch.cuda.synchronize()

    about = {"version": torch.__version__, "parameters": sum(p.numel() for p in model.parameters())}
    if device == "cuda":
        about |= {"gpu": torch.cuda.get_device_name(), "cudnn": torch.backends.cudnn.version()}
    return step, wait, about


def jax_step(net, batch, device, precision):
    import functools
    import jax
    import jax.numpy as jnp
    jax.config.update("jax_default_matmul_precision", {"float32": "highest", "tf32": "tensorfloat32"}.get(precision, "default"))
    if precision not in ("float32", "tf32", "mixed_bfloat16"):
        raise SystemExit(precision)
    convolutions, after, dense = layers_of(net)
    compute = jnp.bfloat16 if precision == "mixed_bfloat16" else jnp.float32
    key = jax.random.key(0)
    channels, weights = NETS[net]["shape"][2], []
    for layer in convolutions:
        if layer != "pool":
            weights.append((jax.random.normal(key, (3, 3, channels, layer)) * (2 / (9 * channels)) ** 0.5, jnp.zeros(layer)))
            channels = layer
    inputs = features_of(net)
    for units in [*dense, NETS[net]["classes"]]:
        weights.append((jax.random.normal(key, (inputs, units)) * (2 / inputs) ** 0.5, jnp.zeros(units)))
        inputs = units

    def loss_of(weights, x, y, key):
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
            if convolutions:
                key, draw = jax.random.split(key)
                x = jnp.where(jax.random.bernoulli(draw, 0.75, x.shape), x / 0.75, 0).astype(compute)
        w, b = next(left)
        logits = (x @ w + b).astype(jnp.float32)
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()

    @functools.partial(jax.jit, donate_argnums=(0, 1, 2, 3))
    def update(weights, m, v, t, x, y):
        gradient = jax.grad(loss_of)(weights, x, y, jax.random.fold_in(jax.random.key(1), t))
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
        rate = RATE * jnp.sqrt(1 - 0.999 ** t.astype(jnp.float32)) / (1 - 0.9 ** t.astype(jnp.float32))
        return jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, m, v), m, v, t

    x = jax.random.uniform(key, (batch, *NETS[net]["shape"]))
    y = jax.random.randint(key, (batch,), 0, NETS[net]["classes"])
    zeros = functools.partial(jax.tree.map, jnp.zeros_like)
    state = [(weights, zeros(weights), zeros(weights), jnp.int32(0))]
    count = sum(w.size for w in jax.tree.leaves(weights))

    def step():
        state[0] = update(*state[0], x, y)

    return step, lambda: jax.block_until_ready(state[0]), {"version": jax.__version__, "parameters": count, "gpu": str(jax.devices()[0])}


def worker(name, net, batch, device, precision):
    """A contender in a process of its own: a line of JSON when ready, one more for each number of seconds on its input."""
    begin = time.perf_counter()
    step, wait, about = (jax_step(net, batch, device, precision) if name == "jax"
                         else torch_step(net, batch, device, precision, name == "torch-compiled"))
    for _ in range(3):
        step()
    wait()
    print(json.dumps({"ready_s": time.perf_counter() - begin, **about}), flush=True)
    for line in sys.stdin:
        times, end = [], time.perf_counter() + float(line)
        while len(times) < 3 or time.perf_counter() < end:
            # Several steps between two waits, as training does: the host runs ahead of the device.
            begin = time.perf_counter()
            for _ in range(10 if device == "cuda" else 1):
                step()
            wait()
            times.append((time.perf_counter() - begin) / (10 if device == "cuda" else 1))
        print(json.dumps({"median_s": statistics.median(times), "steps": len(times)}), flush=True)


class Contender:
    def __init__(self, name, net, options):
        self.name = name
        self.process = subprocess.Popen(
            [options.python, __file__, "--worker", name, "--net", net, "--batch", str(batch_of(net, options)), "--device", options.device,
             "--precision", options.precision], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | ({"JAX_PLATFORMS": "cpu"} if options.device == "cpu" else {}))
        self.about = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} ended with exit code {self.process.wait()}")
        return json.loads(line)

    def block(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return self.answer()["median_s"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Lehr:
    name = "lehr"

    def __init__(self, net, options):
        self.command = [options.lehr, "bench", "step", net, "--batch", str(batch_of(net, options)), "--device", options.device, "--precision",
                        options.precision, "--seconds", str(options.seconds), "--json"]
        begin = time.perf_counter()
        self.about = self.bench() | {"ready_s": time.perf_counter() - begin, "parameters": self.parameters(net, options)}

    @staticmethod
    def parameters(net, options):
        shape = "x".join(str(extent) for extent in NETS[net]["shape"])
        done = subprocess.run([options.lehr, "summary", NETS[net]["model"], "--input-shape", shape], capture_output=True, text=True, check=True)
        return int(re.search(r"Total params: ([\d,]+)", done.stdout).group(1).replace(",", ""))

    def bench(self):
        done = subprocess.run(self.command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            sys.exit(f"{' '.join(self.command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def block(self, _):
        return self.bench()["median_s"]

    def close(self):
        pass


def batch_of(net, options):
    return options.batch or NETS[net]["batch"]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def race(net, options):
    lehr = Lehr(net, options)
    field = [lehr] + [Contender(name, net, options) for name in options.against]
    try:
        for side in field:
            if side.about["parameters"] != parameters_of(net):
                sys.exit(f"{net}: {side.name} has {side.about['parameters']} parameters, the race is over {parameters_of(net)}")
        blocks = {side.name: [] for side in field}
        for turn in range(options.rounds):
            for i in range(len(field)):
                side = field[(turn + i) % len(field)]
                blocks[side.name].append(side.block(options.seconds))
    finally:
        for side in field:
            side.close()
    rows = [{"net": net, "batch": batch_of(net, options), "precision": options.precision, "side": side.name, "rounds": options.rounds,
             "median_s": statistics.median(blocks[side.name]), "p10_s": percentile(blocks[side.name], 0.1),
             "p90_s": percentile(blocks[side.name], 0.9), "ready_s": side.about["ready_s"], "about": side.about} for side in field]
    ours = rows[0]
    for row in rows:
        row["times_lehr"] = row["median_s"] / ours["median_s"]
        row["floor_s"] = lehr.about["floor_s"] or None
    return rows


def table(rows, options):
    lines = [f"{options.device}, {options.precision}, {options.rounds} rounds of {options.seconds:g} s; {datetime.date.today()}", "",
             "| net | side | step, ms | 10 % – 90 % | lehr is faster by | first step after, s |", "|---|---|---|---|---|---|"]
    for row in rows:
        lines.append(f"| {row['net']} | {row['side']} | {row['median_s'] * 1e3:.4g} | {row['p10_s'] * 1e3:.4g} – {row['p90_s'] * 1e3:.4g} | "
                     + ("" if row["side"] == "lehr" else f"{row['times_lehr']:.2f}") + f" | {row['ready_s']:.1f} |")
    lines.append("")
    for net in dict.fromkeys(row["net"] for row in rows):
        mine = [row for row in rows if row["net"] == net]
        torch = [row["median_s"] for row in mine if row["side"].startswith("torch")]
        floor = mine[0]["floor_s"]
        lines.append(f"- {net}: " + (f"{min(torch) / mine[0]['median_s']:.2f} × the best PyTorch; " if torch else "")
                     + (f"{mine[0]['median_s'] / floor:.2f} × the floor of {floor * 1e3:.4g} ms" if floor else "no floor known"))
    return "\n".join(lines) + "\n"


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--precision", default="mixed_bfloat16", choices=["float32", "tf32", "mixed_bfloat16"])
    parser.add_argument("--net", action="append", choices=list(NETS), help="may be repeated; default: all")
    parser.add_argument("--against", action="append", choices=["torch-eager", "torch-compiled", "jax"], help="may be repeated; default: all")
    parser.add_argument("--batch", type=int, default=0, help="default: 32 (cifar: 128)")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a block")
    parser.add_argument("--lehr", default=str(root / "build/release/lehr"))
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has torch and jax")
    parser.add_argument("--results", help="JSON lines to append to")
    parser.add_argument("--report", help="Markdown page to write")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return worker(options.worker, options.net[0], options.batch, options.device, options.precision)
    options.against = options.against or ["torch-eager", "torch-compiled", "jax"]
    rows = [row for net in options.net or NETS for row in race(net, options)]
    if options.results:
        with open(options.results, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    text = table(rows, options)
    print(text)
    if options.report:
        pathlib.Path(options.report).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
