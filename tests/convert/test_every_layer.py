"""Every row of the layers' cases moves to the other data format and back: behind a convolution, before a Dense."""

import numpy as np
import pytest
import torch

import pellucid
from layers.cases import CASES
from layers.test_laws import FORMATS, draw, make, shapes
from pellucid import convert, layers
from pellucid.models import Model

# The way from channels_first is that of the random networks backwards, so these rows are for the long run.
ROWS = [
    pytest.param(
        case, format_, id=f"{case.id}-{format_}", marks=pytest.mark.heavy if format_ == "channels_first" else ()
    )
    for case in CASES
    for format_ in (FORMATS if case.formats else FORMATS[:1])
]
CONVOLUTIONS = {2: layers.Conv1D, 3: layers.Conv2D, 4: layers.Conv3D}


def network(case, data_format) -> Model:
    """The layer behind a convolution where its input is a map, and before Flatten and Dense."""
    given = shapes(case, data_format)
    inputs = [layers.Input(shape, dtype="int32" if case.whole else "float32") for shape in given]
    values = [before(x, data_format) if not case.whole else x for x in inputs]
    layer = make(pellucid, case, data_format if case.formats else None)
    y = layer(*values) if case.separate or len(values) == 1 else layer(values)
    y = layers.Dense(3)(layers.Flatten()(y)) if len(y.shape) > 1 else y
    return Model(inputs, y)


def before(x, data_format):
    convolution = CONVOLUTIONS.get(len(x.shape) - 1)
    channels = x.shape[-1 if data_format == "channels_last" else 1]
    return x if convolution is None else convolution(channels, 1, data_format=data_format)(x)


@pytest.mark.parametrize(("case", "data_format"), ROWS)
@pytest.mark.filterwarnings("ignore:softmax along axis", "ignore:Layer .* does not support masking")
def test_a_layer_computes_the_same_in_the_other_format_and_comes_back(case, data_format):
    model = network(case, data_format)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "float" in weight.dtype and "variance" not in weight.path:
            weight.assign(rng.normal(size=weight.shape))
    new = convert.relayout(model, next(other for other in FORMATS if other != data_format))
    xs = draw(case, data_format, seed=1)
    there = [way.apply(torch.from_numpy(x)).numpy() for way, x in zip(new.ledger.inputs, xs, strict=True)]
    with torch.no_grad():
        old, found = (m(x if len(x) > 1 else x[0]).numpy() for m, x in ((model, xs), (new, there)))
    scale = np.nanmax(np.abs(old)) + 1e-6
    np.testing.assert_allclose(old, found, rtol=1e-4, atol=2e-5 * scale)
    back = convert.relayout(new, data_format)
    assert [w.tobytes() for w in model.get_weights()] == [w.tobytes() for w in back.get_weights()]
