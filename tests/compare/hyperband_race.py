"""The lecture's search (16.5) in lehr and in real KerasTuner, in one run: how long each takes, and what each finds.

    python tests/compare/hyperband_race.py --data DIR --results hyperband.json [--seeds 3] [--peer-seeds 1]

Run by hand; needs keras-tuner, keras, tensorflow and tensorboard; DIR holds fashion-mnist/. Both sides: 784-units-10, units 32..512 by 32, Adam with
1e-2, 1e-3 or 1e-4, the last 20 % held out, batches of 32, Hyperband(10, 3), early stopping with patience 5. Seeds alternate: lehr, KerasTuner,
lehr, ... Each search is a process of its own and wall time is that of the process, reading the data included; processor time beside it says
what other programs on the machine took away.
"""
import argparse
import gzip
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEHR = [
    "tune", "--model", "flatten | dense(units:int(32, 512, step=32), relu) | dense(10, softmax)", "--data", "fashion_mnist",
    "--validation-split", "0.2", "--optimizer", "adam(lr:choice(1e-2, 1e-3, 1e-4))", "--callback", "early_stopping(monitor=val_loss, patience=5)",
    "--objective", "val_accuracy", "--oracle", "hyperband(10, 3)", "--study", "lecture", "--json",
]  # fmt: skip


def keras_search(folder, seed):
    """One search in this process; a JSON line on stdout."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import keras
    import keras_tuner
    import numpy as np

    def idx(name, header, shape):
        with gzip.open(pathlib.Path(folder, "fashion-mnist", name)) as file:
            return np.frombuffer(file.read(), np.uint8, offset=header).reshape(shape)

    x = idx("train-images-idx3-ubyte.gz", 16, (-1, 28, 28)).astype("float32") / 255.0
    y = idx("train-labels-idx1-ubyte.gz", 8, -1)

    def build(hp):
        net = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(hp.Int("units", 32, 512, step=32), "relu"),
                                keras.layers.Dense(10, "softmax")])  # fmt: skip
        net.compile(keras.optimizers.Adam(hp.Choice("learning_rate", [1e-2, 1e-3, 1e-4])), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return net

    with tempfile.TemporaryDirectory() as place:
        tuner = keras_tuner.Hyperband(build, objective="val_accuracy", max_epochs=10, factor=3, directory=place, project_name="k", seed=seed)
        stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=5)
        begin = time.monotonic()
        tuner.search(x, y, epochs=50, validation_split=0.2, callbacks=[stop], verbose=0)
        seconds = time.monotonic() - begin
        best = tuner.oracle.get_best_trials(1)[0]
        versions = f"KerasTuner {keras_tuner.__version__}, Keras {keras.__version__} on {keras.backend.backend()}"
        print(json.dumps({"versions": versions, "trials": len(tuner.oracle.trials), "search_seconds": seconds, "best": best.score,
                          "params": {k: v for k, v in best.hyperparameters.values.items() if not k.startswith("tuner")}}))  # fmt: skip


def timed(command, folder):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - begin
    if done.returncode != 0:
        sys.exit(f"{command[0]}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, {"seconds": seconds, "cpu_seconds": cpu}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--lehr", default=str(ROOT / "build/release/lehr"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--peer-seeds", type=int, default=1, help="searches of KerasTuner: ten minutes each")
    parser.add_argument("--results", default="hyperband.json")
    parser.add_argument("--keras", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    data = os.path.abspath(options.data)
    if options.keras is not None:
        return keras_search(data, options.keras)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seeds):
            place = pathlib.Path(folder, str(seed))
            place.mkdir()
            out, row = timed([os.path.abspath(options.lehr), *LEHR, "--data-dir", data, "--seed", str(seed)], place)
            found = json.loads(out)
            ours.append({**row, "seed": seed, "trials": found["trials"], "epochs": found["epochs_run"], "best": found["best"]["value"],
                         "params": found["best"]["params"]})  # fmt: skip
            print("lehr", json.dumps(ours[-1]), flush=True)
            if seed < options.peer_seeds:
                out, row = timed([sys.executable, __file__, "--data", data, "--keras", str(seed)], place)
                theirs.append({**row, "seed": seed, **json.loads(out.splitlines()[-1])})
                print("keras", json.dumps(theirs[-1]), flush=True)
    mean = lambda rows, key: statistics.mean(row[key] for row in rows)  # noqa: E731
    summary = {
        "wall_ratio": statistics.median(r["seconds"] for r in theirs) / statistics.median(r["seconds"] for r in ours),
        "cpu_ratio": statistics.median(r["cpu_seconds"] for r in theirs) / statistics.median(r["cpu_seconds"] for r in ours),
        "lehr_best": mean(ours, "best"),
        "keras_best": mean(theirs, "best"),
    }
    holds = summary["wall_ratio"] >= 8 and summary["lehr_best"] >= summary["keras_best"] - 0.003
    pathlib.Path(options.results).write_text(json.dumps({"lehr": ours, "keras": theirs, **summary}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(summary), "holds" if holds else "does not hold")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
