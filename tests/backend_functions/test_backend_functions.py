"""K's functions give what NumPy gives, on arrays and through symbols alike."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import backend as K

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 3, 4)).astype("float32"), RNG.normal(size=(2, 3, 4)).astype("float32")
M, N = A[0], A[1].T.copy()
IMAGE = RNG.normal(size=(2, 4, 6, 3)).astype("float32")
SHARES = np.full((2, 4), 0.25, "float32")
CLASSES = np.eye(4, dtype="float32")[[1, 3]]


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


# What K gives for some values, and the same in NumPy.
ROWS = {
    "abs": (K.abs, [A], abs(A)),
    "sqrt": (K.sqrt, [A], np.sqrt(np.maximum(A, 0))),
    "pow": (lambda x: K.pow(x, 2), [A], A**2),
    "round": (K.round, [3 * A], np.round(3 * A)),
    "clip": (lambda x: K.clip(x, -0.5, 0.5), [A], np.clip(A, -0.5, 0.5)),
    "clip, one side": (lambda x: K.clip(x, None, 0.5), [A], np.minimum(A, 0.5)),
    "maximum": (K.maximum, [A, B], np.maximum(A, B)),
    "minimum": (K.minimum, [A, B], np.minimum(A, B)),
    "relu": (lambda x: K.relu(x, alpha=0.1, max_value=0.7), [A], np.where(A > 0, np.minimum(A, 0.7), 0.1 * A)),
    "relu, threshold": (lambda x: K.relu(x, threshold=0.3), [A], np.where(A >= 0.3, A, 0)),
    "elu": (lambda x: K.elu(x, 0.5), [A], np.where(A > 0, A, 0.5 * (np.exp(A) - 1))),
    "hard_sigmoid": (K.hard_sigmoid, [3 * A], np.clip(0.6 * A + 0.5, 0, 1)),
    "softmax": (lambda x: K.softmax(x, axis=1), [A], softmax(A, 1)),
    "l2_normalize": (lambda x: K.l2_normalize(x, axis=-1), [A], A / np.linalg.norm(A, axis=-1, keepdims=True)),
    "sum": (lambda x: K.sum(x, axis=[0, 2]), [A], A.sum((0, 2))),
    "mean": (lambda x: K.mean(x, axis=1, keepdims=True), [A], A.mean(1, keepdims=True)),
    "mean of bools": (lambda x: K.mean(K.greater(x, 0.0)), [A], (A > 0).mean()),
    "var": (lambda x: K.var(x, axis=-1), [A], A.var(-1)),
    "std": (K.std, [A], A.std()),
    "prod": (lambda x: K.prod(x, axis=0), [A], A.prod(0)),
    "max": (lambda x: K.max(x, axis=-1), [A], A.max(-1)),
    "argmax": (K.argmax, [A], A.argmax(-1)),
    "argmin": (lambda x: K.argmin(x, axis=1), [A], A.argmin(1)),
    "any": (lambda x: K.any(x, axis=-1), [A > 1], (A > 1).any(-1)),
    "all": (K.all, [A], np.True_),
    "cumsum": (lambda x: K.cumsum(x, axis=1), [A], A.cumsum(1)),
    "reshape": (lambda x: K.reshape(x, (-1, 6)), [A], A.reshape(-1, 6)),
    "flatten": (K.flatten, [A], A.ravel()),
    "batch_flatten": (K.batch_flatten, [A], A.reshape(2, -1)),
    "expand_dims": (K.expand_dims, [A], A[..., None]),
    "squeeze": (lambda x: K.squeeze(x, 1), [A[:, :1]], A[:, 0]),
    "transpose": (K.transpose, [M], M.T),
    "permute_dimensions": (lambda x: K.permute_dimensions(x, (0, 2, 1)), [A], A.transpose(0, 2, 1)),
    "concatenate": (lambda x, y: K.concatenate([x, y], axis=1), [A, B], np.concatenate([A, B], 1)),
    "stack": (lambda x, y: K.stack([x, y], axis=1), [A, B], np.stack([A, B], 1)),
    "tile": (lambda x: K.tile(x, (1, 2, 1)), [A], np.tile(A, (1, 2, 1))),
    "repeat": (lambda x: K.repeat(x, 3), [M], np.repeat(M[:, None], 3, 1)),
    "repeat_elements": (lambda x: K.repeat_elements(x, 2, 1), [A], np.repeat(A, 2, 1)),
    "reverse": (lambda x: K.reverse(x, [1, 2]), [A], A[:, ::-1, ::-1]),
    "gather": (lambda x: K.gather(x, np.array([1, 0])), [A], A[[1, 0]]),
    "one_hot": (lambda x: K.one_hot(x, 3), [np.array([0, 2])], np.eye(3)[[0, 2]]),
    "zeros_like": (K.zeros_like, [A], 0 * A),
    "cast": (lambda x: K.cast(x, "int32"), [A], A.astype("int32")),
    "temporal_padding": (lambda x: K.temporal_padding(x, (1, 2)), [A], np.pad(A, ((0, 0), (1, 2), (0, 0)))),
    "spatial_2d_padding": (
        lambda x: K.spatial_2d_padding(x, ((1, 0), (0, 2))),
        [IMAGE],
        np.pad(IMAGE, ((0, 0), (1, 0), (0, 2), (0, 0))),
    ),
    "resize_images": (
        lambda x: K.resize_images(x, 2, 3, "channels_last"),
        [IMAGE],
        IMAGE.repeat(2, 1).repeat(3, 2),
    ),
    "resize_volumes": (
        lambda x: K.resize_volumes(x, 2, 1, 3, "channels_first"),
        [IMAGE[..., None]],
        IMAGE[..., None].repeat(2, 2).repeat(3, 4),
    ),
    "dot": (K.dot, [M, N], M @ N),
    "dot, many axes": (K.dot, [M, B.transpose(0, 2, 1)], np.einsum("ab,cbd->acd", M, B.transpose(0, 2, 1))),
    "batch_dot": (lambda x, y: K.batch_dot(x, y, axes=(2, 2)), [A, B], np.einsum("abc,adc->abd", A, B)),
    "batch_dot of rows": (K.batch_dot, [M, M], (M * M).sum(1, keepdims=True)),
    "bias_add": (K.bias_add, [IMAGE, np.arange(3, dtype="float32")], IMAGE + np.arange(3)),
    "batch_normalization": (
        lambda x: K.batch_normalization(x, 0.5, 4.0, 1.0, 2.0, epsilon=0.0),
        [A],
        (A - 0.5) / 2 * 2 + 1,
    ),
    "pool2d": (
        lambda x: K.pool2d(x, (2, 2), strides=(2, 2)),
        [IMAGE],
        IMAGE.reshape(2, 2, 2, 3, 2, 3).max((2, 4)),
    ),
    "conv2d": (
        lambda x: K.conv2d(x, np.ones((1, 1, 3, 2), "float32")),
        [IMAGE],
        IMAGE.sum(-1, keepdims=True).repeat(2, -1),
    ),
    "depthwise_conv2d": (
        lambda x: K.depthwise_conv2d(x, np.full((1, 1, 3, 1), 2.0, "float32")),
        [IMAGE],
        2 * IMAGE,
    ),
    "switch by element": (lambda x, y: K.switch(K.greater(x, 0.0), x, y), [A, B], np.where(A > 0, A, B)),
    "in_train_phase": (lambda x, y: K.in_train_phase(x, y, training=True), [A, B], A),
    "map_fn": (lambda x: K.map_fn(lambda row: row * 2, x), [A], 2 * A),
    "foldl": (lambda x: K.foldl(lambda a, row: 2 * a + row, x), [A], 2 * A[0] + A[1]),
    "foldr": (lambda x: K.foldr(lambda a, row: 2 * a + row, x), [A], 2 * A[1] + A[0]),
    "binary_crossentropy": (K.binary_crossentropy, [CLASSES, SHARES], -np.log(np.where(CLASSES > 0, 0.25, 0.75))),
    "categorical_crossentropy": (K.categorical_crossentropy, [CLASSES, SHARES], np.log([4.0, 4.0])),
    "sparse_categorical_crossentropy": (
        lambda y: K.sparse_categorical_crossentropy(np.array([1, 3]), y),
        [SHARES],
        np.log([4.0, 4.0]),
    ),
}  # fmt: skip
# A symbol has a free batch axis; these mix samples, or need to know how many there are.
NOT_SYMBOLIC = {"map_fn", "foldl", "foldr", "reshape", "dot, many axes", "sparse_categorical_crossentropy"}


@pytest.mark.parametrize("name", ROWS)
def test_on_values(name):
    function, values, expected = ROWS[name]
    np.testing.assert_allclose(
        K.get_value(function(*map(pellucid.ops.convert_to_tensor, values))), expected, rtol=2e-5, atol=1e-6
    )


@pytest.mark.parametrize("name", [name for name in ROWS if name not in NOT_SYMBOLIC])
def test_through_symbols(name):
    function, values, expected = ROWS[name]
    symbols = [K.placeholder(shape=(None, *x.shape[1:]), dtype=str(x.dtype)) for x in values]
    run = K.function(symbols, function(*symbols))
    np.testing.assert_allclose(run(values), expected, rtol=2e-5, atol=1e-6)


def test_recurrence_by_hand():
    x = np.arange(6, dtype="float32").reshape(1, 3, 2)
    mask = np.array([[True, False, True]])
    last, outputs, states = K.rnn(
        lambda x, states: (x + states[0], [x + states[0]]), K.constant(x), [K.constant(np.zeros((1, 2)))], mask=mask
    )
    assert K.get_value(last).tolist() == [[4, 6]]  # rows 0 and 2 added up
    assert K.get_value(outputs).tolist() == [[[0, 1], [0, 1], [4, 6]]]
    assert K.get_value(states[0]).tolist() == [[4, 6]]


def test_ctc_by_hand():
    # All paths over 3 steps of 2 labels and a blank that read as [0]: 6 of 27, each 1/27.
    cost = K.ctc_batch_cost(np.array([[0]]), np.full((1, 3, 3), 1 / 3), np.array([[3]]), np.array([[1]]))
    np.testing.assert_allclose(K.get_value(cost), [[-np.log(6 / 27)]], rtol=1e-5)
    labels, _ = K.ctc_decode(np.eye(3)[[[0, 0, 2, 1]]], np.array([4]))
    assert K.get_value(labels[0])[0, :2].tolist() == [0, 1]


def test_variables_are_read_and_written():
    v = K.variable([[1, 2]], name="v")
    K.set_value(v, [[3, 4]])
    K.update_add(v, np.ones((1, 2)))
    K.moving_average_update(v, np.zeros((1, 2)), 0.5)
    assert K.get_value(v).tolist() == [[2, 2.5]] and K.int_shape(v) == (1, 2)
    assert K.eval(K.zeros((2,))).tolist() == [0, 0] and K.count_params(v) == 2
    assert K.dtype(K.cast_to_floatx([1, 2])) == "float32"


def test_gradients_of_a_network_by_its_layer_and_weights():
    layers = pellucid.layers
    model = pellucid.Sequential(
        [pellucid.Input((2,)), layers.Dense(2, name="a", use_bias=False), layers.Dense(1, name="b")]
    )
    a, b, bias = np.array([[1.0, 2], [3, 4]]), np.array([[5.0], [6]]), np.zeros(1)
    model.set_weights([a, b, bias])
    loss = K.sum(model.output)
    found = K.function(
        [model.input], K.gradients(loss, [model.get_layer("a").output, model.input, model.layers[1].kernel])
    )([np.array([[1.0, 1.0]])])
    assert found[0].tolist() == b.T.tolist()  # the loss is (x @ a) @ b
    assert found[1].tolist() == (a @ b).T.tolist()
    assert found[2].tolist() == [[4], [6]]  # x @ a


def test_a_function_updates_weights_and_knows_the_phase():
    x = K.placeholder(shape=(None, 2))
    count = K.variable(0.0)
    run = K.function([x, K.learning_phase()], [x * 2], updates=[(count, count + K.sum(x))])
    assert run([np.ones((1, 2)), 0])[0].tolist() == [[2, 2]]
    assert K.get_value(count) == 2


def test_dropout_in_a_function_follows_its_learning_phase():
    model = pellucid.Sequential([pellucid.Input((100,)), pellucid.layers.Dropout(0.5)])
    run = K.function([model.input, K.learning_phase()], [model.output])
    assert run([np.ones((1, 100)), 0])[0].all()
    assert not run([np.ones((1, 100)), 1])[0].all()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: K.function([3.0], []), "needs symbols"),
        (lambda: K.batch_dot(A, B, axes=0), "along the batch axis"),
        (lambda: K.repeat(A, 2), "two axes"),
        (lambda: K.pool2d(IMAGE, (2, 2), pool_mode="sum"), "not known"),
        (lambda: K.gradients(K.constant(1.0), [K.constant(2.0)]), "did not watch"),
        (lambda: K.set_learning_phase(2), "0 or 1"),
        (lambda: K.spatial_2d_padding(IMAGE, ((1, 1),)), "pair for each axis"),
    ],
)
def test_mistakes_are_told(call, text):
    with pytest.raises((ValueError, TypeError, NotImplementedError), match=text):
        call()
