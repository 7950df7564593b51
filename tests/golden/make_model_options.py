"""make_model_options.py: writes models/options.keras, a model of Keras's whose options stand in no other: an input of bytes, layers as activations
(LeakyReLU, ReLU with a cap), also of a layer that is used twice, output_padding of Conv2DTranspose, celu, RepeatVector; and options_x.npy,
options_y.npy. Needs keras.
"""
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import numpy as np
from keras import layers as L

FOLDER = pathlib.Path(__file__).parent / "models"

keras.utils.set_random_seed(16)
x = keras.Input((7, 6, 3), dtype="uint8", name="bytes")
y = L.Rescaling(1 / 255)(x)
y = L.Conv2D(4, 3, padding="same", activation=L.LeakyReLU(negative_slope=0.1), name="leaky")(y)
twice = L.Dense(4, activation=L.ReLU(max_value=0.5, negative_slope=0.2), name="twice")
y = L.Add()([twice(twice(y)), y])
y = L.Conv2DTranspose(3, 3, strides=2, padding="same", output_padding=1, activation=L.ELU(alpha=0.7), name="same")(y)
y = L.Conv2DTranspose(2, (2, 3), strides=(3, 2), output_padding=(2, 0), name="valid")(y)
y = L.RepeatVector(3)(L.Dense(4, "celu")(L.Flatten()(L.MaxPooling2D(4)(y))))
y = L.Dense(5, activation=L.Softmax(), name="head")(L.Flatten()(y))
model = keras.Model(x, y, name="options")
for weight in model.weights:
    weight.assign(np.random.default_rng(len(weight.path)).standard_normal(weight.shape).astype("float32") * 0.5)
model.save(FOLDER / "options.keras")
bytes_ = np.random.default_rng(16).integers(0, 256, (3, 7, 6, 3)).astype("uint8")
np.save(FOLDER / "options_x.npy", bytes_.astype("float32"))
np.save(FOLDER / "options_y.npy", model.predict(bytes_, verbose=0))
