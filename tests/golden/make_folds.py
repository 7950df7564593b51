"""Folds of scikit-learn. usage: make_folds.py > folds.json"""
import json
import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold
rng = np.random.default_rng(3)
cases = []
for n, k in ((10, 3), (17, 5), (40, 4), (7, 7)):
    cases.append(dict(kind='k_fold', rows=n, k=k, test=[t.tolist() for _, t in KFold(k).split(np.zeros(n))]))
    order = rng.permutation(n)
    # KFold(shuffle=True) cuts a permuted list of rows into the same blocks.
    class Fixed(np.random.RandomState):
        def shuffle(self, x): x[:] = x[order]
    cases.append(dict(kind='k_fold', rows=n, k=k, permutation=order.tolist(), test=[t.tolist() for _, t in KFold(k, shuffle=True, random_state=Fixed(0)).split(np.zeros(n))]))
for n, k, classes in ((20, 4, 3), (33, 5, 4), (12, 2, 2)):
    y = rng.integers(0, classes, n)
    while min(np.bincount(y, minlength=classes)) < k: y = rng.integers(0, classes, n)
    cases.append(dict(kind='stratified', labels=y.tolist(), k=k, test=[t.tolist() for _, t in StratifiedKFold(k).split(np.zeros(n), y)]))
print('[\n ' + ',\n '.join(json.dumps(c) for c in cases) + '\n]')
