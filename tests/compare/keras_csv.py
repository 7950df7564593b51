#!/usr/bin/env python3
"""keras_csv.py LEHR: one training in Keras and here, and the files of both, each read by the other's reader by its header.

Keras writes a model, trains it with CSVLogger and ReduceLROnPlateau, and leaves a CSV file; lehr trains the same file with the same rows in
their order. Then: the same values under the same headers in Keras's file, in csv_logger's and in history.csv, whatever the order of the
columns; Python's csv reads ours; lehr replay reads Keras's and decides as Keras did. Needs keras and tensorflow.
"""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np


def must(holds, what):
    if not holds:
        sys.exit(f"does not hold: {what}")
    print(f"ok: {what}")


def columns(path, separator=","):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter=separator))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def worst(a, b, names):
    return max(abs(x - y) / max(1e-3, abs(x)) for name in names for x, y in zip(a[name], b[name], strict=True))


def main():
    lehr = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as root:
        os.chdir(root)
        random = np.random.default_rng(16)
        x, y = random.normal(size=(120, 6)).astype("float32"), random.integers(0, 3, 120).astype("int32")
        x += np.eye(3, 6, dtype="float32")[y]
        np.savez("set.npz", x_train=x[:90], y_train=y[:90], x_test=x[90:], y_test=y[90:])
        np.savez("rest.npz", x=x[90:], y=y[90:])
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3, "softmax")])
        model.compile(keras.optimizers.SGD(0.2, momentum=0.9), "sparse_categorical_crossentropy",
                      metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(k=2, name="top_2")])
        model.save("start.keras")
        model.fit(x[:90], y[:90], validation_data=(x[90:], y[90:]), batch_size=16, epochs=12, shuffle=False, verbose=0,
                  callbacks=[keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1, min_delta=0.01), keras.callbacks.CSVLogger("keras.csv")])
        plateau = "reduce_lr_on_plateau(factor=0.5, patience=1, min_delta=0.01)"
        subprocess.run([lehr, "fit", "--model", "start.keras", "--data", "set.npz", "--validation", "rest.npz", "--no-shuffle", "--batch-size", "16",
                        "--epochs", "12", "--metrics", "accuracy,top_k_categorical_accuracy(k=2,name=top_2)", "--callback", plateau, "--callback",
                        "csv_logger(ours.csv, separator=';')", "--run", "run", "--quiet"], check=True)
        theirs, logged, history = columns("keras.csv"), columns("run/ours.csv", ";"), columns("run/history.csv")
        names = [name for name in theirs if name != "epoch"]
        must(set(theirs) >= {"epoch", "loss", "accuracy", "top_2", "val_loss", "val_accuracy", "val_top_2", "learning_rate"}, "Keras's columns: "
             + ", ".join(theirs))
        must(set(names) <= set(logged) and set(names) <= set(history), "each of them is a column of csv_logger and of history.csv")
        must(theirs["epoch"] == logged["epoch"] == history["epoch"], "epochs count from 0 in all three")
        must(worst(theirs, logged, names) < 2e-4, f"the same values in csv_logger's file, to {worst(theirs, logged, names):.1e}")
        must(worst(theirs, history, names) < 2e-4, f"and in history.csv, to {worst(theirs, history, names):.1e}")
        must(len(set(theirs["learning_rate"])) > 1 and theirs["learning_rate"] == [np.float32(v) for v in history["learning_rate"]],
             "the rates are the same numbers, and they fell")
        # The other way: our reader, by header name, on Keras's file and on one with its columns turned round.
        turned = list(reversed(names))
        with open("turned.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["epoch", *turned])
            writer.writerows([int(theirs["epoch"][i]), *(repr(theirs[name][i]) for name in turned)] for i in range(12))
        answers = [json.loads(subprocess.run([lehr, "replay", name, "--learning-rate", "0.2", "--callback", plateau, "--json"], check=True,
                                             capture_output=True, text=True).stdout) for name in ("keras.csv", "turned.csv", "run/history.csv")]
        after = [round(epoch["learning_rate"], 9) for epoch in answers[0]["epochs"]]
        must(after[:-1] == [round(v, 9) for v in theirs["learning_rate"][1:]], "lehr replay reads Keras's file: the rates after each epoch are Keras's")
        must(answers[0] == answers[1] and answers[0]["epochs"] == answers[2]["epochs"], "the order of its columns does not matter, nor whose file it is")


if __name__ == "__main__":
    main()
