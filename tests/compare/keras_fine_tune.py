"""keras_fine_tune.py: classifiers of keras.applications train on here as in Keras: one of each family, a few steps, the loss of each step.

Random weights as in keras_applications.py, ten classes, dropout and stochastic depth off (their random numbers are others), SGD with momentum. Keras
saves the compiled X.keras; `lehr fit --model X.keras` and Keras take the same steps on the same batch, an epoch each, so that each loss is that
before a step. Keras does it in float64 as well: what float32 leaves uncertain is what Keras's own float32 is away from that.

With --frozen every BatchNormalization is frozen (trainable=False), which makes it compute with its moving statistics, here those of a batch of 16: how a
pretrained base is fine-tuned. One step then, and the weights' update itself is compared, in the L2 norm over the whole network: a wrong gradient shows at once,
where losses of later steps are chaotic at a random start.

usage: keras_fine_tune.py --lehr PATH/lehr --results ROWS.jsonl [--frozen] [--models A,B] [--steps 4] [--batch 8] [--threads 2] [--report PAGE.md]
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ["KERAS_BACKEND"] = "tensorflow"
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import keras_applications
import side_by_side

# Name -> size of the images.
MODELS = {"VGG16": 64, "ResNet50": 64, "ResNet50V2": 64, "MobileNet": 64, "MobileNetV2": 64, "MobileNetV3Small": 64, "DenseNet121": 64, "EfficientNetB0": 64,
          "EfficientNetV2B0": 64, "Xception": 96, "InceptionV3": 96, "InceptionResNetV2": 96, "NASNetMobile": 96, "ConvNeXtTiny": 64}
CLASSES, RATE, MOMENTUM = 10, 1e-3, 0.9
UPDATE_TOLERANCE = 5e-3  # units at the bend of a ReLU fall to one side in float32 and to the other in float64


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lehr", required=True)
    parser.add_argument("--results", required=True, help="JSON lines, a model each; those that are there are not run again")
    parser.add_argument("--models", help="names with commas between; default: all")
    parser.add_argument("--frozen", action="store_true", help="normalizations compute with their moving statistics, and stay")
    parser.add_argument("--steps", type=int, default=4, help="1 with --frozen")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--report", help="Markdown table to write")
    return parser.parse_args()


def without_noise(model):
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if type(layer).__name__ in ("Dropout", "SpatialDropout2D"): layer.rate = 0.0
        if type(layer).__name__ == "StochasticDepth": layer.drop_path_rate = 0.0


def normalizations(model):
    return [layer for layer in model._flatten_layers(include_self=False, recursive=True) if type(layer).__name__ == "BatchNormalization"]


def frozen(model):
    for layer in normalizations(model): layer.trainable = False


def compiled(keras, model):
    model.compile(keras.optimizers.SGD(RATE, momentum=MOMENTUM), "sparse_categorical_crossentropy")
    return model


def run(keras, np, name, size, options):
    head = dict(classes=CLASSES, classifier_activation="softmax")
    model = keras_applications.build(keras, np, name, size, **head)
    without_noise(model)
    own_scaling = any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in model.layers)
    rng = np.random.default_rng(4)
    images = lambda count: rng.uniform(*((0, 255) if own_scaling else (-1, 1)), (count, size, size, 3)).astype(np.float32)
    x = images(options.batch)
    y = rng.integers(0, CLASSES, options.batch).astype(np.int32)
    if options.frozen:
        keras_applications.measure_statistics(np, model, size, images(16))
        frozen(model)
    # Of the whole network in the order of a trainable one: which of them are trainable does not move them.
    weights = [v.numpy() for v in model.weights]
    row = dict(model=name, size=size, batch=options.batch, layers=len(model.layers), weights=model.count_params())
    steps = 1 if options.frozen else options.steps
    fit = dict(batch_size=options.batch, epochs=steps, shuffle=False, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        compiled(keras, model).save(folder / "model.keras")
        np.save(folder / "x.npy", x)
        np.save(folder / "y.npy", y)
        done = subprocess.run([options.lehr, "fit", "--model", folder / "model.keras", "--data", f"arrays({folder}/x.npy, {folder}/y.npy)", "--epochs", str(steps),
                               "--batch-size", str(options.batch), "--no-shuffle", "--threads", str(options.threads), "--run", folder / "run", "--quiet", "--json"],
                              capture_output=True, text=True)
        if done.returncode != 0: return row | dict(failure=done.stderr.strip()[-600:])
        ours = json.loads(done.stdout)["history"]["loss"]
        back = keras.saving.load_model(folder / "run/model.keras")
        ours_after = [v.numpy() for v in back.weights]
    theirs = model.fit(x, y, **fit).history["loss"]
    theirs_after = [v.numpy() for v in model.weights]
    with side_by_side.float64(keras):
        model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), **head)
        without_noise(model)
        if options.frozen: frozen(model)
        for variable, value in zip(model.weights, weights, strict=True): variable.assign(np.asarray(value, np.float64))
        keras_applications.finalized(model)
        exact = compiled(keras, model).fit(x.astype(np.float64), y, **fit).history["loss"]
        exact_after = [v.numpy() for v in model.weights]
    moved = np.sqrt(sum(float(np.square(a - b).sum()) for a, b in zip(exact_after, weights, strict=True)))
    update_apart = lambda after: float(np.sqrt(sum(float(np.square(a - b).sum()) for a, b in zip(after, exact_after, strict=True))) / moved)
    apart = lambda a, b: float(np.max(np.abs(np.array(a) - np.array(b))))
    return row | dict(losses=exact, lehr_losses=ours, keras_losses=theirs, error=apart(ours, theirs), error_64=apart(ours, exact),
                      keras_error_64=apart(theirs, exact), update_64=update_apart(ours_after), keras_update_64=update_apart(theirs_after))


def report(rows, options):
    columns = ["model", "image", "weights", "losses (Keras, float64)", "lehr to Keras", "lehr to float64", "Keras to float64"]
    keys = ["error", "error_64", "keras_error_64"]
    if options.frozen:
        columns += ["update, lehr to float64", "update, Keras to float64"]
        keys += ["update_64", "keras_update_64"]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for r in sorted(rows, key=lambda r: list(MODELS).index(r["model"])):
        cells = [r["model"], f"{r['size']}", f"{r['weights']:,}"]
        if "failure" in r: cells += [r["failure"].splitlines()[-1]] + [""] * len(keys)
        else: cells += [" ".join(f"{loss:.4f}" for loss in r["losses"]), *(f"{r[key]:.1e}" for key in keys)]
        lines.append("| " + " | ".join(cells) + " |")
    with open(options.report, "w", encoding="utf-8") as file: file.write("\n".join(lines) + "\n")


def agrees(row, options):
    """Twice what Keras's float32 is away from its float64, or rounding of a loss of about two."""
    if "failure" in row or row["error_64"] > max(2 * row["keras_error_64"], 2e-5): return False
    return not options.frozen or row["update_64"] <= max(2 * row["keras_update_64"], UPDATE_TOLERANCE)


def main():
    options = arguments()
    import keras, numpy as np, tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    rows = side_by_side.read_rows(options.results)
    for name in options.models.split(",") if options.models else MODELS:
        if any(r["model"] == name and "failure" not in r for r in rows): continue
        rows = [r for r in rows if r["model"] != name] + [run(keras, np, name, MODELS[name], options)]
        print(json.dumps(rows[-1]), flush=True)
        side_by_side.write_rows(options.results, rows)
    if options.report: report(rows, options)
    bad = [r["model"] for r in rows if not agrees(r, options)]
    print(f"{len(rows) - len(bad)} of {len(rows)} train on as in Keras; not: {', '.join(bad) or 'none'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
