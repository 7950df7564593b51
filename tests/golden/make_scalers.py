"""make_scalers.py FILE: scikit-learn's scalers on columns that are hard on them, for tests/tune/feature_scaling_test.cpp.

Columns: ordinary, far from 0 with little spread, heavy tails, constant, two values, whole numbers. x is float32, what is learned float64.
"""
import json
import sys

import numpy as np
import sklearn
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

random = np.random.default_rng(16)
n = 47
x = np.column_stack([random.normal(3, 2, n), random.normal(1e4, 0.5, n), random.standard_cauchy(n), np.full(n, 7.25), random.integers(0, 2, n),
                     random.integers(0, 256, n)]).astype("float32")
new = np.concatenate([x[:3], random.normal(0, 100, (3, 6)).astype("float32")])  # rows that were not learned from
out = {"sklearn": sklearn.__version__, "x": x.tolist(), "new": new.tolist()}
for name, scaler in (("standard", StandardScaler()), ("minmax", MinMaxScaler()), ("robust", RobustScaler())):
    out[name] = scaler.fit(x.astype("float64")).transform(new.astype("float64")).tolist()
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(out, file)
    file.write("\n")
