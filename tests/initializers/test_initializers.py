"""Initializers: Keras's values for the same seed where Keras's are exact, Keras's configs, and the right spread."""

import inspect

import keras
import numpy as np
import pytest
import torch
from scipy import signal

from pellucid import initializers, random
from pellucid.errors import ArgumentError, ShapeError, UnknownNameError
from pellucid.initializers.fourier import WINDOWS, window_values
from pellucid.initializers.scaling import compute_fans

CLASSES = [name for name in initializers.__all__ if name[0].isupper() and name != "Initializer"]
SAME_VALUES = [
    ("GlorotUniform", {"seed": 3}),
    ("HeUniform", {"seed": 3}),
    ("LecunUniform", {"seed": 3}),
    ("RandomNormal", {"mean": 1.0, "stddev": 2.0, "seed": 3}),
    ("RandomUniform", {"minval": -3, "maxval": 2, "seed": 3}),
    ("Orthogonal", {"gain": 2.0, "seed": 3}),
    ("VarianceScaling", {"scale": 3.0, "mode": "fan_out", "distribution": "untruncated_normal", "seed": 3}),
    ("VarianceScaling", {"distribution": "uniform", "input_axes": [0], "output_axes": [1], "seed": 3}),
    ("Constant", {"value": 4.5}),
    ("Zeros", {}),
    ("Ones", {}),
    ("Identity", {"gain": 3}),
]


def test_the_public_names_are_keras_s():
    assert sorted(initializers.__all__) == sorted(name for name in dir(keras.initializers) if name[0] != "_")


@pytest.mark.parametrize("name", CLASSES)
def test_arguments_are_keras_s(name):
    def told(cls):
        return [(p.name, p.default) for p in inspect.signature(cls.__init__).parameters.values()]

    assert told(getattr(initializers, name)) == told(getattr(keras.initializers, name))


@pytest.mark.parametrize(("name", "arguments"), SAME_VALUES, ids=str)
@pytest.mark.parametrize("shape", [(5, 7), (8, 4), (3, 3, 4, 8)], ids=str)
def test_values_are_keras_s(name, arguments, shape):
    if name == "Identity" and len(shape) != 2:
        shape = (2, 3)
    ours = getattr(initializers, name)(**arguments)(shape)
    theirs = getattr(keras.initializers, name)(**arguments)(shape)
    assert ours.dtype == theirs.dtype == torch.float32
    torch.testing.assert_close(ours, theirs.detach())


@pytest.mark.parametrize(("name", "arguments"), SAME_VALUES, ids=str)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_values_have_the_dtype_asked_for(name, arguments, dtype):
    assert str(getattr(initializers, name)(**arguments)((4, 4), dtype=dtype).dtype) == f"torch.{dtype}"


@pytest.mark.parametrize(("name", "arguments"), SAME_VALUES, ids=str)
def test_configs_are_keras_s_and_make_the_same_again(name, arguments):
    ours, theirs = getattr(initializers, name)(**arguments), getattr(keras.initializers, name)(**arguments)
    if name != "Identity":  # Keras forgets the gain
        assert ours.get_config() == theirs.get_config()
    again = initializers.deserialize(initializers.serialize(ours))
    assert torch.equal(again((4, 4)), ours((4, 4))) and torch.equal(ours.clone()((4, 4)), ours((4, 4)))


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("GlorotNormal", 2 / (400 + 600)),
        ("HeNormal", 2 / 400),
        ("LecunNormal", 1 / 400),
        ("TruncatedNormal", 0.05**2 * 0.7737),
    ],
)
def test_truncated_values_have_the_variance_promised(name, variance):
    values = getattr(initializers, name)(seed=1)((400, 600))
    assert abs(values.var() / variance - 1) < 0.02 and abs(values.mean()) < 1e-3


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (3, 5, 7), (3, 3, 16, 32), (2, 3, 3, 4, 5)], ids=str)
def test_fans_are_keras_s(shape):
    from keras.src.initializers.random_initializers import compute_fans as keras_fans

    assert compute_fans(shape) == keras_fans(shape)
    if len(shape) > 2:
        assert compute_fans(shape, [0, 1], [2]) == keras_fans(shape, [0, 1], [2])


def test_fans_of_a_convolution_by_hand():
    assert compute_fans((3, 3, 16, 32)) == (3 * 3 * 16, 3 * 3 * 32)


def test_rows_or_columns_are_orthogonal():
    for shape in ((6, 4), (4, 6), (3, 2, 4)):
        matrix = initializers.Orthogonal(seed=0)(shape).reshape(-1, shape[-1])
        short = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
        torch.testing.assert_close(short @ short.T, torch.eye(len(short)))


def test_seeds_repeat_unless_they_are_generators():
    fixed, unseeded = initializers.HeNormal(seed=1), initializers.HeNormal()
    assert torch.equal(fixed((3, 3)), fixed((3, 3))) and torch.equal(unseeded((3, 3)), unseeded((3, 3)))
    assert not torch.equal(unseeded((3, 3)), initializers.HeNormal()((3, 3)))
    moving = initializers.HeNormal(seed=random.SeedGenerator(1))
    assert not torch.equal(moving((3, 3)), moving((3, 3)))
    again = initializers.deserialize(initializers.serialize(initializers.HeNormal(seed=random.SeedGenerator(1))))
    assert torch.equal(again((3, 3)), initializers.HeNormal(seed=random.SeedGenerator(1))((3, 3)))


def test_a_constant_may_be_an_array():
    values = np.arange(6, dtype="float64").reshape(2, 3)
    initializer = initializers.Constant(values)
    again = initializers.deserialize(initializers.serialize(initializer))
    assert initializer((2, 3)).tolist() == again((2, 3)).tolist() == values.tolist()
    assert initializers.Constant([1, 2])((3, 2), dtype="int32").tolist() == [[1, 2]] * 3


@pytest.mark.parametrize("values", [np.ones((2, 3)), torch.ones(2, 3, dtype=torch.float64)], ids=["array", "tensor"])
def test_values_themselves_are_an_initializer(values):
    initializer = initializers.get(values)
    assert initializer((2, 3)).dtype == torch.float32 and initializer((2, 3), dtype="int8").tolist() == [[1] * 3] * 2
    with pytest.raises(ShapeError, match="cannot begin"):
        initializer((3, 2))


@pytest.mark.parametrize(
    ("alias", "name"),
    [("zero", "Zeros"), ("one", "Ones"), ("normal", "RandomNormal"), ("uniform", "RandomUniform")]
    + [
        ("IdentityInitializer", "Identity"),
        ("OrthogonalInitializer", "Orthogonal"),
        ("STFTInitializer", "STFT"),
        ("stft", "STFT"),
    ],
)
def test_older_names_are_understood(alias, name):
    assert type(initializers.get(alias)).__name__ == name == type(keras.initializers.get(alias)).__name__


@pytest.mark.parametrize(
    "call",
    [
        lambda: initializers.VarianceScaling(scale=0),
        lambda: initializers.VarianceScaling(mode="fan"),
        lambda: initializers.VarianceScaling(distribution="cauchy"),
        lambda: initializers.HeNormal(seed="one"),
        lambda: initializers.STFT(side="left"),
        lambda: initializers.STFT(scaling="double"),
    ],
)
def test_wrong_arguments_are_refused(call):
    with pytest.raises(ArgumentError):
        call()


@pytest.mark.parametrize(
    ("initializer", "shape"), [(initializers.Identity(), (2, 3, 4)), (initializers.Orthogonal(), (3,))]
)
def test_a_matrix_is_wanted(initializer, shape):
    with pytest.raises(ShapeError, match="Only a matrix"):
        initializer(shape)


def test_the_parent_makes_nothing():
    with pytest.raises(NotImplementedError, match="__call__"):
        initializers.Initializer()((2,))
    assert initializers.Initializer().get_config() == {}


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("length", [1, 8, 9])
def test_windows_are_scipy_s(name, length, periodic):
    ours = window_values(name, length, periodic)
    np.testing.assert_allclose(ours.numpy(), signal.get_window(name, length, fftbins=periodic), atol=1e-12)


@pytest.mark.parametrize("side", ["real", "imag"])
@pytest.mark.parametrize(
    "window", ["hann", None, [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]], ids=["hann", "none", "own"]
)
@pytest.mark.parametrize("scaling", ["density", "spectrum", None])
def test_stft_kernels_are_keras_s(side, window, scaling):
    ours = initializers.STFT(side, window, scaling, True)((16, 1, 9))
    theirs = keras.initializers.STFT(side, window, scaling, True)((16, 1, 9))
    torch.testing.assert_close(ours, theirs.detach(), atol=1e-4, rtol=1e-5)  # Keras rounds its angles


def test_stft_windows_are_known_or_fit():
    with pytest.raises(UnknownNameError, match='fix       window="hann"'):
        initializers.STFT(window="han")
    with pytest.raises(ShapeError, match="one value per step"):
        initializers.STFT(window=[1.0, 2.0])((3, 1, 2))
