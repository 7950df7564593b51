"""Numbers recorded from real Keras, packed for the tests of layers, losses and optimizers.

usage: convert_keras.py GOLDEN OUT
GOLDEN holds upstream.json (cases of Keras's own test suite) and keras/{layers,losses,optimizers}/NAME.{json,npz} (inputs, outputs and gradients
of one object each). Writes OUT/{layers,losses,optimizers}.npz (arrays NAME/x, ...), OUT/{layers,losses,optimizers}.json (class and config of
each NAME), OUT/schedules.json (Keras's six schedules at 82 steps each), OUT/callbacks.json (40 recorded histories and what callbacks
did), OUT/upstream.json (the cases of the test suites of Keras and KerasTuner) and OUT/derived.json (what follows from their formulas).

A config keeps what differs from Keras's defaults and has a meaning here. Left out: names and types, initializers (the weights are given), and
keys that only say "not used" (null, false). What remains and is unknown to lehr makes the case one that is not supported yet.
"""
import json, os, sys
import numpy as np

source, out = sys.argv[1], sys.argv[2]
MEANINGLESS = ('name', 'trainable', 'dtype', 'data_format', 'reduction', 'ema_momentum', 'renorm_momentum')
TRUE_BY_DEFAULT = ('use_bias', 'center', 'scale')
KERAS_SAYS_LESS = {'huber': {'delta': 0.7}}  # its get_config leaves delta out; the script that made the numbers says 0.7


def kept(config):
    if isinstance(config.get('learning_rate'), dict): config = config | dict(learning_rate={k: config['learning_rate'][k] for k in ('class_name', 'config')})
    return {k: v for k, v in config.items() if k not in MEANINGLESS and not k.endswith('_initializer') and v is not None and (v is not False or k in TRUE_BY_DEFAULT)}


def write_json(path, value):
    rows = ',\n '.join(json.dumps(row) for row in value)
    with open(path, 'w') as f: f.write('[\n ' + rows + '\n]\n')


for kind in ('layers', 'losses', 'optimizers'):
    folder, arrays, cases = os.path.join(source, 'keras', kind), {}, []
    for name in sorted(f[:-5] for f in os.listdir(folder) if f.endswith('.json')):
        recorded = json.load(open(os.path.join(folder, name + '.json')))
        defaults = {'axis': -1} if kind == 'losses' else {}
        config = {k: v for k, v in kept(recorded['config']).items() if defaults.get(k) != v} | KERAS_SAYS_LESS.get(name, {})
        cases.append(dict(name=name, class_name=recorded['cls'], config=config))
        data = np.load(os.path.join(folder, name + '.npz'))
        # Only BatchNormalization has other outputs in training, and weights that move by themselves.
        same = {'y_train': 'y'} | {k: 'w' + k[7:] for k in data.files if k.startswith('w_after')}
        for key in data.files:
            if key in same and np.array_equal(data[key], data[same[key]]): continue
            arrays[f'{name}/{key}'] = data[key]
    write_json(os.path.join(out, kind + '.json'), cases)
    np.savez_compressed(os.path.join(out, kind + '.npz'), **arrays)

write_json(os.path.join(out, 'schedules.json'), json.load(open(os.path.join(source, 'keras', 'schedules.json'))))
write_json(os.path.join(out, 'callbacks.json'), json.load(open(os.path.join(source, 'keras', 'callbacks.json'))))

upstream = json.load(open(os.path.join(source, 'upstream.json')))
cases = []
for c in upstream['cases']:
    if c['inputs'].get('x') == 'arange(100).reshape(1,5,5,4) float32': c['inputs']['x'] = np.arange(100).reshape(1, 5, 5, 4).tolist()
    cases.append({k: c[k] for k in ('id', 'component', 'params', 'inputs', 'expected', 'tolerance')} | {'upstream': c['upstream']['path']})
write_json(os.path.join(out, 'upstream.json'), cases)
write_json(os.path.join(out, 'derived.json'), [{k: c[k] for k in ('id', 'what', 'inputs', 'expected')} for c in upstream['derived_cases']])
