"""Experiments of 16.2 and 16.3 at laptop scale, in lehr and in real Keras: same network, data and settings, the same mean accuracy?

    python tests/compare/keras_lfw.py --data lfw62/ --results lfw.jsonl --report docs/benchmarks/keras-lfw.md [--experiment 16.3.3-plateau]

Run by hand: five seeds a side take about an hour on two free cores. Needs keras, tensorflow and pillow. `--data` is a folder in the
lecture's layout. Both sides: nearest resizing to 64x64, division by 255, Glorot uniform kernels, zero biases, Adam 1e-3, batches of 32 in
a new order every epoch; the last weights are tested. Random numbers differ, so only means can agree;
what does not depend on them is compared first, by the losses of a few steps from the same weights.
"""
import contextlib
import io
import os
import pathlib
import re
import tempfile
import time

import side_by_side

SIZE, BATCH, RATE = 64, 32, 1e-3
# Name -> epochs at most, and the callbacks as Keras's (class, arguments).
EXPERIMENTS = {
    "16.2-vgg16-lr-1e-4": (20, []),
    "16.3.3-plateau": (1000, [("EarlyStopping", dict(monitor="val_loss", patience=20)),
                              ("ReduceLROnPlateau", dict(monitor="val_loss", factor=0.1, patience=10, min_lr=1e-5, verbose=1))]),
}  # fmt: skip
MODEL = "vgg11(width=4) | global_average_pooling2d | dense(256, relu) | dropout({rate}) | dense({classes}, softmax)"


def load(folder, part, labels):
    """As the lecture loads: natural order, load_img (nearest), float32 of [0, 1]."""
    import numpy as np
    from keras.utils import img_to_array, load_img

    root = pathlib.Path(folder)
    files = sorted((root / part).iterdir(), key=lambda path: int(path.stem.split("_")[1]))
    x = np.stack([img_to_array(load_img(file, target_size=(SIZE, SIZE))) for file in files]).astype("float32") / 255.0
    return x, np.genfromtxt(root / labels, dtype=np.int32)


def network(classes, rate=0.25):
    """MODEL"""
    from keras import Sequential, layers

    net = Sequential([layers.Input((SIZE, SIZE, 3))])
    for channels, convolutions in ((16, 1), (32, 1), (64, 2), (128, 2), (128, 2)):
        for _ in range(convolutions):
            net.add(layers.Conv2D(channels, 3, padding="same", activation="relu"))
        net.add(layers.MaxPooling2D())
    net.add(layers.GlobalAveragePooling2D())
    net.add(layers.Dense(256, activation="relu"))
    net.add(layers.Dropout(rate))
    net.add(layers.Dense(classes, activation="softmax"))
    return net


def first_steps(options, data):
    """Twelve steps from the same weights on the same rows in the same order, without dropout: how far the losses of four epochs lie from
    Keras in double precision, of lehr and of Keras in single. Adam divides by the size of small gradients, so single precision drifts."""
    import keras
    import numpy as np

    (x, y), classes = (data[0][0][:91], data[0][1][:91]), int(data[0][1].max()) + 1  # batches of 32, 32, 27
    keras.utils.set_random_seed(0)
    start = network(classes, rate=0.0).get_weights()

    def keras_losses(dtype):
        keras.config.set_floatx(dtype)
        net = network(classes, rate=0.0)
        net.set_weights(start)
        net.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy")
        net.save_weights(f"{folder}/start-{dtype}.weights.h5")
        return net.fit(x.astype(dtype), y, batch_size=BATCH, epochs=4, shuffle=False, verbose=0).history["loss"]

    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/x.npy", x)
        np.save(f"{folder}/y.npy", y)
        exact, single = keras_losses("float64"), keras_losses("float32")
        document, _, _ = side_by_side.lehr(
            options.lehr, ["fit", "--model", MODEL.format(rate=0, classes=classes), "--data", f"arrays({folder}/x.npy, {folder}/y.npy)"]
            + ["--initial-weights", f"{folder}/start-float32.weights.h5", "--optimizer", f"adam({RATE})", "--batch-size", str(BATCH)]
            + ["--epochs", "4", "--no-shuffle", "--threads", str(options.threads)],
        )
    apart = [max(abs(a - b) for a, b in zip(losses, exact, strict=True)) for losses in (document["history"]["loss"], single)]
    print(f"first steps: lehr {document['history']['loss']}\nKeras float32 {single}\nKeras float64 {exact}", flush=True)
    return apart


def as_lehr(name, arguments):
    """early_stopping(monitor=val_loss, patience=20) of ("EarlyStopping", …)."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.replace("LROn", "LrOn")).lower()
    return f"{snake}({', '.join(f'{key}={value:g}' if isinstance(value, float) else f'{key}={value}' for key, value in arguments.items())})"


def keras_run(options, data, seed):
    import keras

    epochs, callbacks = EXPERIMENTS[options.experiment]

    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    (x, y), validation, (x_test, y_test) = data
    net = network(int(y.max()) + 1)
    net.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    start = time.monotonic()
    made = [getattr(keras.callbacks, name)(**arguments) for name, arguments in callbacks]
    with contextlib.redirect_stdout(io.StringIO()):
        history = net.fit(side_by_side.in_new_order(x, y, BATCH, seed), epochs=epochs, shuffle=False, validation_data=validation, callbacks=made,
                          verbose=0).history  # fmt: skip
    seconds = time.monotonic() - start
    loss, accuracy = net.evaluate(x_test, y_test, batch_size=BATCH, verbose=0)
    return {
        "parameters": net.count_params(),
        "test_accuracy": accuracy,
        "test_loss": loss,
        "val_accuracy": history["val_accuracy"][-1],
        "loss": history["loss"][-1],
        "epochs": len(history["loss"]),
        "seconds": seconds,
    }


def lehr_run(options, classes, seed):
    folder, (epochs, callbacks) = os.path.abspath(options.data), EXPERIMENTS[options.experiment]
    document, settings, last = side_by_side.lehr(
        options.lehr, ["experiment", "run", options.experiment, "--scale", "laptop", "--data", folder, "--seed", str(seed)]
        + ["--threads", str(options.threads)],
    )
    side_by_side.expect(
        settings[0],
        {
            "model": MODEL.format(rate=0.25, classes=classes),
            "epochs": epochs,
            "batch-size": BATCH,
            "optimizer": "adam",
            "learning-rate": RATE,
            "image-size": f"{SIZE}x{SIZE}",
            "resize": "nearest",
            "shuffle": True,
            "precision": "float32",
            "seed": seed,
            **({"callback": [as_lehr(*callback) for callback in callbacks]} if callbacks else {}),
        },
    )
    run = document["runs"][0]
    return {name: run[name] for name in ("test_accuracy", "test_loss", "epochs", "seconds")} | {name: last[0][name] for name in ("loss", "val_accuracy")}


def main():
    options = side_by_side.arguments(__doc__, 5, lambda parser: parser.add_argument("--experiment", choices=EXPERIMENTS, default="16.2-vgg16-lr-1e-4"))
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import tensorflow

    data = [load(options.data, part, f"{name}_labels.csv") for part, name in (("Train", "train"), ("Validation", "val"), ("Test", "test"))]
    classes = int(data[0][1].max()) + 1
    apart, single = first_steps(options, data)
    runs = side_by_side.Runs(options.results)
    for seed in range(options.seeds):
        runs.run("lehr", seed, lambda: lehr_run(options, classes, seed))
        runs.run("keras", seed, lambda: keras_run(options, data, seed))
    verdict, holds = side_by_side.judge(runs, "test_accuracy", 0.02)
    lowest = min(runs.of("lehr", "test_accuracy"))
    near = apart <= max(1e-4, 3 * single)
    verdict.append(
        f"twelve steps from the same weights on the same rows in the same order, without dropout: lehr's losses lie {apart:.1e} from Keras in float64, "
        f"Keras's own in float32 {single:.1e}; allowed: three times that: " + ("they agree" if near else "they DIFFER")
    )
    epochs, callbacks = EXPERIMENTS[options.experiment]
    told = f"{epochs} epochs" + "".join(f", `{as_lehr(*callback)}`" for callback in callbacks)
    verdict.append(f"lowest accuracy of lehr's seeds {lowest:.4f}; wanted: at least 0.35")
    side_by_side.finish(
        options,
        runs,
        f"Real faces: {options.experiment} at laptop scale beside Keras",
        [
            f"`lehr experiment run {options.experiment} --scale laptop --data {pathlib.Path(options.data).name}` and the same network, data and settings in Keras",
            f"(`tests/compare/keras_lfw.py`): {len(data[0][1])} training, {len(data[1][1])} validation and {len(data[2][1])} test images of {classes} people, {SIZE}x{SIZE}, "
            f"Adam {RATE:g}, {told}, batches of {BATCH}; test accuracy of the last weights.",
        ],
        ["test_accuracy", "test_loss"] + (["epochs"] if callbacks else []),
        verdict,
        holds and near and lowest >= 0.35,
        f"Keras {keras.__version__} on TensorFlow {tensorflow.__version__}",
    )


if __name__ == "__main__":
    main()
