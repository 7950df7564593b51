"""make_tables.py FOLDER: scikit-learn's pipelines on a table with gaps, for tests/tune/table_test.cpp: FOLDER/table.csv and FOLDER/table.json.

Folds are KFold(3)'s. Every pipeline learns from a fold's training rows and transforms its test rows. The last third of the table holds a city, a
number and a size that the first two have not, so that statistics of the whole table would be other ones.
"""
import csv
import json
import pathlib
import sys

import numpy as np
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(9)
n = 48
cells = {
    "age": random.integers(18, 70, n).astype(object),
    "city": random.choice(["Bonn", "Kiel", "Ulm"], n).astype(object),
    "income": np.round(random.lognormal(8, 1, n), 2).astype(object),
    "far": (1e6 + np.round(random.normal(0, 0.5, n), 3)).astype(object),
    "constant": np.full(n, 7.25, dtype=object),
    "size": random.choice(["S", "M", "L"], n).astype(object),
    "empty": np.full(n, np.nan, dtype=object),
    "label": random.choice(["no", "yes"], n).astype(object),
}
last = np.arange(2 * n // 3, n)
cells["city"][last[::5]] = "Zwickau"
cells["size"][last[::7]] = "XL"
cells["income"][last] += 1e5
cells["empty"][last[::6]] = 3.5
for column, share in (("age", 0.2), ("city", 0.15), ("income", 0.1), ("size", 0.1)):
    cells[column][random.random(n) < share] = np.nan
names, words = list(cells), ["city", "size"]
frame = np.column_stack(list(cells.values()))
with open(folder / "table.csv", "w", encoding="utf-8", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(names)
    rows.writerows([["" if cell != cell else cell for cell in row] for row in frame])

scalers = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}
encoders = {"onehot": lambda: OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            "ordinal": lambda: OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)}
cases = []
for encode, missing, scale in (("onehot", "median", "standard"), ("onehot", "mean", "minmax"), ("ordinal", "most_frequent", "robust"),
                               ("ordinal", "mean", "standard"), ("onehot", "most_frequent", "minmax"), ("ordinal", "median", "robust")):
    folds = []
    for train, test in KFold(3).split(frame):
        columns = []  # in the table's order
        for i, name in enumerate(names[:-1]):
            chain = (make_pipeline(SimpleImputer(strategy="most_frequent"), encoders[encode]()) if name in words
                     else make_pipeline(SimpleImputer(strategy=missing), scalers[scale]()))
            if all(cell != cell for cell in frame[train, i]):
                continue  # SimpleImputer leaves it out, and the scaler behind it would refuse no columns at all
            columns.append((name, chain, [i]))
        transform = ColumnTransformer(columns, sparse_threshold=0).fit(frame[train])
        folds.append({"rows": [train.tolist(), test.tolist()],
                      "train": np.asarray(transform.transform(frame[train]), dtype=float).tolist(),
                      "test": np.asarray(transform.transform(frame[test]), dtype=float).tolist()})
    cases.append({"encode": encode, "missing": missing, "scale": scale, "folds": folds})
with open(folder / "table.json", "w", encoding="utf-8") as file:
    json.dump({"sklearn": sklearn.__version__, "cases": cases}, file)
    file.write("\n")
