"""keras_applications.py: every image classifier of keras.applications, saved by Keras, predicts the same numbers here.

Weights are random (weights=None), those of normalizations too, so that no layer is nearly the identity; the last activation is left out, so that
outputs are of the order of one, not of 1/1000. For each model: Keras saves X.keras and predicts two images; the program of
tests/compare/keras_model_run.cpp loads the file and predicts them. Largest difference as a share of the largest output; median time of a prediction
of a batch on both sides, one after the other, the same number of threads.

usage: keras_applications.py --program PATH/keras_model_run --results ROWS.jsonl [--models A,B] [--size 0] [--threads 2] [--report PAGE.md]
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ["KERAS_BACKEND"] = "tensorflow"

# Name -> size of the images: the smallest that the model's pooling leaves something of, or a little more; 64 to 224.
MODELS = {"VGG16": 64, "VGG19": 64, "ResNet50": 64, "ResNet101": 64, "ResNet152": 64, "ResNet50V2": 64, "ResNet101V2": 64, "ResNet152V2": 64,
          "MobileNet": 96, "MobileNetV2": 96, "MobileNetV3Small": 96, "MobileNetV3Large": 96, "DenseNet121": 64, "DenseNet169": 64, "DenseNet201": 64,
          "EfficientNetB0": 96, "EfficientNetB1": 96, "EfficientNetB2": 96, "EfficientNetB3": 96, "EfficientNetB4": 96, "EfficientNetB5": 96,
          "EfficientNetB6": 96, "EfficientNetB7": 96, "EfficientNetV2B0": 96, "EfficientNetV2B1": 96, "EfficientNetV2B2": 96, "EfficientNetV2B3": 96,
          "EfficientNetV2S": 96, "EfficientNetV2M": 96, "EfficientNetV2L": 96, "Xception": 96, "InceptionV3": 96, "InceptionResNetV2": 96,
          "NASNetMobile": 224, "NASNetLarge": 96, "ConvNeXtTiny": 64, "ConvNeXtSmall": 64, "ConvNeXtBase": 64, "ConvNeXtLarge": 64, "ConvNeXtXLarge": 64}
BATCH, TOLERANCE = 2, 1e-5


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="keras_model_run (ninja keras_model_run)")
    parser.add_argument("--results", required=True, help="JSON lines, a model each; those that are there are not run again")
    parser.add_argument("--models", help="names with commas between; default: all")
    parser.add_argument("--size", type=int, default=0, help="of the images, for all models")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5, help="timed predictions on each side; 0: none, and no times in the table")
    parser.add_argument("--report", help="Markdown table to write")
    return parser.parse_args()


def build(keras, np, name, size):
    """The model with random weights: kernels as Keras starts them, and everything of a normalization about where training leaves it."""
    keras.utils.set_random_seed(1)
    keras.backend.clear_session()
    make = getattr(keras.applications, name)
    model = make(weights=None, input_shape=(size, size, 3), classifier_activation=None)
    rng = np.random.default_rng(2)
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if not layer.weights or getattr(layer, "layers", None): continue
        values = []
        for variable in layer.weights:
            shape, kind = variable.shape, variable.path.rsplit("/", 1)[-1]
            if kind == "gamma" and type(layer).__name__ == "LayerScale": value = rng.uniform(0.05, 0.3, shape)
            elif kind in ("gamma", "moving_variance", "variance"): value = rng.uniform(0.7, 1.3, shape)
            elif kind in ("beta", "moving_mean", "mean", "bias"): value = rng.normal(0, 0.1, shape)
            else: value = variable.numpy()
            values.append(np.asarray(value, variable.numpy().dtype))
        layer.set_weights(values)
    return model


def run(keras, np, name, size, options):
    model = build(keras, np, name, size)
    x = np.random.default_rng(3).uniform(0, 255, (BATCH, size, size, 3)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        model.save(folder / "model.keras")
        np.save(folder / "x.npy", x)
        want = np.asarray(model.predict_on_batch(x))
        done = subprocess.run([options.program, folder / "model.keras", folder / "x.npy", folder / "y.npy", str(options.threads), str(options.rounds)],
                              capture_output=True, text=True)
        row = dict(model=name, size=size, layers=len(model.layers), weights=model.count_params())
        if done.returncode != 0: return row | dict(failure=done.stderr.strip()[-600:])
        got, said = np.load(folder / "y.npy"), json.loads(done.stdout)
    largest = float(np.abs(want).max())
    error = float(np.abs(got - want).max()) / largest if got.shape == want.shape else float("inf")
    times = []
    for _ in range(options.rounds):
        start = time.perf_counter()
        model.predict_on_batch(x)
        times.append(time.perf_counter() - start)
    row |= dict(error=error, largest=largest, load_s=said["load_s"])
    return row | dict(lehr_ms=said["predict_ms"], keras_ms=1e3 * statistics.median(times)) if times else row


def report(rows, options):
    timed = options.rounds > 0
    columns = ["model", "image", "layers", "weights", "largest error"] + ["lehr, ms", "Keras, ms", "reading, s"] * timed
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for r in sorted(rows, key=lambda r: list(MODELS).index(r["model"])):
        cells = [r["model"], f"{r['size']}", f"{r['layers']}", f"{r['weights']:,}"]
        cells.append(r["failure"].splitlines()[-1] if "failure" in r else f"{r['error']:.1e}")
        if timed: cells += [f"{r[key]:.{digits}f}" if key in r else "" for key, digits in (("lehr_ms", 1), ("keras_ms", 1), ("load_s", 2))]
        lines.append("| " + " | ".join(cells) + " |")
    with open(options.report, "w", encoding="utf-8") as file: file.write("\n".join(lines) + "\n")


def main():
    options = arguments()
    import keras, numpy as np, tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    rows = []
    if os.path.exists(options.results):
        with open(options.results, encoding="utf-8") as file: rows = [json.loads(line) for line in file]
    for name in options.models.split(",") if options.models else MODELS:
        size = options.size or MODELS[name]
        if any(r["model"] == name and r["size"] == size and "failure" not in r for r in rows): continue
        rows = [r for r in rows if (r["model"], r["size"]) != (name, size)]
        rows.append(run(keras, np, name, size, options))
        print(json.dumps(rows[-1]), flush=True)
        with open(options.results, "w", encoding="utf-8") as file: file.writelines(json.dumps(r) + "\n" for r in rows)
    if options.report: report(rows, options)
    bad = [r["model"] for r in rows if not r.get("error", float("inf")) <= TOLERANCE]
    print(f"{len(rows) - len(bad)} of {len(rows)} within {TOLERANCE:g}; not: {', '.join(bad) or 'none'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
