"""Networks whose sizes are open, or whose masks and states come from outside, compute the same in both worlds."""

import numpy as np
import onnxruntime
import pytest
import torch

from convert.layer_rows import answers, draw_weights
from pellucid import Input, Model, convert, layers


def segmenter():
    x = Input((None, None, 3))
    a = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    b = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(layers.MaxPooling2D()(a)))
    b = layers.UpSampling2D(2, interpolation="bilinear")(b)
    return Model(x, layers.Conv2D(2, 1)(layers.Concatenate()([a, b])))


def enlarger():
    x = Input((None, None, 3))
    y = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(x)
    return Model(x, layers.Dense(3)(layers.GlobalAveragePooling2D()(y)))


def reader():
    x = Input((None,), dtype="int32")
    y = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(layers.Embedding(9, 4)(x))
    y = layers.MultiHeadAttention(2, 3)(*[layers.LayerNormalization()(y)] * 2)
    return Model(x, [layers.Dense(5, activation="softmax")(y), layers.GlobalMaxPooling1D()(y)])


def listener():
    x = Input((None, 6))
    y = layers.Conv1D(4, 3, padding="causal", dilation_rate=2)(x)
    return Model(x, layers.TimeDistributed(layers.Dense(2))(layers.Conv1D(4, 2, padding="same")(y)))


def masked():
    query, key, mask = Input((4, 6)), Input((5, 6)), Input((4, 5), dtype="bool")
    return Model([query, key, mask], layers.MultiHeadAttention(2, 3)(query, key, attention_mask=mask))


def causal():
    x = Input((4, 6))
    return Model(x, layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True))


def with_states():
    x, h, c = Input((3, 2)), Input((4,)), Input((4,))
    return Model([x, h, c], layers.LSTM(4, return_state=True)(x, initial_state=[h, c]))


# how it is made -> the sizes of its inputs
NETWORKS = {
    segmenter: [(8, 12, 3)], enlarger: [(5, 6, 3)], reader: [(7,)], listener: [(7, 6)], causal: [(4, 6)],
    masked: [(4, 6), (5, 6), (4, 5)], with_states: [(3, 2), (4,), (4,)],
}  # fmt: skip


def drawn(model, shapes):
    rng = np.random.default_rng(0)
    makers = {
        "float32": lambda shape: rng.normal(size=shape).astype("float32"),
        "int32": lambda shape: rng.integers(0, 9, shape).astype("int32"),
        "bool": lambda shape: rng.random(shape) > 0.4,
    }
    return [makers[x.dtype]((2, *shape)) for x, shape in zip(model.inputs, shapes, strict=True)]


@pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)
def test_both_worlds_compute_the_same(make, tmp_path):
    model = make()
    draw_weights(model, np.random.default_rng(1))
    xs = drawn(model, NETWORKS[make])
    judged = answers(model, xs)
    module = convert.to_torch(model)
    ledger = convert.to_onnx(model, tmp_path / "net.onnx")
    turned = [way.apply(torch.from_numpy(x)).contiguous() for way, x in zip(ledger.inputs, xs, strict=True)]
    with torch.no_grad():
        found = module(*turned)
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]
    run = session.run(None, {name: x.numpy() for name, x in zip(names, turned, strict=True)})
    for outputs in (found if isinstance(found, tuple) else [found], map(torch.from_numpy, run)):
        for y, way, expected in zip(outputs, ledger.outputs, judged, strict=True):
            np.testing.assert_allclose(way.undo(y).numpy(), expected, rtol=1e-5, atol=1e-5)
