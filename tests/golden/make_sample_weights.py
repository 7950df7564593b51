"""Sample weights, class weights and weighted metrics in real Keras: training/sample_weights.{npz,json} and two compiled models beside them.

    python make_sample_weights.py

NAME_before.keras is compiled and untrained; NAME.json's history is that of three epochs, unshuffled, in batches of 8 (the last one ragged).
sample_weights: one-hot labels of three classes, weights of rows in training and validation, some 0. class_weights: ids, weights of classes, which
Keras makes weights of the training rows.
"""
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np

out = pathlib.Path(__file__).parent / "training"
rng = np.random.default_rng(5)
n, held_out = 27, 13
x = rng.normal(size=(n + held_out, 4)).astype("float32")
ids = np.argmax(x[:, :3] + 0.7 * rng.normal(size=(n + held_out, 3)), axis=1).astype("int32")
weights = np.where(rng.random(n + held_out) < 0.2, 0, rng.uniform(0.2, 3, n + held_out)).astype("float32")
one_hot = np.eye(3, dtype="float32")[ids]
class_weight = {0: 0.5, 1: 2.0, 2: 1.25}


def model(loss, metrics, weighted):
    keras.utils.set_random_seed(3)
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(3, activation="softmax")])
    made.compile(optimizer=keras.optimizers.SGD(0.2, momentum=0.9), loss=loss, metrics=metrics, weighted_metrics=weighted)
    return made


m = keras.metrics
first = model("categorical_crossentropy", ["accuracy"],
              ["accuracy", "mse", m.F1Score(average="macro", name="f1"), m.Precision(name="precision"), m.Recall(class_id=1, name="recall_1"),
               m.AUC(name="auc"), m.AUC(curve="PR", num_thresholds=50, name="pr")])
first.save(out / "sample_weights_before.keras")
history = first.fit(x[:n], one_hot[:n], sample_weight=weights[:n], validation_data=(x[n:], one_hot[n:], weights[n:]), batch_size=8, epochs=3,
                    shuffle=False, verbose=0).history
second = model("sparse_categorical_crossentropy", None, ["accuracy"])
second.save(out / "class_weights_before.keras")
of_classes = second.fit(x[:n], ids[:n], class_weight=class_weight, validation_data=(x[n:], ids[n:]), batch_size=8, epochs=3, shuffle=False,
                        verbose=0).history
np.savez(out / "sample_weights.npz", x_train=x[:n], y_train=one_hot[:n], sample_weight_train=weights[:n], x_val=x[n:], y_val=one_hot[n:],
         sample_weight_val=weights[n:])
np.savez(out / "class_weights.npz", x_train=x[:n], y_train=ids[:n], x_val=x[n:], y_val=ids[n:])
(out / "sample_weights.json").write_text(json.dumps(
    {"keras": keras.__version__, "class_weight": class_weight, "sample_weights": history, "class_weights": of_classes}, indent=1) + "\n")
