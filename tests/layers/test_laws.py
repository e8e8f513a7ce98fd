"""Laws that hold for every layer, over the rows of cases.py. Keras on PyTorch judges values and gradients.

To see one row: ``pytest tests/layers/test_laws.py -k "Conv2D"``.
"""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest
import torch

import pellucid
from layers.cases import CASES, Case
from pellucid import axes

FORMATS = ("channels_last", "channels_first")
ROWS = [(case, format_) for case in CASES for format_ in (FORMATS if case.formats else (None,))]
BATCH = 2


def rows(*, keep=lambda case: True):
    chosen = [(case, format_) for case, format_ in ROWS if keep(case)]
    return pytest.mark.parametrize(
        ("case", "data_format"), chosen, ids=[f"{case.id}-{format_ or 'any'}" for case, format_ in chosen]
    )


def shapes(case: Case, data_format) -> list[tuple]:
    """The input shapes, with the channels where the data format has them."""
    given = case.shape if isinstance(case.shape, list) else [case.shape]
    if data_format == "channels_first":
        return [(shape[-1], *shape[:-1]) for shape in given]
    return given


def make(library, case: Case, data_format):
    kwargs = dict(case.kwargs)
    if data_format is not None:
        kwargs["data_format"] = data_format
    if case.wraps:
        named = case.wraps if isinstance(case.wraps, list) else [case.wraps]
        inner = [getattr(library.layers, name)(**arguments) for name, arguments in named]
        word = {"RNN": "cell", "Pipeline": "layers"}.get(case.layer, "layer")
        kwargs[word] = inner if len(inner) > 1 else inner[0]
    return getattr(library.layers, case.layer)(**kwargs)


def draw(case: Case, data_format, seed: int, batch: int = BATCH) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    full = [(batch, *shape) for shape in shapes(case, data_format)]
    if case.whole:
        return [rng.integers(0, case.whole, shape) for shape in full]
    return [rng.normal(size=shape).astype("float32") for shape in full]


def as_input(values: list):
    return values if len(values) > 1 else values[0]


def call(layer, case: Case, values: list, **kwargs):
    """A layer's output for one or several inputs."""
    return layer(*values, **kwargs) if case.separate else layer(as_input(values), **kwargs)


def declared(layer, case: Case, given: list[tuple]) -> tuple:
    """The output's shape as the layer says it."""
    return tuple(layer.compute_output_shape(*given) if case.separate else layer.compute_output_shape(as_input(given)))


def built(case: Case, data_format, seed: int = 0):
    """Our layer, built, with weights that are all different from each other."""
    layer = make(pellucid, case, data_format)
    call(layer, case, [torch.as_tensor(x) for x in draw(case, data_format, seed)])
    rng = np.random.default_rng(seed + 1)
    layer.set_weights([rng.uniform(0.3, 1.2, w.shape).astype("float32") for w in layer.get_weights()])
    return layer


def run(layer, case, inputs, factors, trainable, **kwargs):
    """Output, and gradients of its weighted sum by inputs and weights."""
    tensors = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
    y = call(layer, case, tensors, **kwargs)
    (y * torch.as_tensor(factors(tuple(y.shape)))).sum().backward()
    gradients = [x.grad for x in tensors if x.requires_grad] + [w.value.grad for w in trainable(layer)]
    return y, gradients


def factors(shape):
    return np.random.default_rng(7).normal(size=shape).astype("float32")


def assert_close(ours, theirs):
    ours, theirs = (x.detach().numpy() for x in (ours, theirs))
    assert ours.shape == theirs.shape
    scale = max(np.abs(theirs).max(initial=0), 1e-3)
    assert np.abs(ours - theirs).max(initial=0) <= 1e-5 * scale


@rows(keep=lambda case: not case.keras_differs)
@pytest.mark.parametrize("training", [False, True])
def test_values_and_gradients_are_kerass(case, data_format, training):
    if training and not case.training:
        training = None  # the default, which a plain call has: must be inference
    ours, theirs = built(case, data_format), make(keras, case, data_format)
    inputs = draw(case, data_format, seed=3, batch=4)
    call(theirs, case, [torch.as_tensor(x) for x in inputs])
    theirs.set_weights(ours.get_weights())
    assert [tuple(w.shape) for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    kwargs = {} if training is None or not case.training else {"training": training}
    y, gradients = run(ours, case, inputs, factors, lambda layer: layer.trainable_weights, **kwargs)
    y_keras, gradients_keras = run(theirs, case, inputs, factors, lambda layer: layer.trainable_weights, **kwargs)
    assert_close(y, y_keras)
    assert len(gradients) == len(gradients_keras)
    for mine, other in zip(gradients, gradients_keras, strict=True):
        assert_close(mine, other)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)  # running statistics moved alike


@rows()
def test_the_declared_shape_is_the_real_one(case, data_format):
    layer = built(case, data_format)
    inputs = draw(case, data_format, seed=3)
    real = tuple(call(layer, case, [torch.as_tensor(x) for x in inputs]).shape)
    given = [(BATCH, *shape) for shape in shapes(case, data_format)]
    assert declared(layer, case, given) == real
    unknown = [(None, *shape) for shape in shapes(case, data_format)]
    assert declared(layer, case, unknown) == (None, *real[1:])
    symbols = [pellucid.Input(shape) for shape in shapes(case, data_format)]
    assert call(make(pellucid, case, data_format), case, symbols).shape == (None, *real[1:])


@rows(keep=lambda case: case.formats and case.layer not in ("Flatten", "PReLU"))
def test_an_unknown_size_stays_unknown_and_known_ones_stay_right(case, data_format):
    layer = built(case, data_format)
    real = tuple(layer(as_input([torch.as_tensor(x) for x in draw(case, data_format, seed=3)])).shape)
    channels = axes.channels_axis(data_format)
    for shape in shapes(case, data_format):
        free = [None] * (len(shape) + 1)
        free[channels] = (BATCH, *shape)[channels]
        told = layer.compute_output_shape(tuple(free))
        assert len(told) == len(real)
        assert all(size is None or size == known for size, known in zip(told, real, strict=True))


@rows()
def test_a_config_makes_the_same_layer_again(case, data_format):
    layer = built(case, data_format)
    config = layer.get_config()
    again = type(layer).from_config(config)
    assert again.get_config() == config
    inputs = [torch.as_tensor(x) for x in draw(case, data_format, seed=3)]
    call(again, case, inputs)
    again.set_weights(layer.get_weights())
    assert torch.equal(call(again, case, inputs), call(layer, case, inputs))
    data = pellucid.saving.serialize_keras_object(layer)
    assert pellucid.saving.deserialize_keras_object(data).get_config() == config


@rows()
def test_a_config_is_one_that_keras_takes(case, data_format):
    config = make(pellucid, case, data_format).get_config()
    theirs = make(keras, case, data_format)
    assert set(config) <= set(theirs.get_config()) | {"name", "trainable", "dtype", "seed"}
    assert type(theirs).from_config(config).get_config().keys() == theirs.get_config().keys()


def support(layer, case: Case, data_format) -> list[np.ndarray]:
    """For each input: which of its elements change which output elements, by Jacobians at several points."""
    found = None
    for seed in range(case.draws):
        inputs = draw(case, data_format, seed=seed, batch=1)
        parts = _perturbed(layer, inputs, case) if case.whole else _jacobians(layer, case, inputs)
        found = parts if found is None else [a | b for a, b in zip(found, parts, strict=True)]
    return found


def _jacobians(layer, case, inputs):
    tensors = tuple(torch.as_tensor(x, dtype=torch.float64) for x in inputs)
    parts = torch.autograd.functional.jacobian(lambda *xs: call(layer, case, list(xs))[0], tensors)
    return [(part[..., 0, :] if part.ndim < 2 else part).abs().numpy() > 1e-9 for part in parts]


def _perturbed(layer, inputs, case):
    [x] = inputs
    before = layer(torch.as_tensor(x))[0].detach().numpy()
    found = np.zeros((*before.shape, *x.shape), dtype=bool)
    for place in itertools.product(*map(range, x.shape)):
        other = x.copy()
        other[place] = (other[place] + 1) % case.whole
        found[(..., *place)] = layer(torch.as_tensor(other))[0].detach().numpy() != before
    return [found]


@rows()
def test_links_are_the_support_of_the_jacobian(case, data_format):
    settings_dtype = pellucid.config.floatx()
    pellucid.config.set_floatx("float64")
    try:
        layer = built(case, data_format, seed=5)
        real = support(layer, case, data_format)
    finally:
        pellucid.config.set_floatx(settings_dtype)
    in_shapes = shapes(case, data_format)
    out_shape = declared(layer, case, [(1, *shape) for shape in in_shapes])[1:]
    link = layer.links()
    assert link is not None
    for place in itertools.product(*map(range, out_shape)):
        for k, boxes in enumerate(link.boxes(place, in_shapes, out_shape)):
            said = np.zeros(in_shapes[k], dtype=bool)
            for box in boxes:
                said[np.ix_(*[list(indices) for indices in box])] = True
            seen = real[k].reshape(*out_shape, *in_shapes[k])[place]
            assert np.array_equal(said, seen), f"output {place}, input {k}"


def test_every_layer_has_a_row():
    own = {
        name
        for name in pellucid.layers.__all__
        if isinstance(getattr(pellucid.layers, name), type) and getattr(pellucid.layers, name).__name__ == name
    }
    judged_elsewhere = {"Layer", "InputSpec", "InputLayer", "Wrapper", "Lambda"}
    # Words and whole numbers have no gradient: tests of their own, beside Keras and by hand.
    judged_elsewhere |= {"StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing"}
    judged_elsewhere |= {"CategoryEncoding", "Discretization"}
    # Layers over images leave something to chance, or to the image's size: judged one draw at a time.
    judged_elsewhere |= {"CenterCrop", "Resizing"} | {name for name in own if name.startswith("Random")}
    judged_elsewhere |= {"AugMix", "CutMix", "MixUp", "RandAugment", "Solarization", "MaxNumBoundingBoxes"}
    judged_elsewhere |= {"Equalization", "ContrastLimitedAdaptiveHistogramEqualization"}  # steps: no gradient
    judged_elsewhere |= {"MelSpectrogram"}  # no link: the loudest of a batch matters everywhere
    judged_elsewhere |= {"TorchModuleWrapper"}  # a user's own module
    judged_elsewhere |= {"FlaxLayer", "JaxLayer", "TFSMLayer"}  # cannot be made
    cells = {"LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells"}  # judged inside an RNN
    own |= {"GroupQueryAttention"}  # the class has another name, as in Keras
    assert own - judged_elsewhere - cells == {case.layer for case in CASES}
