"""Training with BatchNormalization in real Keras: a trajectory that can be compared, and how far one that cannot spreads.

usage: make_training_bn.py TRAINING_FOLDER            writes TRAINING_FOLDER/sgd_bn.json
       make_training_bn.py TRAINING_FOLDER --spread   prints how far Keras strays from itself under Adam and under SGD
TRAINING_FOLDER holds data.npz and adam_bn.npz (convert_training.py); KERAS_BACKEND chooses the backend, --eager runs without a graph.

The bias of a convolution before BatchNormalization has the gradient zero: what is computed instead is rounding noise, and Adam divides it by
its own size. So the bias walks by learning_rate a step in directions that rounding chooses. Training does not see it; the moving mean
follows it with a lag, and the validation loss sees the lag. Under SGD the noise stays noise.
"""
import argparse, json, os
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3'); os.environ.setdefault('CUDA_VISIBLE_DEVICES', '')
import keras, numpy as np
from keras import layers as L

ap = argparse.ArgumentParser(); ap.add_argument('folder'); ap.add_argument('--spread', action='store_true'); ap.add_argument('--eager', action='store_true')
a = ap.parse_args()
data = np.load(os.path.join(a.folder, 'data.npz')); x, y = data['x'], data['y']
start = np.load(os.path.join(a.folder, 'adam_bn.npz'))
fields = {'Conv2D': ('kernel', 'bias'), 'Dense': ('kernel', 'bias'), 'BatchNormalization': ('gamma', 'beta', 'moving_mean', 'moving_variance')}


def history(optimizer, ulp_seed=None):
    keras.utils.clear_session()
    m = keras.Sequential([keras.Input((12, 12, 3)), L.Conv2D(6, 3, padding='same', activation='relu'), L.MaxPooling2D(), L.Conv2D(8, 3), L.BatchNormalization(),
                          L.ReLU(), L.GlobalAveragePooling2D(), L.Dense(12, 'relu'), L.Dense(4, 'softmax')])
    rng = np.random.default_rng(ulp_seed)
    for layer in m.layers:
        w = [start[f'{layer.name}/{field}'] for field in fields.get(type(layer).__name__, ())]
        if ulp_seed is not None: w = [np.nextafter(v, np.where(rng.integers(2, size=v.shape), 9, -9).astype(np.float32)) for v in w]
        layer.set_weights(w)
    m.compile(optimizer, 'sparse_categorical_crossentropy', metrics=['accuracy'], run_eagerly=a.eager)
    h = m.fit(x[:72], y[:72], validation_data=(x[72:], y[72:]), batch_size=16, epochs=6, shuffle=False, verbose=0)
    return {k: [float(v) for v in values] for k, values in h.history.items()}


makers = dict(adam=lambda: keras.optimizers.Adam(3e-3), sgd=lambda: keras.optimizers.SGD(0.05, momentum=0.9))
if a.spread:
    recorded = {name: json.load(open(os.path.join(a.folder, name + '_bn.json')))['history'] for name in makers}
    for name, make in makers.items():
        for seed in [None, 1, 2, 3, 4, 5]:
            h = history(make(), seed)
            worst = {k: max(abs(p - q) for p, q in zip(h[k], recorded[name][k])) for k in ('loss', 'val_loss')}
            print(f"{keras.backend.backend()}{' eager' if a.eager else ''} {name}, starting weights {'as they are' if seed is None else 'one ulp off'}: "
                  f"loss {worst['loss']:.1e}, val_loss {worst['val_loss']:.1e}", flush=True)
else:
    optimizer = makers['sgd']()
    with open(os.path.join(a.folder, 'sgd_bn.json'), 'w') as f:
        json.dump(dict(keras=keras.__version__, optimizer=dict(cls='SGD', config=optimizer.get_config()), batch_size=16, epochs=6, history=history(optimizer)), f, indent=1)
        f.write('\n')
