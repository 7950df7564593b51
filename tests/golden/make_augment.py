"""Writes augment.json: what Keras's own random layers make of a small image where the factor's range is one number.

Run with a Python that has keras and tensorflow:  python make_augment.py > augment.json
"""
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras
import numpy as np

HEIGHT, WIDTH, CHANNELS = 5, 7, 2
image = np.random.default_rng(5).integers(0, 256, (1, HEIGHT, WIDTH, CHANNELS)).astype("float32")


def cases():
    for mode in ("reflect", "nearest", "constant", "wrap"):
        for interpolation in ("bilinear", "nearest"):
            shared = dict(fill_mode=mode, interpolation=interpolation, fill_value=17.0)
            # Wrapped coordinates between the last and the first pixel are TensorFlow's own affair: only whole shifts are kept.
            whole = mode == "wrap"
            for h, w in ((0.4, -2 / 7), (-0.2, 3 / 7)) if whole else ((0.26, -0.25), (-0.66, 0.9), (0.2, 0)):
                yield ("translation", dict(lower=h, width_lower=w, **shared),
                       keras.layers.RandomTranslation((h, h), (w, w), **shared))
            if whole:
                continue
            for f in (0.1, -0.37, 0.5):
                yield "rotation", dict(lower=f, **shared), keras.layers.RandomRotation((f, f), **shared)
            for h, w in ((0.35, -0.45), (-0.2, None), (0.9, 0.9)):
                yield ("zoom", dict(lower=h, width_lower=w, **shared),
                       keras.layers.RandomZoom((h, h), None if w is None else (w, w), **shared))
    for f in (0.3, -0.4):
        yield "brightness", dict(lower=f), keras.layers.RandomBrightness((f, f))
    # RandomContrast's factor is drawn between 1 - lower and 1 + upper.
    contrast = keras.layers.RandomContrast((0.5, 0.5))
    contrast.factor = (-0.5, 0.5)
    yield "contrast", dict(lower=1.5), contrast
    contrast = keras.layers.RandomContrast((0.5, 0.5))
    contrast.factor = (0.25, -0.25)
    yield "contrast", dict(lower=0.75), contrast
    # Where the image is larger in both axes RandomCrop draws a place; otherwise training, too, takes a fixed one.
    for size in ((3, 7), (5, 4)):
        yield "crop", dict(out=size, training=True), keras.layers.RandomCrop(*size)
    # What RandomCrop documents for inference (3.15 returns the image as it is there, whatever shape it promised).
    for size in ((3, 4), (5, 7), (2, 7), (8, 9), (6, 2), (1, 1)):
        yield "crop", dict(out=size, training=False), lambda x, training, size=size: keras.preprocessing.image.smart_resize(x, size)


out = []
for kind, spec, layer in cases():
    y = keras.ops.convert_to_numpy(layer(image, training=True))
    out.append(dict(kind=kind, **spec, y=[round(float(v), 5) for v in y.ravel()]))
lines = ",\n  ".join(json.dumps(c) for c in out)
print(f'{{"keras": "{keras.__version__}", "shape": [1, {HEIGHT}, {WIDTH}, {CHANNELS}],\n "x": {json.dumps([int(v) for v in image.ravel()])},\n'
      f' "cases": [\n  {lines}\n]}}')
