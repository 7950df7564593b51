"""Small models of real Keras, one for each layer and way of wiring that keras/layers.json does not hold: config, weights, outputs, gradients.

usage: make_models.py OUT   (a Python that has keras and tensorflow)
Writes OUT/models.json (name and the config of each model, as it stands in a .keras file) and OUT/models.npz (NAME/x, dy, y, dx, w0.., dw0..: weights in
model.weights' order, gradients of the trainable ones). y is inference; dx and dw are those of inference, so that no random number takes part.
"""
import json, os, sys
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3'); os.environ.setdefault('CUDA_VISIBLE_DEVICES', ''); os.environ['KERAS_BACKEND'] = 'tensorflow'
import keras, numpy as np, tensorflow as tf
from keras import layers as L
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

rng = np.random.default_rng(7)


def chain(*layers):
    def build(x):
        for layer in layers: x = layer(x)
        return x
    return build


def shared(x):
    conv = L.Conv2D(3, 3, padding='same', activation='tanh', name='twice')
    return L.Concatenate()([conv(x), conv(conv(x))])


def nested(x):
    inner_in = keras.Input((4, 5, 3)); inner = keras.Model(inner_in, L.Add()([inner_in, L.Conv2D(3, 1, name='c')(inner_in)]), name='inner')
    y = inner(inner(x))
    head = keras.Sequential([L.Conv2D(2, 2, name='c'), keras.Sequential([L.Flatten(), L.Dense(3)], name='deep')], name='head')
    return head(y)


def operations(x):
    a = L.Conv2D(3, 1)(x)
    y = (a * 0.5 + 1.0) - x
    y = 2.0 - y
    y = keras.ops.maximum(y, x) / (keras.ops.sigmoid(a) + 3.0)
    return keras.ops.relu(y * keras.ops.minimum(x, a))


def excite(x):
    s = L.GlobalAveragePooling2D(keepdims=True)(x)
    s = L.Conv2D(3, 1, activation='sigmoid')(s)
    return L.Multiply()([x, s])


def excite_flat(x):
    s = L.Dense(3, activation='sigmoid')(L.GlobalMaxPooling2D()(x))
    return L.Multiply()([x, L.Reshape((1, 1, 3))(s)])


def branches(layer, count=3, axis=None):
    def build(x): return layer([x] + [L.Conv2D(3, 1)(x) for _ in range(count - 1)])
    return build


def adapted(x):
    layer = L.Normalization(); layer.build(x.shape)
    layer.adapt(rng.standard_normal((50, 4, 5, 3)).astype(np.float32) * 2 + 1)
    return layer(x)


image = (4, 5, 3)
CASES = {
    'separable': (image, chain(L.SeparableConv2D(4, 3, padding='same', depth_multiplier=2, activation='relu'))),
    'separable_stride': (image, chain(L.SeparableConv2D(2, (2, 3), strides=2, use_bias=False))),
    'depthwise_dilated': ((9, 8, 3), chain(L.DepthwiseConv2D(3, dilation_rate=2, padding='same', depth_multiplier=3, activation='gelu'))),
    'depthwise_stride': ((9, 8, 3), chain(L.DepthwiseConv2D((3, 5), strides=2, padding='same', use_bias=False))),
    'transpose_same': (image, chain(L.Conv2DTranspose(2, 3, strides=2, padding='same', activation='elu'))),
    'transpose_wide': (image, chain(L.Conv2DTranspose(2, (2, 4), strides=3))),
    'transpose_dilated': (image, chain(L.Conv2DTranspose(2, 3, dilation_rate=2, padding='same'))),
    'cropping': (image, chain(L.Cropping2D(((1, 0), (1, 2))))),
    'padding': (image, chain(L.ZeroPadding2D((2, 1)))),
    'up_bilinear': (image, chain(L.UpSampling2D((2, 3), interpolation='bilinear'))),
    'resize_bilinear': (image, chain(L.Resizing(7, 3))),
    'resize_nearest': (image, chain(L.Resizing(6, 4, interpolation='nearest'))),
    'resize_crop': ((6, 9, 2), chain(L.Resizing(4, 4, crop_to_aspect_ratio=True))),
    'center_crop': ((7, 8, 2), chain(L.CenterCrop(4, 5))),
    'center_crop_small': ((5, 8, 2), chain(L.CenterCrop(6, 6))),
    'elu': ((9,), chain(L.ELU(0.7))),
    'leaky': ((9,), chain(L.LeakyReLU(0.1))),
    'prelu': ((4, 3), chain(L.PReLU())),
    'prelu_shared': ((4, 5, 3), chain(L.PReLU(shared_axes=[3]))),
    'layer_norm_axes': ((4, 5, 3), chain(L.LayerNormalization(axis=[2, 3], scale=False))),
    'layer_norm_image': ((4, 5, 3), chain(L.LayerNormalization(axis=[1, 2, 3], epsilon=1e-6))),
    'group_norm_each': ((4, 5, 4), chain(L.GroupNormalization(groups=-1, center=False))),
    'batch_norm_list': (image, chain(L.Conv2D(4, 2, kernel_regularizer='l2'), L.BatchNormalization(axis=3, scale=False))),
    'normalization': (image, chain(L.Normalization(mean=[1., 2., 3.], variance=[4., 1., 0.25]))),
    'normalization_invert': (image, chain(L.Normalization(mean=1., variance=4., invert=True, axis=None))),
    'normalization_adapted': (image, adapted),
    'rescaling_list': (image, chain(L.Rescaling([0.5, 2., 3.], offset=[1., 0., -1.]))),
    'noise': (image, chain(L.GaussianNoise(0.3), L.GaussianDropout(0.2), L.SpatialDropout2D(0.4), L.Dropout(0.3, noise_shape=(None, 1, 1, 1)), L.Dropout(0.1))),
    'convnext': (image, lambda x: keras.ops.add(x, StochasticDepth(0.2)(LayerScale(0.5, 3)(L.Dense(3)(L.LayerNormalization(epsilon=1e-6)(x)))))),
    'inception_resnet': (image, lambda x: CustomScaleLayer(0.17)([x, L.Conv2D(3, 1)(x)])),
    'add': (image, branches(L.Add())), 'subtract': (image, branches(L.Subtract(), 2)), 'multiply': (image, branches(L.Multiply())),
    'average': (image, branches(L.Average())), 'maximum': (image, branches(L.Maximum())), 'minimum': (image, branches(L.Minimum())),
    'concatenate_rows': (image, branches(L.Concatenate(axis=1))),
    'excite': (image, excite), 'excite_flat': (image, excite_flat), 'shared': (image, shared), 'nested': (image, nested), 'operations': (image, operations),
    'reshape_permute': (image, chain(L.Permute((2, 3, 1)), L.Reshape((5, -1)), L.Dense(4, activation='softmax'))),
    'initializers': ((6,), chain(L.Dense(3, kernel_initializer=keras.initializers.VarianceScaling(2., 'fan_out', 'untruncated_normal'), bias_initializer=keras.initializers.Constant(0.3)),
                                 L.Dense(2, kernel_initializer='orthogonal', kernel_constraint=keras.constraints.MaxNorm(3), bias_regularizer=keras.regularizers.L1L2(0.1, 0.2)))),
}

arrays, rows = {}, []
for name, (shape, build) in CASES.items():
    keras.utils.clear_session()
    inputs = keras.Input(shape)
    model = keras.Model(inputs, build(inputs))
    if 'adapted' not in name:
        model.set_weights([(rng.random(w.shape) + .5).astype(np.float32) if 'variance' in v.name else (rng.standard_normal(w.shape) * .5).astype(np.float32)
                           for v, w in zip(model.weights, model.get_weights())])
    x = rng.standard_normal((2, *shape)).astype(np.float32)
    t = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(t); y = model(t, training=False)
        dy = rng.standard_normal(y.shape).astype(np.float32); s = tf.reduce_sum(y * dy)
    variables = model.trainable_variables
    gradients = tape.gradient(s, [t] + [v.value for v in variables])
    arrays |= {f'{name}/x': x, f'{name}/dy': dy, f'{name}/y': np.asarray(y), f'{name}/dx': np.asarray(gradients[0])}
    for i, (v, w) in enumerate(zip(model.weights, model.get_weights())):
        arrays[f'{name}/w{i}'] = np.asarray(w, np.float32)
        if (found := [k for k, other in enumerate(variables) if other is v]): arrays[f'{name}/dw{i}'] = np.asarray(gradients[1 + found[0]])
    rows.append(dict(name=name, config=json.loads(model.to_json())))
os.makedirs(sys.argv[1], exist_ok=True)
with open(os.path.join(sys.argv[1], 'models.json'), 'w') as f: f.write('[\n ' + ',\n '.join(json.dumps(r) for r in rows) + '\n]\n')
np.savez_compressed(os.path.join(sys.argv[1], 'models.npz'), **arrays)
