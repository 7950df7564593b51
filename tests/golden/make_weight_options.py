"""What Keras's regularizers and constraints make of a weight. Run with a Python that has keras: make_weight_options.py > keras/weight_options.json"""
import json, os
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3'); os.environ.setdefault('CUDA_VISIBLE_DEVICES', ''); os.environ['KERAS_BACKEND'] = 'tensorflow'
import keras, numpy as np, tensorflow as tf

rng = np.random.default_rng(3)
R, C, rows = keras.regularizers, keras.constraints, []
numbers = lambda a: [float(v) for v in np.asarray(a, np.float32).ravel()]
for text, regularizer in (('l1', R.L1()), ('l1(0.3)', R.L1(0.3)), ('l2', R.L2()), ('l2(0.2)', R.L2(0.2)), ('l1_l2(0.1, 0.05)', R.L1L2(0.1, 0.05)), ('l1_l2(l2=0.5)', R.L1L2(l2=0.5))):
    w = (rng.standard_normal((3, 4)) * 2).astype(np.float32); w[1, 2] = 0
    t = tf.constant(w)
    with tf.GradientTape() as tape: tape.watch(t); loss = regularizer(t)
    rows.append(dict(kind='regularizer', spec=text, class_name=type(regularizer).__name__, config=regularizer.get_config(), shape=w.shape, w=numbers(w), loss=float(loss), dw=numbers(tape.gradient(loss, t))))
for text, constraint, shape in (('max_norm', C.MaxNorm(), (3, 4)), ('max_norm(0.7)', C.MaxNorm(0.7), (3, 4)), ('max_norm(1.5)', C.MaxNorm(1.5), (5,)), ('max_norm(1.2)', C.MaxNorm(1.2), (3, 2, 2, 3)),
                                ('max_norm(1.2, axis=[0, 1, 2])', C.MaxNorm(1.2, axis=[0, 1, 2]), (3, 2, 2, 3)), ('max_norm(1.2, axis=[0, 1])', C.MaxNorm(1.2, axis=[0, 1]), (3, 2, 2, 3)),
                                ('non_neg', C.NonNeg(), (3, 4)), ('unit_norm', C.UnitNorm(), (3, 4)), ('unit_norm', C.UnitNorm(), (3, 2, 2, 3)), ('unit_norm(axis=[0, 1, 2])', C.UnitNorm(axis=[0, 1, 2]), (3, 2, 2, 3))):
    w = rng.standard_normal(shape).astype(np.float32)
    rows.append(dict(kind='constraint', spec=text, class_name=type(constraint).__name__, config=constraint.get_config() if hasattr(constraint, 'get_config') else {}, shape=shape, w=numbers(w), y=numbers(constraint(tf.constant(w)))))
print('[\n ' + ',\n '.join(json.dumps(r, default=float) for r in rows) + '\n]')
