"""Turns training trajectories recorded from real Keras into npz files that the tests read.

usage: convert_training.py GOLDEN_TRAINING_FOLDER OUT
GOLDEN_TRAINING_FOLDER holds x.npy, y.npy, NAME.json (optimizer, batch size, epochs, history) and NAME_start.weights.h5.
Writes OUT/data.npz (x, y) and, for every NAME, OUT/NAME.npz with the starting weights under the names of our layers.
"""
import json, os, sys
import h5py, numpy as np

source, out = sys.argv[1], sys.argv[2]
os.makedirs(out, exist_ok=True)
np.savez_compressed(os.path.join(out, 'data.npz'), x=np.load(os.path.join(source, 'x.npy')), y=np.load(os.path.join(source, 'y.npy')))
for name in ('sgd', 'adam', 'adamw', 'rmsprop', 'adam_bn', 'adam_uneven', 'nadam', 'adam_cosine', 'adam_plateau'):
    weights = {}
    with h5py.File(os.path.join(source, name + '_start.weights.h5')) as f:
        for layer in f['layers']:
            vars_ = f['layers'][layer].get('vars')
            if not vars_ or len(vars_) == 0: continue
            fields = ['gamma', 'beta', 'moving_mean', 'moving_variance'] if 'batch_normalization' in layer else ['kernel', 'bias']
            for i, field in enumerate(fields): weights[f'{layer}/{field}'] = np.asarray(vars_[str(i)])
    np.savez(os.path.join(out, name + '.npz'), **weights)
    with open(os.path.join(source, name + '.json')) as f: recorded = json.load(f)
    with open(os.path.join(out, name + '.json'), 'w') as f: json.dump({k: recorded[k] for k in ('optimizer', 'batch_size', 'epochs', 'history')}, f, indent=1)
