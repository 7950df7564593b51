"""Fashion-MNIST with one hidden layer, in lehr and in real Keras: the same mean of the best validation accuracy?

    python tests/compare/keras_fashion.py --data DIR --results fashion.jsonl --report docs/benchmarks/keras-fashion.md

Run by hand: a few minutes. Needs keras and tensorflow. DIR holds fashion-mnist/ with the four IDX files. Both sides: division by 255, the
last 20 % held out before shuffling, Glorot uniform kernels, Adam 1e-3, batches of 32, 10 epochs.
"""
import gzip
import os
import pathlib
import time

import side_by_side

MODEL = "flatten | dense(320, relu) | dense(10, softmax)"


def load(folder):
    import numpy as np

    def idx(name, header, shape):
        with gzip.open(pathlib.Path(folder, "fashion-mnist", name)) as file:
            return np.frombuffer(file.read(), np.uint8, offset=header).reshape(shape)

    x = idx("train-images-idx3-ubyte.gz", 16, (-1, 28, 28))
    return x.astype("float32") / 255.0, idx("train-labels-idx1-ubyte.gz", 8, -1).astype("int32")


def keras_run(x, y, seed):
    import keras
    from keras import layers

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    net = keras.Sequential([layers.Input((28, 28)), layers.Flatten(), layers.Dense(320, activation="relu"), layers.Dense(10, activation="softmax")])
    net.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    start = time.monotonic()
    history = net.fit(x, y, batch_size=32, epochs=10, validation_split=0.2, verbose=0).history
    return {"best_val_accuracy": max(history["val_accuracy"]), "last_loss": history["loss"][-1], "seconds": time.monotonic() - start}


def lehr_run(options, seed):
    document, settings = side_by_side.lehr(
        options.lehr,
        ["fit", "--model", MODEL, "--data", "fashion_mnist", "--data-dir", os.path.abspath(options.data), "--validation-split", "0.2"]
        + ["--epochs", "10", "--seed", str(seed)],
    )
    side_by_side.expect(settings[0], {"optimizer": "adam", "batch-size": 32, "epochs": 10, "shuffle": True, "split": "last", "precision": "float32"})
    history = document["history"]
    return {"best_val_accuracy": max(history["val_accuracy"]), "last_loss": history["loss"][-1], "seconds": document["seconds"]}


def main():
    options = side_by_side.arguments(__doc__, 3)
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow

    x, y = load(options.data)
    runs = side_by_side.Runs(options.results)
    for seed in range(options.seeds):
        runs.run("lehr", seed, lambda: lehr_run(options, seed))
        runs.run("keras", seed, lambda: keras_run(x, y, seed))
    verdict, _ = side_by_side.judge(runs, "best_val_accuracy", 0.003)
    ours, theirs = (side_by_side.mean_and_error(runs.of(side, "best_val_accuracy"))[0] for side in ("lehr", "keras"))
    first = runs.of("lehr", "best_val_accuracy")[0]
    verdict.append(f"lehr's seed 0 {first:.4f}; wanted: at least 0.880, and means within 0.003")
    side_by_side.finish(
        options,
        runs,
        "Fashion-MNIST, one hidden layer, beside Keras",
        [
            f"`lehr fit --model '{MODEL}' --data fashion_mnist --validation-split 0.2 --epochs 10` and the same in Keras",
            "(`tests/compare/keras_fashion.py`): best validation accuracy of 10 epochs.",
        ],
        ["best_val_accuracy", "last_loss"],
        verdict,
        first >= 0.880 and abs(ours - theirs) <= 0.003,
        f"Keras {keras.__version__} on TensorFlow {tensorflow.__version__}",
    )


if __name__ == "__main__":
    main()
