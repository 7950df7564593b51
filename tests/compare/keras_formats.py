"""Weights go from Keras through lehr and back in every format, and no bit changes.

    python tests/compare/keras_formats.py --models FOLDER --lehr build/release/lehr

FOLDER holds what golden/make_golden.py (models) writes: NAME.keras, NAME_x.npy, NAME_y.npy. A line a model and format.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np


def zeroed(file):
    model = keras.saving.load_model(file)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=pathlib.Path, required=True)
    parser.add_argument("--lehr", type=pathlib.Path, required=True)
    given = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for file in sorted(given.models.glob("*.keras")):
            original = keras.saving.load_model(file)
            for ending in (".h5", ".weights.h5", ".npz", ".safetensors", ".keras"):
                made = f"{folder}/{file.stem}{ending}"
                done = subprocess.run([given.lehr, "weights", "convert", file, made], capture_output=True, text=True, check=False)
                if ending in (".npz", ".safetensors") and done.returncode == 0:  # what Keras does not read comes back as one that it does
                    back = f"{folder}/{file.stem}-back.weights.h5"
                    done = subprocess.run([given.lehr, "weights", "convert", made, back, "--model", file], capture_output=True, text=True, check=False)
                    made = back
                if done.returncode != 0:
                    print(f"{file.stem}{ending}: {done.stderr.strip()}")
                    wrong += 1
                    continue
                try:
                    if ending == ".keras":
                        model = keras.saving.load_model(made)
                    else:
                        model = zeroed(file)
                        model.load_weights(made)
                    same = all(np.array_equal(a, b) for a, b in zip(original.get_weights(), model.get_weights(), strict=True))
                except Exception as error:  # Keras's own reasons are many
                    print(f"{file.stem}{ending}: {error}")
                    wrong += 1
                    continue
                print(f"{file.stem}{ending}: {'bit-equal' if same else 'DIFFERENT'}")
                wrong += not same
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
