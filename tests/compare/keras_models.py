"""Whole models go between Keras and lehr: the same numbers, bit-equal weights, training that goes on.

    python tests/compare/keras_models.py --lehr build/release/lehr --golden tests/golden [--files FOLDER] [--training-only]

  1. each golden model, and each golden layer as a model of its own: Keras saves X.keras; `lehr predict X.keras` equals Keras's predictions;
     `lehr weights convert X.keras Y.keras` is opened by Keras with bit-equal weights and equal predictions. FOLDER: whole networks that Keras saved,
     NAME.keras and NAME.h5 with NAME_x.npy and NAME_y.npy, as golden/make_golden.py (models) writes them.
  2. Adam, SGD with momentum, RMSprop, AdamW, Nadam: three epochs in Keras, saved compiled, three more in lehr equal six in Keras; three in lehr, its
     model.keras opened by Keras, three more there equal six in Keras.
"""
import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import side_by_side
import numpy as np

# Where the applications' own layers are registered.
import keras.src.applications.convnext
import keras.src.applications.inception_resnet_v2


def lehr(given, *arguments):
    done = subprocess.run([given.lehr, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-300:] or f"exit code {done.returncode}")
    return done.stdout


def golden_models(folder):
    configs = json.loads((folder / "keras/models.json").read_text())
    arrays = np.load(folder / "keras/models.npz")
    for row in configs:
        name, config = row["name"], row["config"]
        model = keras.saving.deserialize_keras_object(config) if "class_name" in config else keras.models.model_from_json(json.dumps(config))
        weights = []
        while f"{name}/w{len(weights)}" in arrays:
            weights.append(arrays[f"{name}/w{len(weights)}"])
        model.set_weights(weights)
        yield name, model, arrays[f"{name}/x"]


def golden_layers(folder):
    arrays = np.load(folder / "keras/layers.npz")
    for row in json.loads((folder / "keras/layers.json").read_text()):
        name, x = row["name"], arrays[f"{row['name']}/x"]
        model = keras.Sequential([keras.Input(x.shape[1:]), getattr(keras.layers, row["class_name"])(**row["config"])])
        weights = []
        while f"{name}/w{len(weights)}" in arrays:
            weights.append(arrays[f"{name}/w{len(weights)}"])
        model.set_weights(weights)
        yield name, model, x


def files(given, folder):
    wrong = 0
    for file in sorted(given.files.glob("*.keras")) + sorted(f for f in given.files.glob("*.h5") if not f.name.endswith(".weights.h5")):
        x, y = (np.load(given.files / f"{file.stem}_{part}.npy") for part in "xy")
        try:
            np.save(folder / "x.npy", x)
            lehr(given, "predict", file, "--input", folder / "x.npy", "--output", folder / "y.npy", "--quiet")
            error = distance(np.load(folder / "y.npy").reshape(y.shape), y)
            print(f"{file.name}: lehr's prediction {error:.1e}{'' if error <= 1e-5 else '  WRONG'}", flush=True)
            wrong += error > 1e-5
        except Exception as error:
            print(f"{file.name}: {str(error)[:600]}  WRONG", flush=True)
            wrong += 1
    return wrong


def same(a, b):
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b))


def distance(a, b):
    return float(np.max(np.abs(a - b)) / max(float(np.max(np.abs(b))), 1e-30))


def models(given, folder):
    wrong = 0
    for name, model, x in itertools.chain(golden_models(given.golden), golden_layers(given.golden)):
        try:
            model.save(folder / "x.keras")
            model = keras.saving.load_model(folder / "x.keras", compile=False)  # what Normalization adapted counts from here on
            np.save(folder / "x.npy", x)
            y = np.asarray(model(x, training=False))
            lehr(given, "predict", folder / "x.keras", "--input", folder / "x.npy", "--output", folder / "y.npy", "--quiet")
            predicted = distance(np.load(folder / "y.npy").reshape(y.shape), y)
            lehr(given, "weights", "convert", folder / "x.keras", folder / "back.keras", "--model", folder / "x.keras")
            back = keras.saving.load_model(folder / "back.keras", compile=False)
            equal = same(model.get_weights(), back.get_weights())
            again = distance(np.asarray(back(x, training=False)), y)
            good = predicted <= 1e-5 and equal and again <= 1e-5
            print(f"{name}: lehr's prediction {predicted:.1e}, weights through lehr {'bit-equal' if equal else 'DIFFERENT'}, prediction of what came back {again:.1e}{'' if good else '  WRONG'}", flush=True)
        except Exception as error:  # Keras's own reasons are many
            print(f"{name}: {str(error)[:600]}  WRONG", flush=True)
            good = False
        wrong += not good
    return wrong


OPTIMIZERS = {"adam": (lambda: keras.optimizers.Adam(3e-3), "adam(3e-3)"),
              "sgd": (lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "sgd(0.05, momentum=0.9, nesterov=true)"),
              "rmsprop": (lambda: keras.optimizers.RMSprop(1e-3), "rmsprop(1e-3)"),
              "adamw": (lambda: keras.optimizers.AdamW(3e-3, weight_decay=0.01), "adamw(3e-3, weight_decay=0.01)"),
              "nadam": (lambda: keras.optimizers.Nadam(2e-3), "nadam(2e-3)")}


def network(normalized):
    layers = keras.layers
    between = [layers.BatchNormalization()] if normalized else []
    return keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(6, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
                             layers.Conv2D(8, 3, use_bias=not normalized), *between, layers.ReLU(), layers.Dropout(0.0),
                             layers.GlobalAveragePooling2D(), layers.Dense(12, activation="relu"), layers.Dense(4, activation="softmax")])


def six_in_float64(weights, normalized, make, x, y, options):
    """The last three of six epochs, in float64: what float32 leaves uncertain is what Keras's own float32 is away from this."""
    with side_by_side.float64(keras):
        model = network(normalized)
        model.set_weights([w.astype(np.float64) for w in weights])
        model.compile(make(), "sparse_categorical_crossentropy")
        vx, vy = options["validation_data"]
        options = options | dict(validation_data=(vx.astype(np.float64), vy))
        model.fit(x.astype(np.float64), y, **options)
        return model.fit(x.astype(np.float64), y, **options).history


def apart(a, b):
    return max(float(np.max(np.abs(np.array(a[c]) - np.array(b[c])))) for c in ("loss", "val_loss"))


def training(given, folder, normalized):
    data = np.load(given.golden / "training/data.npz")
    x, y, vx, vy = data["x"][:72], data["y"][:72], data["x"][72:96], data["y"][72:96]
    for name, array in {"x": x, "y": y, "vx": vx, "vy": vy}.items():
        np.save(folder / f"{name}.npy", array)
    fit = ["--data", f"arrays({folder}/x.npy, {folder}/y.npy)", "--validation", f"arrays({folder}/vx.npy, {folder}/vy.npy)", "--epochs", "3",
           "--batch-size", "16", "--no-shuffle", "--overwrite", "--json", "--quiet"]
    options = dict(epochs=3, batch_size=16, shuffle=False, validation_data=(vx, vy), verbose=0)
    tolerance = 5e-3 if normalized else 2e-5  # Keras's backends are 4e-3 and 5e-7 apart
    wrong = 0
    for name, (make, text) in OPTIMIZERS.items():
        label = f"{name}{', with BatchNormalization' if normalized else ''}"
        try:
            keras.utils.set_random_seed(5)
            start = network(normalized)
            start.save(folder / "start.keras")

            def fresh():
                model = keras.saving.load_model(folder / "start.keras", compile=False)
                model.compile(make(), "sparse_categorical_crossentropy", metrics=["accuracy"])
                return model

            six = fresh()
            six.fit(x, y, **options)
            expected = six.fit(x, y, **options).history
            own = apart(expected, six_in_float64(start.get_weights(), normalized, make, x, y, options))
            half = fresh()
            half.fit(x, y, **options)
            half.save(folder / "half.keras")
            ours = json.loads(lehr(given, "fit", "--model", folder / "half.keras", "--run", folder / "a", *fit))["history"]
            there = apart(ours, expected)
            lehr(given, "fit", "--model", folder / "start.keras", "--optimizer", text, "--metrics", "accuracy", "--run", folder / "b", *fit)
            back = keras.saving.load_model(folder / "b/model.keras")
            steps = int(back.optimizer.iterations.numpy())
            here = apart(back.fit(x, y, **options).history, expected)
            # And a model of Keras's that lehr went on with, in Keras again.
            third = keras.saving.load_model(folder / "a/model.keras")
            after = float(third.evaluate(vx, vy, verbose=0)[0])
            last = abs(after - ours["val_loss"][-1])
            good = max(there, here) <= tolerance and steps == 15 and last <= 1e-5
            print(f"{label}: 3 in Keras + 3 in lehr differs by {there:.1e} from 6 in Keras, 3 in lehr + 3 in Keras by {here:.1e} (optimizer at step {steps}), "
                  f"6 in Keras from float64 by {own:.1e}; evaluated in Keras after lehr {last:.1e}{'' if good else '  WRONG'}", flush=True)
        except Exception as error:
            print(f"{label}: {str(error)[:600]}  WRONG", flush=True)
            good = False
        wrong += not good
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lehr", type=pathlib.Path, required=True)
    parser.add_argument("--golden", type=pathlib.Path, required=True)
    parser.add_argument("--files", type=pathlib.Path)
    parser.add_argument("--training-only", action="store_true")
    given = parser.parse_args()
    given.lehr = given.lehr.resolve()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        wrong = training(given, folder, normalized=False) + training(given, folder, normalized=True)
        if not given.training_only:
            wrong += models(given, folder)
            if given.files:
                wrong += files(given, folder)
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
