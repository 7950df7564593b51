"""make_frozen.py: training/frozen.weights.h5 and frozen.json: fine-tuning in Keras on a frozen base whose BatchNormalization has statistics of its own.

    KERAS_BACKEND=tensorflow python tests/golden/make_frozen.py
"""
import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np

folder = pathlib.Path(__file__).parent / "training"
data = np.load(folder / "data.npz")
x, y = data["x"][:72], data["y"][:72]
keras.utils.set_random_seed(3)
layers = keras.layers
model = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(6, 3, padding="same", name="base_conv"), layers.BatchNormalization(name="base_norm"),
                          layers.ReLU(), layers.MaxPooling2D(), layers.Conv2D(8, 3, name="top_conv"), layers.BatchNormalization(name="top_norm"),
                          layers.ReLU(), layers.GlobalAveragePooling2D(), layers.Dense(4, activation="softmax")])
model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0)
model.save_weights(folder / "frozen.weights.h5")
for layer in model.layers:
    if layer.name.startswith("base_"):
        layer.trainable = False
model.compile(keras.optimizers.SGD(0.02, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x, y, batch_size=16, epochs=3, shuffle=False, validation_data=(data["x"][72:96], data["y"][72:96]), verbose=0).history
(folder / "frozen.json").write_text(json.dumps({"history": history}) + "\n")
