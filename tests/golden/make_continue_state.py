"""Halfway points of Keras trainings whose optimizers keep more than slots, or keep them in another shape: running averages of the weights, sums of
gradients, LAMB, Adafactor, Muon. Writes training/NAME_half.keras (compiled) and training/NAME.json (the losses of all six epochs). Also
adam_half.h5 and rmsprop_half.h5, which are their .keras files (make_continue.py) as Keras's older format holds them.

    python make_continue_state.py TRAINING     TRAINING: tests/golden/training with data.npz and adam.npz (the weights that all begin with)

Twice fit() of three epochs, unshuffled, in batches of 16: 15 steps each, so that gradient_accumulation_steps=2 stops with a sum in hand, and
use_ema=True has put its averages in the weights' place in between, as fit() does when it ends. Adafactor's epsilon_1 is not Keras's 1e-30, of which
the product for two units that never fire is 0, and the step of their weights 0/0.
"""
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np
from keras import layers as L, optimizers as O

CASES = {
    "adam_ema": lambda: O.Adam(3e-3, use_ema=True, ema_momentum=0.9),
    "sgd_accumulate": lambda: O.SGD(0.05, momentum=0.9, gradient_accumulation_steps=2),
    "rmsprop_both": lambda: O.RMSprop(2e-3, momentum=0.5, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3, gradient_accumulation_steps=2),
    "lamb": lambda: O.Lamb(0.02, weight_decay=0.01),
    "adafactor": lambda: O.Adafactor(0.02, epsilon_1=1e-12, weight_decay=0.01),
    "adafactor_ema": lambda: O.Adafactor(0.02, epsilon_1=1e-12, use_ema=True, ema_momentum=0.8),
    "muon": lambda: O.Muon(0.02, exclude_layers=["dense_1"]),
}


def network():
    return keras.Sequential([keras.Input((12, 12, 3)), L.Conv2D(6, 3, padding="same", activation="relu", name="conv2d"), L.MaxPooling2D(),
                             L.Conv2D(8, 3, name="conv2d_1"), L.ReLU(), L.GlobalAveragePooling2D(), L.Dense(12, "relu", name="dense"),
                             L.Dense(4, "softmax", name="dense_1")])


def starting_model(folder, name):
    model = network()
    start = np.load(f"{folder}/adam.npz")
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([start[f"{layer.name}/{field}"] for field in ("kernel", "bias")])
    model.compile(CASES[name](), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def three_epochs(model, folder):
    data = np.load(f"{folder}/data.npz")
    x, y = data["x"], data["y"]
    return model.fit(x[:72], y[:72], validation_data=(x[72:], y[72:]), batch_size=16, epochs=3, shuffle=False, verbose=0).history


def legacy(folder):
    for name in ("adam", "rmsprop"):
        model = keras.saving.load_model(f"{folder}/{name}_half.keras")
        model.save(f"{folder}/{name}_half.h5")


def main():
    folder = sys.argv[1]
    legacy(folder)
    for name in CASES:
        model = starting_model(folder, name)
        config = model.optimizer.get_config()
        first = three_epochs(model, folder)
        model.save(f"{folder}/{name}_half.keras")
        second = three_epochs(model, folder)
        history = {key: [float(v) for v in first[key] + second[key]] for key in first}
        with open(f"{folder}/{name}.json", "w") as file:
            json.dump({"optimizer": {"cls": type(model.optimizer).__name__, "config": config}, "batch_size": 16, "epochs": 6, "fits": 2,
                       "history": history}, file, indent=1)
        print(name, len(model.optimizer.variables), "variables, losses", history["loss"][0], history["loss"][2], history["loss"][-1])


if __name__ == "__main__":
    main()
