"""make_label_issues.py FILE: which labels cleanlab doubts (filter_by="confident_learning"), for tests/tune/suspects_test.cpp. Needs cleanlab."""
import json
import sys

import cleanlab
import numpy as np
from cleanlab.filter import find_label_issues

random = np.random.default_rng(16)
n, classes = 160, 4
truth = random.integers(0, classes, n)
p = random.dirichlet(np.full(classes, 0.5), n)
p[np.arange(n), truth] += 1.2 * random.random(n)
p[:, 3] *= 0.5  # a class that the network is never sure of
p = (p / p.sum(axis=1, keepdims=True)).astype("float32")
labels = truth.copy()
wrong = random.choice(n, 18, replace=False)
labels[wrong] = (labels[wrong] + random.integers(1, classes, 18)) % classes
issues = find_label_issues(labels, p.astype("float64"), filter_by="confident_learning", return_indices_ranked_by="self_confidence", n_jobs=1)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump({"cleanlab": cleanlab.__version__, "labels": labels.tolist(), "probabilities": p.tolist(), "issues": issues.tolist(),
               "planted": sorted(wrong.tolist())}, file)
    file.write("\n")
print(len(issues), len(set(issues) & set(wrong)))
