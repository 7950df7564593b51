"""Halfway points of Keras's own trainings, with optimizer state: tests/golden/training/NAME_half.weights.h5 and NAME_half.keras (compiled).

    python make_continue.py MODELS OUT     MODELS: folder of NAME.keras, x.npy, y.npy, NAME.json as make_golden.py (training) wrote them

Three of the six epochs, unshuffled, in batches of 16; the losses of all six stand in NAME.json beside them.
"""
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np

models, out = sys.argv[1:]
x, y = np.load(f"{models}/x.npy"), np.load(f"{models}/y.npy")
for name in ("sgd", "adam", "adamw", "rmsprop", "nadam", "adam_bn"):
    with open(f"{models}/{name}.json") as file:
        recorded = json.load(file)["history"]["loss"]
    model = keras.saving.load_model(f"{models}/{name}.keras")
    history = model.fit(x[:72], y[:72], validation_data=(x[72:], y[72:]), batch_size=16, epochs=3, shuffle=False, verbose=0)
    print(name, max(abs(a - b) for a, b in zip(history.history["loss"], recorded)))
    model.save(f"{out}/{name}_half.keras")
    if name != "adam_bn":
        model.save_weights(f"{out}/{name}_half.weights.h5")
