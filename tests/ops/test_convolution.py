"""Convolutions against Keras: values, gradients, shapes, memory, and what the errors say."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import convolution, nn

SIZES = {1: (11,), 2: (8, 9), 3: (5, 6, 7)}
ARGUMENTS = [
    {},
    {"strides": 2},
    {"padding": "same"},
    {"padding": "same", "strides": 2},
    {"padding": "same", "strides": 3},
    {"padding": "same", "dilation_rate": 2},
    {"dilation_rate": 2},
    {"padding": "SAME"},
]


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def image(rank, channels, data_format):
    return draw(2, channels, *SIZES[rank]) if data_format == "channels_first" else draw(2, *SIZES[rank], channels)


def results(function, values, arguments):
    """What a function gives and the gradients of a weighted sum of it, all as arrays."""
    values = [torch.tensor(value, requires_grad=True) for value in values]
    y = function(*values, **arguments)
    (y * torch.linspace(-1, 1, y.numel()).reshape(y.shape)).sum().backward()
    return [y.detach().numpy(), *(value.grad.numpy() for value in values)]


def agree(name, values, arguments):
    ours = results(getattr(nn, name), values, arguments)
    theirs = results(getattr(keras.ops, name), values, arguments)
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-4, atol=1e-4)
    symbols = [KerasTensor((None, *values[0].shape[1:])), *values[1:]]
    spec = getattr(nn, name)(*symbols, **arguments)
    assert spec.shape == (None, *ours[0].shape[1:])


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("rank", [1, 2, 3])
class TestAgainstKeras:
    def test_conv(self, rank, window, data_format, arguments):
        kernel = draw(*(window,) * rank, 3, 4)
        agree("conv", [image(rank, 3, data_format), kernel], {**arguments, "data_format": data_format})

    def test_grouped_conv(self, rank, window, data_format, arguments):
        kernel = draw(*(window,) * rank, 2, 6)
        agree("conv", [image(rank, 4, data_format), kernel], {**arguments, "data_format": data_format})

    def test_conv_transpose(self, rank, window, data_format, arguments):
        kernel = draw(*(window,) * rank, 4, 3)
        agree("conv_transpose", [image(rank, 3, data_format), kernel], {**arguments, "data_format": data_format})


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [1, 2])
def test_depthwise_and_separable_convolutions_are_kerass(rank, data_format, arguments):
    arguments = {**arguments, "data_format": data_format}
    x, depthwise, pointwise = image(rank, 3, data_format), draw(*(3,) * rank, 3, 2), draw(*(1,) * rank, 6, 5)
    agree("depthwise_conv", [x, depthwise], arguments)
    agree("separable_conv", [x, depthwise, pointwise], arguments)


@pytest.mark.parametrize("output_padding", [0, 1, 2, (1, 0)])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [2, 3])
def test_transposes_with_output_padding_are_kerass(strides, padding, output_padding):
    arguments = {"strides": strides, "padding": padding, "output_padding": output_padding}
    agree("conv_transpose", [image(2, 3, "channels_last"), draw(3, 4, 2, 3)], arguments)


def test_a_step_of_two_by_hand():
    x, kernel = np.arange(1.0, 6.0).reshape(1, 5, 1), np.array([1.0, 10.0]).reshape(2, 1, 1)
    assert convolution.conv(x, kernel, strides=2).flatten().tolist() == [21, 43]  # 1+20, 3+40
    assert convolution.conv(x, kernel, strides=2, padding="same").flatten().tolist() == [21, 43, 5]  # 5+0
    assert convolution.conv(x, kernel, padding="causal").flatten().tolist() == [10, 21, 32, 43, 54]


def test_a_transpose_spreads_and_drops_the_last_cell():
    x, kernel = np.array([1.0, 2.0]).reshape(1, 2, 1), np.array([1.0, 10.0, 100.0]).reshape(3, 1, 1)
    assert nn.conv_transpose(x, kernel, strides=2).flatten().tolist() == [1, 10, 102, 20, 200]
    assert nn.conv_transpose(x, kernel, strides=2, padding="same").flatten().tolist() == [1, 10, 102, 20]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("rank", "data_format"), [(1, "channels_last"), (2, "channels_last"), (3, "channels_last"), (2, "channels_first")]
)
def test_a_bias_is_added_on_the_way(rank, data_format, padding):
    x, bias = image(rank, 3, data_format), torch.tensor([1.0, 2.0])
    plain = convolution.conv(x, draw(*(3,) * rank, 3, 2), padding=padding, data_format=data_format)
    biased = convolution.convolve(x, draw(*(3,) * rank, 3, 2), bias, padding=padding, data_format=data_format)
    added = bias if data_format == "channels_last" else bias.view(2, 1, 1)
    np.testing.assert_allclose(biased, plain + added, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("channels", [1, 3])
def test_channels_last_values_stay_where_they_lie(rank, channels):
    x, kernel = torch.tensor(image(rank, channels, "channels_last")), torch.ones(*(3,) * rank, channels, 4)
    with torch.profiler.profile() as profile:
        y = convolution.conv(x, kernel, padding="same")
    copies = sum(event.count for event in profile.key_averages() if event.key == "aten::copy_")
    assert copies == 1  # of the kernel, by PyTorch
    assert y.is_contiguous()


def test_unknown_sizes_pass():
    spec = convolution.conv(KerasTensor((None, None, 9, 3)), np.ones((3, 3, 3, 4), "float32"), strides=(2, 1))
    assert spec.shape == (None, None, 7, 4)


def test_unknown_channels_are_the_kernels():
    x, kernel = KerasTensor((None, 10, None)), np.ones((3, 5, 4), "float32")
    assert convolution.conv(x, kernel).shape == (None, 8, 4)
    assert convolution.depthwise_conv(x, kernel[..., :1]).shape == (None, 8, 5)
    assert convolution.separable_conv(x, kernel[..., :1], kernel[:1]).shape == (None, 8, 4)
    first = KerasTensor((None, None, 10))
    assert nn.conv_transpose(first, kernel, data_format="channels_first").shape == (None, 5, 12)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_dtypes_stay_and_mixed_ones_become_float32(dtype):
    x = torch.ones(1, 5, 5, 2, dtype=getattr(torch, dtype))
    kernel = torch.ones(3, 3, 2, 2)
    assert convolution.conv(x, kernel.to(x.dtype)).dtype == x.dtype
    assert convolution.conv(x, kernel).dtype == torch.float32


def test_channels_that_fit_the_other_format_are_hinted():
    with pytest.raises(
        ShapeError, match=r"has 8 channels, and the kernel takes 3[\s\S]*data_format=\"channels_first\""
    ):
        convolution.conv(np.ones((1, 3, 8, 8), "float32"), np.ones((3, 3, 3, 4), "float32"))
    with pytest.raises(ShapeError, match=r"has 8 channels, and the kernel takes 3"):
        convolution.depthwise_conv(np.ones((1, 3, 8, 8), "float32"), np.ones((3, 3, 3, 4), "float32"))
    with pytest.raises(ShapeError, match=r"has 8 channels, and the kernel takes 5[\s\S]*a kernel for 8 channels"):
        nn.conv_transpose(np.ones((1, 4, 4, 8), "float32"), np.ones((3, 3, 4, 5), "float32"))


def test_groups_must_share_the_filters():
    with pytest.raises(ShapeError, match=r"4 = 2\*2 channels make 2 groups, which cannot share 3 filters"):
        convolution.conv(np.ones((1, 8, 8, 4), "float32"), np.ones((3, 3, 2, 3), "float32"))


def test_a_window_must_fit():
    with pytest.raises(
        ShapeError, match=r"reaches over 5 places along width, and the value has only 4[\s\S]*padding=\"same\""
    ):
        convolution.conv(np.ones((1, 8, 4, 1), "float32"), np.ones((3, 3, 1, 1), "float32"), dilation_rate=2)


def test_ranks_and_words_are_checked():
    x, kernel = np.ones((1, 4, 4, 1), "float32"), np.ones((3, 3, 1, 1), "float32")
    with pytest.raises(ShapeError, match=r"2 axes: \(4, 4\)"):
        convolution.conv(x[0, :, :, 0], kernel)
    with pytest.raises(ShapeError, match=r"kernel \(3, 1, 1\) on a value \(1, 4, 4, 1\)"):
        convolution.conv(x, kernel[0])
    with pytest.raises(ArgumentError, match="'full'"):
        convolution.conv(x, kernel, padding="full")
    with pytest.raises(ArgumentError, match="'causal'"):
        nn.conv_transpose(x, kernel, padding="causal")
    with pytest.raises(ArgumentError, match="strides"):
        convolution.conv(x, kernel, strides=(1, 2, 3))
