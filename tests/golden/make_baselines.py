"""make_baselines.py FILE: scikit-learn's KNeighborsClassifier and LogisticRegression on digits, for tests/tune/baselines/baseline_test.cpp.

The bundled digits are load_digits() in bytes: the first 1,200 are Train, the last 297 are Test. knn: on bytes, so that distances are exact; `tied` are rows where
the k-th and the next neighbour are equally far, and which of them counts is chance. logistic_regression: pixels / 255, as the program's default.
"""
import json
import sys

import numpy as np
import sklearn
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

x, y = load_digits(return_X_y=True)
x = (x * 255 + 8) // 16
train, test = slice(0, 1200), slice(1500, None)
out = {"sklearn": sklearn.__version__, "pixels": int(x[train].sum() + x[test].sum()), "knn": [], "logistic": []}
distances = np.sort(((x[test, None, :] - x[None, train, :]) ** 2).sum(-1), axis=1)
for k, weights in ((1, "uniform"), (5, "uniform"), (5, "distance"), (12, "uniform")):
    model = KNeighborsClassifier(n_neighbors=k, weights=weights, algorithm="brute").fit(x[train], y[train])
    out["knn"].append({"k": k, "weights": weights, "probabilities": np.round(model.predict_proba(x[test]), 9).tolist(),
                       "tied": np.flatnonzero(distances[:, k - 1] == distances[:, k]).tolist(), "accuracy": model.score(x[test], y[test])})
scaled = x / 255
for c, classes in ((1.0, 10), (0.05, 10), (10.0, 10), (1.0, 2)):
    learned, asked = np.flatnonzero(y[train] < classes), 1500 + np.flatnonzero(y[test] < classes)
    exact = LogisticRegression(C=c, tol=1e-10, max_iter=100000).fit(scaled[learned], y[learned])
    default = LogisticRegression(C=c).fit(scaled[learned], y[learned])
    out["logistic"].append({"C": c, "classes": classes, "probabilities": np.round(exact.predict_proba(scaled[asked]), 9).tolist(),
                            "default": default.predict(scaled[asked]).tolist(), "accuracy": default.score(scaled[asked], y[asked])})
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(out, file)
    file.write("\n")
