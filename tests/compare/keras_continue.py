"""Three epochs in lehr, saved, three more in Keras: the losses of six epochs in Keras.

    python tests/compare/keras_continue.py --models FOLDER --lehr build/release/lehr

FOLDER holds what golden/make_golden.py (training) writes: NAME.keras, NAME_start.weights.h5, NAME.json, x.npy, y.npy. The other way round is a
test (tests/tune/keras_continue_test.cpp). A line an optimizer: steps and variables found, the largest difference of any loss.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np

MODEL = ("conv2d(6, 3, padding=same, activation=relu) | max_pooling2d | conv2d(8, 3) | relu | global_average_pooling2d | "
         "dense(12, relu) | dense(4, softmax)")
OPTIMIZERS = {"sgd": "sgd(0.05, momentum=0.9, nesterov=true)", "adam": "adam(3e-3)", "adamw": "adamw(3e-3, weight_decay=0.01)",
              "rmsprop": "rmsprop(1e-3)", "nadam": "nadam(2e-3)"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=pathlib.Path, required=True)
    parser.add_argument("--lehr", type=pathlib.Path, required=True)
    given = parser.parse_args()
    x, y = np.load(given.models / "x.npy"), np.load(given.models / "y.npy")
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for part, rows in (("train", slice(0, 72)), ("val", slice(72, 96))):
            np.save(f"{folder}/x_{part}.npy", x[rows])
            np.save(f"{folder}/y_{part}.npy", y[rows])
        for name, spec in OPTIMIZERS.items():
            fit = [str(given.lehr.resolve()), "fit", "--model", MODEL, "--data", "arrays(x_train.npy, y_train.npy)", "--validation",
                   "arrays(x_val.npy, y_val.npy)", "--optimizer", spec, "--epochs", "3", "--batch-size", "16", "--no-shuffle", "--quiet",
                   "--initial-weights", str((given.models / f"{name}_start.weights.h5").resolve()), "--run", name]
            done = subprocess.run(fit, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(f"{name}: lehr ended with {done.returncode}: {done.stderr.strip().splitlines()[0]}")
                continue
            model = keras.saving.load_model(given.models / f"{name}.keras")
            model.optimizer.build(model.trainable_variables)
            model.load_weights(f"{folder}/{name}/last.weights.h5")
            steps = int(model.optimizer.iterations)
            history = model.fit(x[:72], y[:72], validation_data=(x[72:], y[72:]), batch_size=16, epochs=3, shuffle=False, verbose=0).history
            with open(given.models / f"{name}.json") as file:
                recorded = json.load(file)["history"]
            difference = max(abs(a - b) for key in ("loss", "val_loss") for a, b in zip(history[key], recorded[key][3:]))
            print(f"{name}: {steps} steps found, largest difference {difference:.2e}")
            worst = max(worst, difference if steps == 15 else float("inf"))
    sys.exit(worst > 2e-5)


if __name__ == "__main__":
    main()
