"""Three epochs in lehr, saved, three more in Keras: the losses of six epochs in Keras.

    python tests/compare/keras_continue.py --lehr build/release/lehr [--models FOLDER]

FOLDER holds what golden/make_golden.py (training) writes: NAME.keras, NAME_start.weights.h5, NAME.json, x.npy, y.npy; of those, weights files are
what is handed over. Without it, or after it: whole compiled models of the optimizers of tests/golden/make_continue_state.py, both ways. A line an
optimizer: steps found, the largest difference of any loss. Keras to lehr is a test, too (tests/tune/keras_continue_test.cpp).
"""
import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np

MODEL = ("conv2d(6, 3, padding=same, activation=relu) | max_pooling2d | conv2d(8, 3) | relu | global_average_pooling2d | "
         "dense(12, relu) | dense(4, softmax)")
OPTIMIZERS = {"sgd": "sgd(0.05, momentum=0.9, nesterov=true)", "adam": "adam(3e-3)", "adamw": "adamw(3e-3, weight_decay=0.01)",
              "rmsprop": "rmsprop(1e-3)", "nadam": "nadam(2e-3)"}


MORE = {"adam_ema": "adam(3e-3, use_ema=true, ema_momentum=0.9)", "sgd_accumulate": "sgd(0.05, momentum=0.9, gradient_accumulation_steps=2)",
        "rmsprop_both": "rmsprop(2e-3, momentum=0.5, use_ema=true, ema_momentum=0.8, ema_overwrite_frequency=3, gradient_accumulation_steps=2)",
        "lamb": "lamb(0.02, weight_decay=0.01)", "adafactor": "adafactor(0.02, epsilon_1=1e-12, weight_decay=0.01)",
        "adafactor_ema": "adafactor(0.02, epsilon_1=1e-12, use_ema=true, ema_momentum=0.8)", "muon": "muon(0.02, exclude_layers=['dense_1'])"}
TRAINING = pathlib.Path(__file__).resolve().parent.parent / "golden" / "training"


def save_data(folder, x, y):
    for part, rows in (("train", slice(0, 72)), ("val", slice(72, 96))):
        np.save(f"{folder}/x_{part}.npy", x[rows])
        np.save(f"{folder}/y_{part}.npy", y[rows])


def lehr_fit(lehr, folder, run, more):
    """None, or what went wrong."""
    fit = [str(lehr.resolve()), "fit", "--data", "arrays(x_train.npy, y_train.npy)", "--validation", "arrays(x_val.npy, y_val.npy)", "--epochs", "3",
           "--batch-size", "16", "--no-shuffle", "--quiet", "--run", run] + more
    done = subprocess.run(fit, cwd=folder, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"lehr ended with {done.returncode}: {done.stderr.strip().splitlines()[0]}"


def keras_fit(model, x, y):
    return model.fit(x[:72], y[:72], validation_data=(x[72:], y[72:]), batch_size=16, epochs=3, shuffle=False, verbose=0).history


def difference_to(file, history, first=3):
    recorded = json.loads(file.read_text())["history"]
    return max(abs(a - b) for key in ("loss", "val_loss") for a, b in zip(history[key], recorded[key][first:first + 3], strict=True))


def weights_files(given, folder):
    """The worst difference of any loss of the fourth to sixth epoch."""
    x, y = np.load(given.models / "x.npy"), np.load(given.models / "y.npy")
    save_data(folder, x, y)
    worst = 0.0
    for name, spec in OPTIMIZERS.items():
        start = str((given.models / f"{name}_start.weights.h5").resolve())
        wrong = lehr_fit(given.lehr, folder, name, ["--model", MODEL, "--optimizer", spec, "--initial-weights", start])
        if wrong:
            print(f"{name}: {wrong}")
            worst = float("inf")
            continue
        model = keras.saving.load_model(given.models / f"{name}.keras")
        model.optimizer.build(model.trainable_variables)
        model.load_weights(f"{folder}/{name}/last.weights.h5")
        steps = int(model.optimizer.iterations)
        difference = difference_to(given.models / f"{name}.json", keras_fit(model, x, y))
        print(f"{name}: {steps} steps found, largest difference {difference:.2e}")
        worst = max(worst, difference if steps == 15 else float("inf"))
    return worst


def whole_models(given, folder):
    data = np.load(TRAINING / "data.npz")
    x, y = data["x"], data["y"]
    save_data(folder, x, y)
    worst = 0.0
    for name, spec in MORE.items():
        wrong = lehr_fit(given.lehr, folder, f"{name}_first", ["--model", MODEL, "--optimizer", spec, "--metrics", "accuracy", "--initial-weights",
                                                              str(TRAINING / "adam.npz")])
        wrong = wrong or lehr_fit(given.lehr, folder, f"{name}_second", ["--model", str(TRAINING / f"{name}_half.keras")])
        if wrong:
            print(f"{name}: {wrong}")
            worst = float("inf")
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Keras only warns of an optimizer state that it leaves out
            model = keras.saving.load_model(f"{folder}/{name}_first/model.keras")
        # The variable counts batches; optimizer.iterations is the updates.
        steps, found = int(model.optimizer.variables[0].numpy()), len(model.optimizer.variables)
        there = difference_to(TRAINING / f"{name}.json", keras_fit(model, x, y))
        with open(f"{folder}/{name}_second/history.csv") as file:
            rows = list(csv.DictReader(file))
        here = difference_to(TRAINING / f"{name}.json", {key: [float(row[key]) for row in rows] for key in ("loss", "val_loss")})
        print(f"{name}: {steps} steps and {found} variables found, largest difference lehr to Keras {there:.2e}, Keras to lehr {here:.2e}")
        worst = max(worst, there if steps == 15 else float("inf"), here)
    return worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=pathlib.Path)
    parser.add_argument("--lehr", type=pathlib.Path, required=True)
    given = parser.parse_args()
    worst = 0.0
    for hand_over in [weights_files] * (given.models is not None) + [whole_models]:
        with tempfile.TemporaryDirectory() as folder:
            worst = max(worst, hand_over(given, folder))
    sys.exit(worst > 5e-5)


if __name__ == "__main__":
    main()
