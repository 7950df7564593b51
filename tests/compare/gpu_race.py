#!/usr/bin/env python3
"""gpu_race.py: a training step of lehr beside PyTorch's and JAX's, strictly alternating in one run.

    gpu_race.py --device cuda --precision mixed_bfloat16 --rounds 20 --results race.jsonl --report race.md

The same work on every side: network, batch, Adam and its rate, loss, float32 weights and the given precision; the data lies on the device; the
whole step is timed, gradients and update included. Contenders stay alive between their turns and compile before the first.
  lehr             `lehr bench step NET`, which waits for the device after every step
  torch-eager      channels_last, fused Adam; bfloat16 by autocast
  torch-compiled   the same, the whole step by torch.compile and, on a GPU, captured as one CUDA graph
  jax              jit of the whole step, state donated; with --steps-between-waits N a scan over N steps
Peers wait after every step too; --steps-between-waits N gives them N steps between two waits, and the report says so.

Before anything is timed: each side's number of parameters must be right, and from the same weights and the same batch the losses of the first
steps of each must begin within 1 of ln(classes) (logits of random kernels spread by up to 0.7, mlp's), fall, and agree. Without dropout: within
0.02 % in float32, 0.2 % in tf32, 1 % in bfloat16. With dropout, whose masks differ: within 5 %, by the very function that is timed. lehr's are of
`lehr fit`: of the network's text that `bench step` uses, and of the same network written out without dropout; the timed `bench step` begins with
weights and a batch of its own.
A round is one block of each contender, in an order that rotates; a row is the median over rounds of the blocks' median step, with the 10th and
90th percentile. On a CPU it runs too (float32): a test of the race itself.
"""
import argparse
import csv
import datetime
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from gpu_race_peers import FIRST_STEPS, NETS, RATE, plain_model, shapes_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = pathlib.Path(__file__).with_name("gpu_race_peers.py")


def parameters_of(net):
    return sum(math.prod(shape) + shape[-1] for shape in shapes_of(net))


class Contender:
    def __init__(self, name, net, options, folder):
        self.name = name
        self.process = subprocess.Popen(
            [options.python, "-B", str(PEERS), name, net, options.device, options.precision, str(folder), str(options.steps_between_waits)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | ({"JAX_PLATFORMS": "cpu"} if options.device == "cpu" else {"XLA_PYTHON_CLIENT_MEM_FRACTION": "0.25"}))  # of the GPU
        self.about = None

    def ready(self):
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

    def __init__(self, net, options, folder):
        self.net, self.options, self.folder = net, options, folder
        common = ["--device", options.device, "--precision", options.precision] + (["--autotune"] if options.autotune else [])
        self.command = [options.lehr, "bench", "step", net, "--batch", str(batch_of(net, options)), *common, "--seconds", str(options.seconds), "--json"]
        self.common = common
        self.about = None

    def ready(self):
        begin = time.perf_counter()
        bench = self.bench()
        self.about = bench | {"ready_s": time.perf_counter() - begin - self.options.seconds, "parameters": self.parameters(),
                              "losses": self.losses(NETS[self.net]["model"]), "plain_losses": self.losses(plain_model(self.net)),
                              "how": " ".join(self.command[1:])}

    def run(self, *command):
        done = subprocess.run([self.options.lehr, *command], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            sys.exit(f"lehr {' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def parameters(self):
        shape = "x".join(str(extent) for extent in NETS[self.net]["shape"])
        return int(re.search(r"Total params: ([\d,]+)", self.run("summary", NETS[self.net]["model"], "--input-shape", shape)).group(1).replace(",", ""))

    def losses(self, model):
        """Of epochs of one batch each: the mean loss of an epoch is that of its step."""
        run = self.folder / "run"
        self.run("fit", "--model", model, "--data", f"arrays({self.folder}/x.npy, {self.folder}/y.npy)", "--no-shuffle",
                 "--initial-weights", str(self.folder / "weights.npz"), "--batch-size", str(batch_of(self.net, self.options)), "--epochs", str(FIRST_STEPS),
                 "--optimizer", "adam", "--learning-rate", str(RATE), "--run", str(run), "--overwrite", "--quiet", *self.common)
        with open(run / "history.csv", encoding="utf-8", newline="") as file:
            return [float(row["loss"]) for row in csv.DictReader(file)]

    def bench(self):
        return json.loads(self.run(*self.command[1:]))

    def block(self, _):
        return self.bench()["median_s"]

    def close(self):
        pass


def batch_of(net, options):
    return options.batch or NETS[net]["batch"]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def same_work(net, field, options):
    """What each side computes, printed; ends the race where it is not the same."""
    exact = {"float32": 0.0002, "tf32": 0.002, "mixed_bfloat16": 0.01}[options.precision]
    begin, problems = math.log(NETS[net]["classes"]), []
    for side in field:
        print(f"{net} {side.name}: {side.about['parameters']} parameters", flush=True)
        if side.about["parameters"] != parameters_of(net):
            problems.append(f"{side.name} has {side.about['parameters']} parameters, the race is over {parameters_of(net)}")
    for kind, allowed in (("plain_losses", exact), ("losses", 0.05 if len(shapes_of(net)) > 2 else exact)):
        what = "losses without dropout" if kind == "plain_losses" else "losses of what is timed"
        middle = [statistics.median(step) for step in zip(*(side.about[kind] for side in field))]
        for side in field:
            losses = side.about[kind]
            apart = max(abs(loss / usual - 1) for loss, usual in zip(losses, middle))
            print(f"{net} {side.name}: {what} " + " ".join(f"{loss:.4f}" for loss in losses)
                  + f"; {100 * apart:.2g} % from the sides' median, {100 * allowed:g} % allowed", flush=True)
            if len(losses) != FIRST_STEPS or not all(math.isfinite(loss) for loss in losses):
                problems.append(f"{side.name}, {what}: not {FIRST_STEPS} finite ones")
            if not abs(losses[0] - begin) <= 1:
                problems.append(f"{side.name}, {what}: the first is {losses[0]:.4f}, ln({NETS[net]['classes']}) is {begin:.4f}")
            if not statistics.mean(losses[-2:]) < losses[0]:
                problems.append(f"{side.name}, {what}: they do not fall")
            if not apart <= allowed:
                problems.append(f"{side.name}, {what}: {100 * apart:.2g} % from the sides' median, {100 * allowed:g} % are allowed")
    if problems:
        sys.exit(f"{net}: the sides do not do the same work, nothing was timed\n" + "\n".join(problems))
    print(f"{net}: the sides do the same work", flush=True)


def gpu_state(options):
    """Clock, power and temperature now, as nvidia-smi has them; "" where there is none."""
    tool = shutil.which("nvidia-smi") if options.device == "cuda" else None
    if tool is None:
        return ""
    query = [tool, "--query-gpu=clocks.sm,power.draw,temperature.gpu", "--format=csv,noheader"]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout.splitlines()[0]


def race(net, options):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([options.python, "-B", str(PEERS), "start", net, name, str(batch_of(net, options))], check=True)
        field = [Lehr(net, options, folder)]
        try:
            for side in [*field, *options.against]:
                if isinstance(side, str):
                    side = Contender(side, net, options, folder)
                    field.append(side)
                side.ready()
            same_work(net, field, options)
            before = gpu_state(options)
            blocks = {side.name: [] for side in field}
            for turn in range(options.rounds):
                for i in range(len(field)):
                    side = field[(turn + i) % len(field)]
                    blocks[side.name].append(side.block(options.seconds))
            clocks = f"{before} before, {gpu_state(options)} after" if before else ""
        finally:
            for side in field:
                side.close()
    rows = [{"net": net, "batch": batch_of(net, options), "precision": options.precision, "side": side.name, "rounds": options.rounds,
             "median_s": statistics.median(blocks[side.name]), "p10_s": percentile(blocks[side.name], 0.1),
             "p90_s": percentile(blocks[side.name], 0.9), "ready_s": side.about["ready_s"], "clocks": clocks, "about": side.about} for side in field]
    for row in rows:
        row["times_lehr"] = row["median_s"] / rows[0]["median_s"]
        row["floor_s"] = field[0].about["floor_s"] or None
    return rows


def machine_of(options):
    """Device, driver, libraries, program, date: what a number means nothing without."""
    def asked(*command):
        return json.loads(subprocess.run([options.lehr, *command, "--json"], capture_output=True, text=True, check=True).stdout)
    program, devices = asked("--version"), asked("devices")
    if options.device == "cuda":
        if not devices["cuda"]:
            sys.exit(f"no GPU: {devices['cuda_missing']}")
        gpu = devices["cuda"][0]
        tool = shutil.which("nvidia-smi")
        number = subprocess.run([tool, "--query-gpu=driver_version", "--format=csv,noheader"], capture_output=True, text=True, check=False).stdout.split() \
            if tool else []
        device = {"device": f"{gpu['name']}, compute capability {gpu['compute_capability']}, {gpu['bandwidth_gb_s']:.0f} GB/s measured",
                  "driver": " ".join([*number[:1], f"for CUDA {gpu['driver']}"]) + f"; the program's runtime is {gpu['runtime']}"}
        libraries = {library["name"]: library.get("version", "none") for library in devices["libraries"]}
    else:
        cpu = devices["cpu"]
        kind = "avx512" if cpu["avx512"] else "avx2" if cpu["avx2"] else "no avx2"
        device = {"device": f"{cpu['model']} ({kind}), {cpu['threads']} threads", "driver": "none: a CPU"}
        libraries = {name: program["libraries"][name] for name in ("oneDNN",) if name in program["libraries"]}
    return device | {"libraries": libraries, "commit": program["commit"], "compiler": program["compiler"], "date": datetime.date.today().isoformat()}


def page(rows, machine, options):
    peers = {row["side"]: row["about"] for row in rows if row["side"] != "lehr"}
    versions = {"PyTorch" if side.startswith("torch") else "JAX": about for side, about in peers.items()}
    waits = ("every side waits for the device after each step" if options.steps_between_waits == 1 else
             f"lehr waits for the device after each step, the peers after every {options.steps_between_waits}")
    lines = ["# A training step beside PyTorch and JAX", "",
             f"`tests/compare/gpu_race.py`, {options.precision}, {options.rounds} rounds of {options.seconds:g} s of each side in turn; {waits}.", "",
             f"- device: {machine['device']}", f"- driver: {machine['driver']}", f"- date: {machine['date']}",
             f"- program: commit {machine['commit']}, {machine['compiler']}"
             + "".join(f", {name} {version}" for name, version in machine["libraries"].items())]
    for name, about in versions.items():
        lines.append(f"- {name} {about['version']}" + "".join(f", {library} {about[library]}" for library in ("cuda", "cudnn") if library in about))
    for how in dict.fromkeys(f"- {row['side']}: {row['about']['how']}" for row in rows):
        lines.append(how)
    lines += ["", "| net | batch | side | step, ms | 10 % – 90 % | times lehr's | first step after, s | losses, first and last of " + f"{FIRST_STEPS} |",
              "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        losses = row["about"]["losses"]
        lines.append(f"| {row['net']} | {row['batch']} | {row['side']} | {row['median_s'] * 1e3:.4g} | {row['p10_s'] * 1e3:.4g} – {row['p90_s'] * 1e3:.4g} | "
                     + ("" if row["side"] == "lehr" else f"{row['times_lehr']:.2f}") + f" | {row['ready_s']:.1f} | {losses[0]:.4f}, {losses[-1]:.4f} |")
    lines += ["", "First step after: compilation included; lehr's is the whole command less its block, roofs measured and all.", ""]
    for net in dict.fromkeys(row["net"] for row in rows):
        mine = [row for row in rows if row["net"] == net]
        parts = [f"the best {name} takes {min(row['median_s'] for row in mine if row['side'].startswith(prefix)) / mine[0]['median_s']:.2f} times as long"
                 for name, prefix in (("PyTorch", "torch"), ("JAX", "jax")) if any(row["side"].startswith(prefix) for row in mine)]
        floor = mine[0]["floor_s"]
        parts.append(f"lehr's step is {mine[0]['median_s'] / floor:.2f} × the floor of {floor * 1e3:.4g} ms" if floor else "no floor known")
        lines.append(f"- {net}: " + "; ".join(parts) + (f"; {mine[0]['clocks']}" if mine[0]["clocks"] else ""))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--precision", default="mixed_bfloat16", choices=["float32", "tf32", "mixed_bfloat16"])
    parser.add_argument("--net", action="append", choices=list(NETS), help="may be repeated; default: all")
    parser.add_argument("--against", action="append", choices=["torch-eager", "torch-compiled", "jax"], help="may be repeated; default: all")
    parser.add_argument("--batch", type=int, default=0, help="default: 32 (cifar: 128)")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a block")
    parser.add_argument("--steps-between-waits", type=int, default=1, help="of the peers; lehr waits after each step")
    parser.add_argument("--autotune", action="store_true", help="lehr chooses its engines by measurement, as the peers do")
    parser.add_argument("--lehr", default=str(ROOT / "build/release/lehr"))
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has torch, jax and numpy; this one needs numpy")
    parser.add_argument("--results", help="JSON lines to append to")
    parser.add_argument("--report", help="Markdown page to write")
    options = parser.parse_args()
    if options.steps_between_waits < 1:
        parser.error("--steps-between-waits: 1 or more")
    options.against = options.against or ["torch-eager", "torch-compiled", "jax"]
    machine = machine_of(options)
    rows = [row for net in options.net or NETS for row in race(net, options)]
    if options.results:
        with open(options.results, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(row | {"machine": machine}) + "\n" for row in rows)
    text = page(rows, machine, options)
    print(text)
    if options.report:
        pathlib.Path(options.report).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
