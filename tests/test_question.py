"""The question Pellucid was made for: in which order does Flatten lay its values out? The programs of people who ask it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from pellucid.models import Model, Sequential


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_batch_flatten_keeps_the_first_axis_and_row_major_order(kind):
    x = np.arange(48).reshape(2, 3, 2, 4)
    flat = pellucid.backend.batch_flatten(kind(x))
    assert flat.tolist() == x.reshape(2, 24).tolist()


def test_batch_flatten_of_a_symbol_multiplies_the_sizes():
    assert pellucid.backend.batch_flatten(Input((3, 2, 4))).shape == (None, 24)
    assert pellucid.backend.batch_flatten(Input((3, None))).shape == (None, None)


def test_the_functional_program_shows_real_values():
    inputs = Input(shape=(3, 2, 4))
    model = Model(inputs=inputs, outputs=Flatten()(inputs))
    flat = model.predict(np.arange(0, 24).reshape(1, 3, 2, 4))
    assert flat.dtype == np.float32
    assert flat.tolist() == [[float(k) for k in range(24)]]


def test_channels_first_moves_the_channels_to_the_end_before_flattening():
    inputs = Input(shape=(3, 2, 4))
    model = Model(inputs=inputs, outputs=Flatten(data_format="channels_first")(inputs))
    flat = model.predict(np.arange(0, 24).reshape(1, 3, 2, 4))
    assert flat[0, :12].astype(int).tolist() == [0, 8, 16, 1, 9, 17, 2, 10, 18, 3, 11, 19]


CLASSIC = """\
Layer (type)                     Output Shape          Param #
================================================================
vgg16 (Model)                    (None, 4, 4, 512)     14714688
________________________________________________________________
flatten_1 (Flatten)              (None, 8192)          0
________________________________________________________________
dense_1 (Dense)                  (None, 256)           2097408
________________________________________________________________
dense_2 (Dense)                  (None, 1)             257
================================================================
"""


def test_a_nested_model_is_one_row_of_the_classic_summary():
    base = pellucid.applications.VGG16(weights=None, include_top=False, input_shape=(150, 150, 3))
    model = Sequential(
        [
            base,
            Flatten(name="flatten_1"),
            Dense(256, activation="relu", name="dense_1"),
            Dense(1, activation="sigmoid", name="dense_2"),
        ]
    )
    told = []
    model.summary(style="classic", print_fn=told.append)
    assert told[0].startswith(CLASSIC)
    assert base.count_params() == 14_714_688


def test_shapes_follow_through_convolution_pooling_and_flatten():
    model = Sequential([Input((26, 26, 3)), Conv2D(32, 3), Flatten()])
    assert [layer.output.shape for layer in model.layers] == [(None, 24, 24, 32), (None, 18432)]
    pooled = Sequential([Input((26, 26, 3)), Conv2D(32, 3), MaxPooling2D(2), Flatten()])
    assert [layer.output.shape for layer in pooled.layers] == [(None, 24, 24, 32), (None, 12, 12, 32), (None, 4608)]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_each_value_of_a_convolution_is_found_again_behind_flatten(data_format):
    shape = (26, 26, 3) if data_format == "channels_last" else (3, 26, 26)
    inputs = Input(shape)
    conv = Conv2D(32, 3, data_format=data_format)(inputs)
    model = Model(inputs, [conv, Flatten(data_format=data_format)(conv)])
    image = np.random.default_rng(0).normal(size=(1, *shape)).astype("float32")
    before, after = model.predict(image)
    by_place = before[0] if data_format == "channels_last" else before[0].transpose(1, 2, 0)
    assert by_place.shape == (24, 24, 32)
    for h, w, c in [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 2, 3), (23, 23, 31)]:
        assert after[0, (h * 24 + w) * 32 + c] == by_place[h, w, c]
    assert np.array_equal(after[0], by_place.reshape(-1, order="C"))
