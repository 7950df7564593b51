"""side_by_side.py: what the comparisons with real Keras share: runs of both sides kept in a file, means with their errors, the report.

Rows are dicts with "side" (lehr or keras), "seed", numbers, and what produced them. They are appended to --results as they come, so a
comparison that was cut off goes on where it stopped.
"""
import argparse
import contextlib
import csv
import datetime
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments(description, seeds, more=lambda parser: None):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="the data set's folder")
    parser.add_argument("--lehr", default=str(ROOT / "build/release/lehr"), help="the program (build/release/lehr)")
    parser.add_argument("--seeds", type=int, default=seeds, help=f"0 … N-1 ({seeds})")
    parser.add_argument("--threads", type=int, default=0, help="of lehr (0: all); 1 where others keep the cores busy")
    parser.add_argument("--results", required=True, help="JSON lines, one a finished run; gone on with where it exists")
    parser.add_argument("--report", help="Markdown page to write")
    more(parser)
    return parser.parse_args()


def commit():
    done = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        lines = [line.split(":", 1) for line in file if ":" in line]
    fields = {key.strip(): value.strip() for key, value in lines}
    flags = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in fields.get("flags", "").split()]
    family = f"family {fields.get('cpu family', '?')}, model {fields.get('model', '?')}"
    return f"{fields.get('model name', 'processor')} ({family}; {', '.join(flags)}), {len(os.sched_getaffinity(0))} cores"


def lehr(program, command):
    """The JSON document of a lehr command; the config.toml and the last row of history.csv of each run it names. Runs lie in a folder that is removed."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([os.path.abspath(program), *command, "--json"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"lehr {' '.join(command)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        document = json.loads(done.stdout)
        runs = [run["run"] for run in document.get("runs", [])] or [document["run"]]
        settings, last = [], []
        for run in runs:
            text = pathlib.Path(folder, run, "config.toml").read_text(encoding="utf-8")
            settings.append(tomllib.loads(text))
            with open(pathlib.Path(folder, run, "history.csv"), encoding="utf-8") as file:
                last.append({name: float(value) for name, value in list(csv.DictReader(file))[-1].items()})
        return document, settings, last


def expect(settings, wanted):
    """The Keras side is written by hand: stop where the program trains with something else."""
    for name, value in wanted.items():
        if (got := settings.get(name)) != value:
            sys.exit(f"lehr's config.toml has {name} = {got!r}; the Keras side of this comparison does {value!r}")


def read_rows(path):
    """What a comparison that was cut off has measured: JSON lines, none where there is no file yet."""
    path = pathlib.Path(path)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def write_rows(path, rows):
    pathlib.Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@contextlib.contextmanager
def float64(keras):
    """Models that are built within are of float64. set_floatx alone does not reach a policy that a model has been built with."""

    def use(dtype):
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)

    use("float64")
    try:
        yield
    finally:
        use("float32")


class Runs:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.commit = commit()  # of the tree as it is now: people may work on while this runs
        self.rows = read_rows(self.path)

    def run(self, side, seed, compute):
        """compute() -> numbers, unless the row is there already."""
        if any(row["side"] == side and row["seed"] == seed for row in self.rows):
            return
        numbers = compute()
        row = {"side": side, "seed": seed, "commit": self.commit, "date": datetime.date.today().isoformat(), **numbers}
        self.rows.append(row)
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)

    def of(self, side, name):
        return [row[name] for row in sorted(self.rows, key=lambda row: row["seed"]) if row["side"] == side]


def mean_and_error(values):
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, math.nan
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values))


def in_new_order(x, y, batch_size, seed):
    """A set for Keras's fit(…, shuffle=False) that comes in a new order every epoch, as fit's documentation promises of shuffle=True.

    That promise does not hold on TensorFlow once keras.utils.set_random_seed was called (measured with Keras 3.15): the order is drawn
    inside a tf.data map, whose random operation starts again with every epoch, so all epochs have the same batches in the same order.
    """
    import keras
    import numpy as np

    class InNewOrder(keras.utils.PyDataset):
        def __init__(self):
            super().__init__()
            self.random = np.random.default_rng(seed)
            self.order = self.random.permutation(len(x))

        def __len__(self):
            return -(-len(x) // batch_size)

        def __getitem__(self, batch):
            rows = self.order[batch * batch_size : (batch + 1) * batch_size]
            return x[rows], y[rows]

        def on_epoch_end(self):
            self.order = self.random.permutation(len(x))

    return InNewOrder()


def judge(runs, name, least, ours="lehr", theirs="keras"):
    """Whether the means agree: |difference| <= max(3 standard errors of the difference, least). Returns (text lines, holds)."""
    ours, our_error = mean_and_error(runs.of(ours, name))
    theirs, their_error = mean_and_error(runs.of(theirs, name))
    difference, error = ours - theirs, math.hypot(our_error, their_error)
    allowed = max(3 * error, least)
    holds = abs(difference) <= allowed
    return [
        f"{name}: lehr {ours:.4f} ± {our_error:.4f}, Keras {theirs:.4f} ± {their_error:.4f} (mean ± standard error)",
        f"difference {difference:+.4f} ± {error:.4f}; allowed: max(3 standard errors, {least}) = {allowed:.4f}: "
        + ("they agree" if holds else "they DIFFER"),
    ], holds


def table(runs, names):
    seeds = sorted({row["seed"] for row in runs.rows})
    sides = [(side, name) for name in names for side in dict.fromkeys(row["side"] for row in runs.rows)]
    lines = ["| seed | " + " | ".join(f"{side} {name}" for side, name in sides) + " |", "|---" * (len(sides) + 1) + "|"]
    for seed in seeds:
        row = [next((f"{r[name]:.4f}" if isinstance(r[name], float) else f"{r[name]}" for r in runs.rows if r["side"] == side and r["seed"] == seed), "") for side, name in sides]
        lines.append(f"| {seed} | " + " | ".join(row) + " |")
    return lines


def finish(options, runs, title, what, names, verdict, holds, versions):
    """Prints, writes the page, and exits 1 where a check did not hold."""
    dates = sorted({row["date"] for row in runs.rows})
    commits = sorted({row["commit"] for row in runs.rows})
    page = [f"# {title}", "", *what, ""]
    page += [f"- date: {', '.join(dates)}", f"- commit: {', '.join(commits)}", f"- machine: {machine()}", f"- Keras side: {versions}", ""]
    page += [*table(runs, names), "", *[line + "  " for line in verdict]]
    print("\n".join(page))
    if options.report:
        pathlib.Path(options.report).write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")
    sys.exit(0 if holds else 1)
