"""make_class_metrics.py FILE: precision, recall, specificity, F1 and AUC by scikit-learn, for tests/tune/class_metrics_test.cpp.

Two sets: five classes with ties among the probabilities, one class that is never predicted; and one sigmoid output.
"""
import json
import sys

import numpy as np
import sklearn
from sklearn import metrics


def specificity(truth, predicted, label):
    negative = truth != label
    return float(np.mean(predicted[negative] != label)) if negative.any() else 0.0


def averages(one, truth, labels, counts):
    values = np.array([one(label) for label in labels])
    return {"macro": float(values.mean()), "weighted": float(np.average(values, weights=counts)), "none": values.tolist()}


def many():
    random = np.random.default_rng(16)
    truth = random.integers(0, 5, 60)
    scores = random.dirichlet(np.full(5, 0.8), 60)
    scores[np.arange(60), truth] += 0.25 * random.random(60)
    scores[:, 4] *= 0.05  # never the largest
    scores = np.round(scores / scores.sum(axis=1, keepdims=True), 2).astype("float32")  # ties
    predicted = scores.argmax(axis=1)
    labels, counts = np.arange(5), np.bincount(truth, minlength=5)
    out = {"truth": truth.tolist(), "outputs": scores.tolist()}
    for name, function in (("precision", metrics.precision_score), ("recall", metrics.recall_score), ("f1_score", metrics.f1_score)):
        out[name] = {average or "none": np.asarray(function(truth, predicted, average=average, labels=labels, zero_division=0)).tolist()
                     for average in ("macro", "weighted", "micro", None)}
    out["specificity"] = averages(lambda label: specificity(truth, predicted, label), truth, labels, counts)
    out["auc"] = averages(lambda label: metrics.roc_auc_score(truth == label, scores[:, label]), truth, labels, counts)
    out["auc"]["micro"] = metrics.roc_auc_score(np.eye(5)[truth].ravel(), scores.ravel())
    return out


def binary():
    random = np.random.default_rng(62)
    truth = random.integers(0, 2, 50)
    scores = np.round(np.clip(0.35 * truth + random.random(50) * 0.8, 0, 1), 2).astype("float32")
    predicted = (scores > 0.5).astype(int)
    return {
        "truth": truth.tolist(), "outputs": scores.tolist(),
        "precision": metrics.precision_score(truth, predicted), "recall": metrics.recall_score(truth, predicted),
        "f1_score": metrics.f1_score(truth, predicted), "specificity": specificity(truth, predicted, 1),
        "auc": metrics.roc_auc_score(truth, scores),
    }


with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump({"sklearn": sklearn.__version__, "many": many(), "binary": binary()}, file)
    file.write("\n")
