"""Fashion-MNIST with one hidden layer, in lehr and in real Keras: the same mean of the best validation accuracy?

    python tests/compare/keras_fashion.py --data DIR --results fashion.jsonl --report docs/benchmarks/keras-fashion.md

Run by hand: about 20 minutes. Needs keras and tensorflow. DIR holds fashion-mnist/ with the four IDX files. Both sides: division by 255, the
last 20 % held out before shuffling, Glorot uniform kernels, Adam 1e-3, batches of 32, 10 epochs.

Two comparisons, because the order of the samples matters here more than anything else: a new order every epoch on both sides, and one order
kept for all epochs on both sides. Keras's own shuffle=True under set_random_seed is run too: it keeps one order (side_by_side.in_new_order).
"""
import gzip
import os
import pathlib
import time

import side_by_side

EPOCHS, BATCH = 10, 32
MODEL = "flatten | dense(320, relu) | dense(10, softmax)"


def load(folder):
    import numpy as np

    def idx(name, header, shape):
        with gzip.open(pathlib.Path(folder, "fashion-mnist", name)) as file:
            return np.frombuffer(file.read(), np.uint8, offset=header).reshape(shape)

    x = idx("train-images-idx3-ubyte.gz", 16, (-1, 28, 28))
    return x.astype("float32") / 255.0, idx("train-labels-idx1-ubyte.gz", 8, -1).astype("int32")


def keras_run(x, y, seed, order):
    """order: "new" every epoch, "kept" as the data has it, or "seeded": Keras's own shuffling after set_random_seed."""
    import keras
    from keras import layers

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    net = keras.Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(320, activation="relu"), layers.Dense(10, activation="softmax")])
    net.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    options = {"epochs": EPOCHS, "shuffle": order == "seeded", "verbose": 0}
    start = time.monotonic()
    if order == "new":
        held_out = len(x) * 4 // 5
        train = side_by_side.in_new_order(x[:held_out], y[:held_out], BATCH, seed)
        history = net.fit(train, validation_data=(x[held_out:], y[held_out:]), **options).history
    else:
        history = net.fit(x, y, batch_size=BATCH, validation_split=0.2, **options).history
    return {"best_val_accuracy": max(history["val_accuracy"]), "last_loss": history["loss"][-1], "seconds": time.monotonic() - start}


def lehr_run(options, seed, order):
    document, settings, _ = side_by_side.lehr(
        options.lehr,
        ["fit", "--model", MODEL, "--data", "fashion_mnist", "--data-dir", os.path.abspath(options.data), "--validation-split", "0.2"]
        + ["--epochs", str(EPOCHS), "--seed", str(seed), "--threads", str(options.threads), *(["--no-shuffle"] if order == "kept" else [])],
    )
    side_by_side.expect(
        settings[0],
        {"optimizer": "adam", "batch-size": BATCH, "epochs": EPOCHS, "shuffle": order == "new", "split": "last", "precision": "float32"},
    )
    history = document["history"]
    return {"best_val_accuracy": max(history["val_accuracy"]), "last_loss": history["loss"][-1], "seconds": document["seconds"]}


def main():
    options = side_by_side.arguments(__doc__, 10)
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow

    x, y = load(options.data)
    runs = side_by_side.Runs(options.results)
    for seed in range(options.seeds):
        runs.run("lehr", seed, lambda: lehr_run(options, seed, "new"))
        runs.run("keras", seed, lambda: keras_run(x, y, seed, "new"))
        if seed < 3:
            runs.run("lehr, order kept", seed, lambda: lehr_run(options, seed, "kept"))
            runs.run("keras, order kept", seed, lambda: keras_run(x, y, seed, "kept"))
            runs.run("keras, shuffle=True after set_random_seed", seed, lambda: keras_run(x, y, seed, "seeded"))
    name = "best_val_accuracy"
    verdict, holds = side_by_side.judge(runs, name, 0.003)
    kept, kept_holds = side_by_side.judge(runs, name, 0.003, "lehr, order kept", "keras, order kept")
    first = runs.of("lehr", name)[0]
    verdict = ["A new order every epoch:", *verdict, "One order for all epochs:", *kept, f"lehr's seed 0: {first:.4f}; wanted: at least 0.880"]
    side_by_side.finish(
        options,
        runs,
        "Fashion-MNIST, one hidden layer, beside Keras",
        [
            f"`lehr fit --model '{MODEL}' --data fashion_mnist --validation-split 0.2 --epochs {EPOCHS}` and the same in Keras",
            "(`tests/compare/keras_fashion.py`): best validation accuracy of 10 epochs. Keras's `shuffle=True` on TensorFlow keeps one order for all",
            "epochs once `set_random_seed` was called (`in_new_order` in `tests/compare/side_by_side.py` says why); a lower training loss and a lower validation",
            "accuracy are what that does. So both sides are compared with a new order every epoch, and both with one order kept.",
        ],
        [name, "last_loss"],
        verdict,
        first >= 0.880 and holds and kept_holds,
        f"Keras {keras.__version__} on TensorFlow {tensorflow.__version__}",
    )


if __name__ == "__main__":
    main()
