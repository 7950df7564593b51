"""keras_applications.py: every image classifier of keras.applications, saved by Keras, predicts the same numbers here.

Weights are random (weights=None), those of normalizations too, so that no layer is nearly the identity; the last activation is left out, so that
outputs are of the order of one, not of 1/1000. For each model: Keras saves X.keras and predicts two images; `lehr predict X.keras` predicts them as
well. Largest difference as a share of the largest output. Where that is more than half of what is allowed, Keras also predicts in float64, and
both are compared with that.

With --time: the median time of a prediction of the batch, the program of tests/compare/keras_model_run.cpp, Keras, and ONNX Runtime on the file that
`lehr weights convert` makes of the model, in turn, the same number of threads; only models that agree, and only on a machine that does nothing else.

usage: keras_applications.py --lehr PATH/lehr --results ROWS.jsonl [--models A,B] [--size 0] [--threads 2] [--keep FOLDER] [--report PAGE.md]
       keras_applications.py --time --lehr PATH/lehr --program PATH/keras_model_run --results ROWS.jsonl [--models A,B] [--keep FOLDER] [--rounds 7]
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
import side_by_side

# Name -> size of the images: the smallest that the model's pooling leaves something of, or a little more; 64 to 224.
MODELS = {"VGG16": 64, "VGG19": 64, "ResNet50": 64, "ResNet101": 64, "ResNet152": 64, "ResNet50V2": 64, "ResNet101V2": 64, "ResNet152V2": 64,
          "MobileNet": 96, "MobileNetV2": 96, "MobileNetV3Small": 96, "MobileNetV3Large": 96, "DenseNet121": 64, "DenseNet169": 64, "DenseNet201": 64,
          "EfficientNetB0": 96, "EfficientNetB1": 96, "EfficientNetB2": 96, "EfficientNetB3": 96, "EfficientNetB4": 96, "EfficientNetB5": 96,
          "EfficientNetB6": 96, "EfficientNetB7": 96, "EfficientNetV2B0": 96, "EfficientNetV2B1": 96, "EfficientNetV2B2": 96, "EfficientNetV2B3": 96,
          "EfficientNetV2S": 96, "EfficientNetV2M": 96, "EfficientNetV2L": 96, "Xception": 96, "InceptionV3": 96, "InceptionResNetV2": 96,
          "NASNetMobile": 96, "NASNetLarge": 96, "ConvNeXtTiny": 64, "ConvNeXtSmall": 64, "ConvNeXtBase": 64, "ConvNeXtLarge": 64, "ConvNeXtXLarge": 64}
BATCH, TOLERANCE = 2, 1e-5


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lehr", help="the command")
    parser.add_argument("--time", action="store_true", help="measure times of models whose rows are there")
    parser.add_argument("--program", help="keras_model_run (ninja keras_model_run), for times")
    parser.add_argument("--results", required=True, help="JSON lines, a model each; those that are there are not run again")
    parser.add_argument("--models", help="names with commas between; default: all")
    parser.add_argument("--size", type=int, default=0, help="of the images, for all models")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7, help="timed predictions on each side")
    parser.add_argument("--keep", type=pathlib.Path, help="folder that the models' files stay in, for --time")
    parser.add_argument("--report", help="Markdown table to write")
    return parser.parse_args()


def build(keras, np, name, size, **options):
    """The model with random weights: kernels as Keras starts them, and everything of a normalization about where training leaves it."""
    keras.utils.set_random_seed(1)
    keras.backend.clear_session()
    make = getattr(keras.applications, name)
    model = make(weights=None, input_shape=(size, size, 3), **({"classifier_activation": None} | options))
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
    if name.startswith("EfficientNetV2"): measure_statistics(np, model, size)
    return finalized(model)


def measure_statistics(np, model, size, images=None):
    """Moving statistics of a batch. With any others the sums of EfficientNetV2's many blocks grow, to 1e10 in EfficientNetV2L, and Keras's own float32
    has nothing in common with its float64 (largest difference 0.14 of the largest output in V2S, 0.74 in V2M)."""
    layers = [layer for layer in model._flatten_layers(include_self=False, recursive=True) if type(layer).__name__ == "BatchNormalization"]
    kept = [layer.momentum for layer in layers]
    for layer in layers: layer.momentum = 0.0
    if images is None: images = np.random.default_rng(4).uniform(0, 255, (16, size, size, 3)).astype(np.float32)
    model(images, training=True)
    for layer, momentum in zip(layers, kept, strict=True): layer.momentum = momentum


def finalized(model):
    """Normalization computes with what finalize_state made of its weights; loading a file calls that, set_weights does not."""
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if hasattr(layer, "finalize_state"): layer.finalize_state()
    return model


def in_float64(keras, np, name, size, model, x):
    """What the same weights give in float64."""
    weights = model.get_weights()
    with side_by_side.float64(keras):
        exact = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classifier_activation=None)
        exact.set_weights([np.asarray(w, np.float64) for w in weights])
        out = np.asarray(finalized(exact).predict_on_batch(x.astype(np.float64)))
        assert out.dtype == np.float64, out.dtype
        return out


def images(np, size): return np.random.default_rng(3).uniform(0, 255, (BATCH, size, size, 3)).astype(np.float32)


def run(keras, np, name, size, options):
    model, x = build(keras, np, name, size), images(np, size)
    row = dict(model=name, size=size, layers=len(model.layers), weights=model.count_params())
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        file = (options.keep or folder) / f"{name}.keras"
        model.save(file)
        np.save(folder / "x.npy", x)
        want = np.asarray(model.predict_on_batch(x))
        start = time.perf_counter()
        done = subprocess.run([options.lehr, "predict", file, "--input", folder / "x.npy", "--output", folder / "y.npy", "--threads", str(options.threads),
                               "--quiet"], capture_output=True, text=True)
        row |= dict(command_s=time.perf_counter() - start)
        if done.returncode != 0: return row | dict(failure=done.stderr.strip()[-600:])
        got = np.load(folder / "y.npy").reshape(want.shape)
    largest = float(np.abs(want).max())
    apart = lambda a, b: float(np.abs(a - b).max()) / largest
    row |= dict(error=apart(got, want), largest=largest)
    if row["error"] > TOLERANCE / 2:
        exact = in_float64(keras, np, name, size, model, x)
        row |= dict(error_64=apart(got, exact), keras_error_64=apart(want, exact))
    return row


def onnx_session(file, threads):
    import onnxruntime
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = threads, 1
    return onnxruntime.InferenceSession(str(file), settings, providers=["CPUExecutionProvider"])


def measure(keras, np, row, options):
    name, x = row["model"], images(np, row["size"])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        file = (options.keep or folder) / f"{name}.keras"
        model = keras.saving.load_model(file, compile=False) if file.exists() else build(keras, np, name, row["size"])
        if not file.exists(): model.save(file)
        np.save(folder / "x.npy", x)
        want = model.predict_on_batch(x)
        subprocess.run([options.lehr, "weights", "convert", file, folder / "x.onnx", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        session = onnx_session(folder / "x.onnx", options.threads)
        feed = {session.get_inputs()[0].name: x}
        onnx_error = float(np.abs(session.run(None, feed)[0].reshape(want.shape) - want).max()) / row["largest"]
        with subprocess.Popen([options.program, file, folder / "x.npy", str(options.threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ours:
            load = float(ours.stdout.readline())

            def by_lehr():
                print(file=ours.stdin, flush=True)
                return float(ours.stdout.readline())

            def clocked(predict):
                start = time.perf_counter()
                predict()
                return 1e3 * (time.perf_counter() - start)

            sides = dict(lehr_ms=by_lehr, keras_ms=lambda: clocked(lambda: model.predict_on_batch(x)),
                         onnx_ms=lambda: clocked(lambda: session.run(None, feed)))
            times = {side: [] for side in sides}
            for _ in range(options.rounds):
                for side, predict in sides.items():
                    time.sleep(0.05)  # threads of the one before spin a while
                    times[side].append(predict())
            ours.stdin.close()
    return row | dict(load_s=load, onnx_error=onnx_error) | {side: statistics.median(t) for side, t in times.items()}


def report(rows, options):
    columns = ["model", "image", "layers", "weights", "largest error", "lehr, ms", "Keras, ms", "ONNX Runtime, ms"]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for r in sorted(rows, key=lambda r: list(MODELS).index(r["model"])):
        cells = [r["model"], f"{r['size']}", f"{r['layers']}", f"{r['weights']:,}"]
        cells.append(r["failure"].splitlines()[-1] if "failure" in r else f"{r['error']:.1e}" +
                     (f" ({r['error_64']:.1e}, Keras {r['keras_error_64']:.1e})" if "error_64" in r else ""))
        cells += [f"{r[key]:.1f}" if key in r else "" for key in ("lehr_ms", "keras_ms", "onnx_ms")]
        lines.append("| " + " | ".join(cells) + " |")
    with open(options.report, "w", encoding="utf-8") as file: file.write("\n".join(lines) + "\n")


def main():
    options = arguments()
    import keras, numpy as np, tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    rows = side_by_side.read_rows(options.results)
    def keep(row):
        rows[:] = [r for r in rows if (r["model"], r["size"]) != (row["model"], row["size"])] + [row]
        print(json.dumps(row), flush=True)
        side_by_side.write_rows(options.results, rows)

    if options.keep: options.keep.mkdir(parents=True, exist_ok=True)
    for name in options.models.split(",") if options.models else MODELS:
        size = options.size or MODELS[name]
        done = next((r for r in rows if r["model"] == name and r["size"] == size and "failure" not in r), None)
        if options.time and done: keep(measure(keras, np, done, options))
        if not options.time and not done: keep(run(keras, np, name, size, options))
    if options.report: report(rows, options)
    bad = [r["model"] for r in rows if not min(r.get("error", float("inf")), r.get("error_64", float("inf"))) <= TOLERANCE]
    print(f"{len(rows) - len(bad)} of {len(rows)} within {TOLERANCE:g}; not: {', '.join(bad) or 'none'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
