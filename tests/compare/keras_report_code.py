#!/usr/bin/env python3
"""keras_report_code.py LEHR: the "equivalent Keras code" of report.html, run by Keras.

Trainings with metrics of every kind: labels that are ids, one-hot rows, yes or no; outputs that are probabilities and logits. The code of each
run's report is executed as it stands, the run's last weights are loaded into its model, and model.evaluate must give what `lehr evaluate`
gives: the same numbers under the same names. Needs keras and tensorflow.
"""
import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import numpy as np

COUNTED = ("precision,recall(average=weighted),specificity,f1_score,precision(average=none,name=each),recall(average=micro,name=all),"
           "f1_score(average=weighted,name=f1_weighted),auc,auc(num_thresholds=50,average=micro,name=auc_all)")
ENTRIES = ("precision(thresholds=0.4),recall(top_k=2),precision(class_id=1,name=of_one),specificity(class_id=2,name=rest_of_two),"
           "precision(thresholds=0.3,average=macro,name=precision_macro),recall(top_k=2,thresholds=0.3,average=weighted,name=recall_top),"
           "f1_score(threshold=0.4,name=f1_all),auc(num_thresholds=200),auc(curve=PR,average=micro,name=area_pr)")
CASES = [  # name, labels, last layer, metrics, further flags
    ("ids", "ids", "dense(4, softmax)", "accuracy,top_k_categorical_accuracy(k=2,name=top_2)," + COUNTED, []),
    ("ids, Keras's own reading", "ids", "dense(4, softmax)", "accuracy(name=hits)," + ENTRIES, []),
    ("ids, logits", "ids", "dense(4)", "accuracy," + COUNTED, []),
    ("one-hot", "one-hot", "dense(4, softmax)", "accuracy,top_k(k=2),mse," + COUNTED, ["--loss", "categorical_crossentropy(label_smoothing=0.1)"]),
    ("one-hot, Keras's own reading", "one-hot", "dense(4, softmax)", "accuracy(name=hits)," + ENTRIES, []),
    ("yes or no", "binary", "dense(1, sigmoid)", "accuracy,precision,recall,specificity,f1_score,auc,precision(thresholds=0.7,name=sure)", []),
    ("yes or no, logits", "binary", "dense(1)", "precision,recall,specificity,f1_score,auc", []),
    ("several classes a row", "several", "dense(4, sigmoid)", "binary_accuracy,precision,recall(average=weighted),f1_score(threshold=0.5),"
     "fbeta_score(beta=2),fbeta_score(beta=0.5,threshold=0.4,average=weighted,name=f_half),specificity(average=none),"
     "precision(thresholds=0.4,name=p_all)", ["--loss", "binary_crossentropy"]),
    ("several classes a row, logits", "several", "dense(4)", "precision,recall(average=none),f1_score(threshold=0.5,average=macro),"
     "specificity(average=weighted)", ["--loss", "binary_crossentropy(true)"]),
    ("one-hot, focal", "one-hot", "dense(4, softmax)", "accuracy,fbeta_score(beta=3,average=none)", ["--loss", "categorical_focal_crossentropy(0.5, 1.5)"]),
    ("a validation every other epoch", "ids", "dense(4, softmax)", "accuracy", ["--validation-freq", "2"]),
    ("a schedule of the lecture", "ids", "dense(4, softmax)", "accuracy", ["--learning-rate", "step_decay(0.5, 1)"]),
    ("values", "values", "dense(1)", "mae,mse", ["--optimizer", "sgd(learning_rate=cosine_decay(0.01, 20), momentum=0.9)"]),
]


def labels_of(kind, ids, x):
    if kind == "one-hot":
        return np.eye(4, dtype="float32")[ids]
    if kind == "several":
        return (x[:, :4] > 0.4).astype("float32")
    if kind == "binary":
        return (ids == 0).astype("int32")
    return ids if kind == "ids" else (x[:, :1] - x[:, 1:2]).astype("float32")


def code_of(run):
    page = (run / "report.html").read_text()
    blocks = [html.unescape(re.sub(r"<[^>]+>", "", block)) for block in re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.S)]
    return next(block for block in blocks if "import keras" in block)


def compare(name, ours, theirs):
    """One line for each number that differs."""
    listed = {key: list(np.ravel(value)) for key, value in theirs.items()}
    wrong = []
    for key, values in listed.items():
        mine = [ours[key]] if key in ours else [value for other, value in ours.items() if re.fullmatch(re.escape(key) + r"_\d+", other)]
        # Without num_thresholds our AUC is exact, Keras's a sum over 200 trapezoids.
        allowed = 0.02 if key == "auc" and name != "one-hot, Keras's own reading" else 2e-6
        if len(mine) != len(values) or max(abs(a - b) for a, b in zip(mine, values)) > allowed:
            wrong.append(f"{key}: {mine} here, {values} in Keras")
    return wrong + [f"{key}: not in Keras's" for key in ours if key not in listed and not any(re.fullmatch(re.escape(k) + r"_\d+", key) for k in listed)]


def main():
    lehr = pathlib.Path(sys.argv[1]).resolve()
    failed = 0
    with tempfile.TemporaryDirectory() as root:
        os.chdir(root)
        random = np.random.default_rng(16)
        x, ids = random.normal(size=(200, 6)).astype("float32"), random.integers(0, 4, 200).astype("int32")
        x += np.eye(4, 6, dtype="float32")[ids]
        for number, (name, kind, last, metrics, flags) in enumerate(CASES):
            y = labels_of(kind, ids, x)
            run = pathlib.Path(f"run-{number}")
            np.savez("set.npz", x_train=x[:150], y_train=y[:150])
            np.savez("rest.npz", x=x[150:], y=y[150:])
            subprocess.run([lehr, "fit", "--model", f"dense(8, relu) | {last}", "--data", "set.npz", "--validation", "rest.npz", "--epochs", "3",
                            "--metrics", metrics, "--run", run, "--quiet", *flags], check=True)
            ours = json.loads(subprocess.run([lehr, "evaluate", run, "--data", "rest.npz", "--weights", "last", "--json"], check=True,
                                             capture_output=True, text=True).stdout)
            ours = ours.get("last", ours)
            scope = {"x_train": x[:150], "y_train": y[:150], "x_val": x[150:], "y_val": y[150:]}
            code = code_of(run).replace("model.fit(", "model.fit(verbose=0, x=").replace("x=x_train, y_train", "x=x_train, y=y_train")
            try:
                exec(compile(code, f"{name}: the report's code", "exec"), scope)
                scope["model"].load_weights(run / "last.weights.h5")
                theirs = scope["model"].evaluate(scope["x_val"], scope["y_val"], verbose=0, return_dict=True)
                wrong = compare(name, ours, theirs)
            except Exception as error:  # what the code raises is what the reader would see
                wrong = [f"{type(error).__name__}: {error}", code]
            print(f"{'differs' if wrong else 'ok'}: {name}" + "".join("\n  " + line for line in wrong), flush=True)
            failed += bool(wrong)
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
