"""Compiled engines give the model's own numbers: within 1e-5, over all layer cases and networks that people serve."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
import torch

import pellucid
from layers.test_laws import as_input, call, draw, make, rows, shapes
from pellucid.engine.inference.openvino_engine import OpenVINOEngine, OpenVINORows
from pellucid.engine.inference.rewriting import simplified
from pellucid.engine.inference.tape import Refused, record
from pellucid.engine.inference.torch_engine import TorchEngine

# Layers of networks that people serve: OpenVINO must take all their rows.
MUST_GO = frozenset(
    "Dense Activation ReLU Conv1D Conv2D Conv3D DepthwiseConv2D SeparableConv2D Conv2DTranspose MaxPooling2D "
    "AveragePooling2D GlobalAveragePooling2D GlobalMaxPooling2D BatchNormalization LayerNormalization Flatten Reshape "
    "Permute Concatenate Add Multiply ZeroPadding2D Cropping2D Dropout MultiHeadAttention Embedding".split()
)

LARGE = ("ResNet50", "VGG16")


def recorded(case, data_format):
    layer = make(pellucid, case, data_format)
    dtype = "int64" if case.whole else "float32"
    symbols = [pellucid.Input(shape, dtype=dtype) for shape in shapes(case, data_format)]
    model = pellucid.Model(symbols, call(layer, case, symbols))
    batches = [[torch.as_tensor(x) for x in draw(case, data_format, seed)] for seed in (0, 5)]
    return model, batches, simplified(record(model, batches[0]))


def outputs_of(model, batch):
    with torch.no_grad():
        outputs = model(as_input(batch), training=False)
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


@rows()
def test_a_tape_run_by_pytorch_gives_the_very_bits_of_the_model(case, data_format):
    model, batches, tape = recorded(case, data_format)
    engine = TorchEngine(tape)
    for batch in [*batches, batches[0]]:
        with torch.no_grad():
            found = engine(*batch)
        for a, b in zip(found, outputs_of(model, batch), strict=True):
            assert torch.equal(a, b)


@rows()
def test_a_tape_run_by_openvino_gives_the_models_numbers_or_is_refused(case, data_format):
    model, batches, tape = recorded(case, data_format)
    try:
        engine = OpenVINOEngine(tape)
    except Refused as refused:
        assert case.layer not in MUST_GO, refused
        return
    for batch in [*batches, batches[0]]:
        for a, b in zip(engine(*batch), outputs_of(model, batch), strict=True):
            assert a.dtype is b.dtype
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5 * float(b.abs().max()))


def served(name):
    """A network without the softmax that would hide its values, with weights that keep samples apart to the end."""
    shape = (32, 32, 3)
    model = getattr(pellucid.applications, name)(weights=None, input_shape=shape, classes=7, classifier_activation=None)
    rng = np.random.default_rng(3)
    for v in model.weights:
        if len(v.shape) > 1:
            fan_in = math.prod(v.shape[:2] if "depthwise" in v.path else v.shape[:-1])
            v.assign(rng.normal(0, (2 / fan_in) ** 0.5, v.shape))
        elif v.name in ("gamma", "moving_variance"):
            v.assign(rng.uniform(0.8, 1.2, v.shape))
        else:
            v.assign(rng.uniform(-0.1, 0.1, v.shape))
    return model, torch.as_tensor(rng.normal(size=(4, *shape)).astype("float32"))


@pytest.mark.parametrize("name", ["MobileNetV2", *(pytest.param(n, marks=pytest.mark.heavy) for n in LARGE)])
def test_networks_give_their_own_numbers(name):
    model, images = served(name)
    (wanted,) = outputs_of(model, images)
    assert wanted.std(dim=0).mean() > 0.02 * wanted.abs().max()
    tape = simplified(record(model, images))
    for engine in (TorchEngine(tape), OpenVINOEngine(tape), OpenVINORows(tape, streams=2)):
        torch.testing.assert_close(engine(images)[0], wanted, rtol=1e-5, atol=1e-5 * float(wanted.abs().max()))


@pytest.mark.parametrize("refused", ["random", "state"])
def test_what_draws_numbers_or_writes_weights_is_not_recorded(refused):
    class Odd(pellucid.layers.Layer):
        def build(self, shape):
            self.seen = self.add_weight((), "zeros", trainable=False)

        def call(self, x):
            if refused == "random":
                return x + torch.rand(3)
            self.seen.value.add_(1.0)
            return x + self.seen

    layer = Odd()
    layer(torch.ones(2, 3))
    with pytest.raises(Refused, match="random" if refused == "random" else "writes"):
        record(layer_in_inference(layer), torch.ones(2, 3))


def layer_in_inference(layer):
    return lambda x, training: layer(x)


def test_a_value_that_decides_what_runs_is_not_recorded():
    def model(x, training):
        return x if x.sum() > 0 else -x

    with pytest.raises(Refused, match="decides"):
        record(model, torch.ones(2, 3))


def test_a_value_in_memory_that_an_input_was_written_into_decides_too():
    def model(x, training):
        kept = torch.zeros(2, 3)
        kept[0].copy_(x[0])
        return x * kept.sum().item()

    with pytest.raises(Refused, match="decides"):
        record(model, torch.ones(2, 3))


def test_weights_may_decide_what_runs():
    weight = torch.tensor(2.0)
    tape = record(lambda x, training: x + 1 if weight.item() > 1 else x, torch.ones(2, 3))
    assert TorchEngine(tape)(torch.zeros(2, 3))[0].tolist() == [[1, 1, 1]] * 2


def test_recording_does_not_import_pytorchs_compiler():
    program = (
        "import sys, torch; from pellucid.engine.inference.tape import record; "
        "record(lambda x, training: torch.relu(x) @ torch.ones(3, 3), torch.ones(2, 3)); "
        "print('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"
