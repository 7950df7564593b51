#!/usr/bin/env python3
"""make_more_losses.py: writes keras/more_losses.json: losses of real Keras that losses.json lacks, and options of those it has.

Values of each row and the gradient of the mean by TensorFlow, float32. Run with Keras 3 on TensorFlow.
"""
import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

rng = np.random.default_rng(16)
SHAPE = (6, 5)
scores = rng.normal(size=SHAPE).astype("float32")
shares = keras.ops.convert_to_numpy(keras.ops.softmax(scores))
sigmoids = keras.ops.convert_to_numpy(keras.ops.sigmoid(scores))
one_hot = np.eye(SHAPE[1], dtype="float32")[rng.integers(0, SHAPE[1], SHAPE[0])]
yes_no = rng.integers(0, 2, SHAPE).astype("float32")
sides = 2 * yes_no - 1
numbers = rng.uniform(-2, 2, SHAPE).astype("float32")
positive = rng.uniform(0.1, 40, SHAPE).astype("float32")
targets = keras.ops.convert_to_numpy(keras.ops.softmax(rng.normal(size=SHAPE).astype("float32")))
certain = np.array([[0, 1, 1e-9, 0.5, 1 - 1e-9]], dtype="float32").repeat(SHAPE[0], 0)

CASES = [
    ("MeanAbsolutePercentageError", {}, scores, numbers),
    ("MeanSquaredLogarithmicError", {}, positive, rng.permutation(positive)),
    ("MeanSquaredLogarithmicError", {}, numbers, positive),
    ("LogCosh", {}, 30 * scores, numbers),
    ("Hinge", {}, scores, sides),
    ("Hinge", {}, scores, yes_no),
    ("SquaredHinge", {}, 2 * scores, yes_no),
    ("CategoricalHinge", {}, scores, one_hot),
    ("CategoricalHinge", {}, 5 * scores, one_hot),
    ("KLDivergence", {}, shares, targets),
    ("KLDivergence", {}, certain, targets),
    ("Poisson", {}, positive, np.round(positive)),
    ("CosineSimilarity", {}, scores, numbers),
    ("CosineSimilarity", {}, 1e-9 * scores, numbers),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "alpha": 0.6, "gamma": 1.5}, scores, one_hot),
    ("CategoricalFocalCrossentropy", {"label_smoothing": 0.1}, shares, one_hot),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3}, sigmoids, yes_no),
    ("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 3.0, "label_smoothing": 0.1}, scores, yes_no),
    ("BinaryCrossentropy", {}, certain, yes_no),
]

rows = []
for name, config, y_pred, y_true in CASES:
    x = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(x)
        each = getattr(keras.losses, name)(**config, reduction=None)(y_true, x)
        loss = tf.reduce_mean(each)
    rows.append({"class_name": name, "config": config, "y_pred": x.numpy().tolist(), "y_true": y_true.tolist(),
                 "each": each.numpy().tolist(), "gradient": tape.gradient(loss, x).numpy().tolist()})

out = pathlib.Path(__file__).parent / "keras" / "more_losses.json"
body = ",\n ".join(json.dumps(row) for row in rows)
out.write_text(f'{{"keras": "{keras.__version__}", "cases": [\n {body}\n]}}\n')
