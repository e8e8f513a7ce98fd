"""Laws that every loss keeps, with Keras as the judge: values, reductions, weights, masks, gradients, configs."""

import keras
import numpy as np
import pytest
import torch

from losses.cases import CASES, IDS
from pellucid import losses
from pellucid.graph.symbol import KerasTensor

each = pytest.mark.parametrize(("name", "arguments", "values"), CASES, ids=IDS)
REDUCTIONS = ("sum", "sum_over_batch_size", "mean", "mean_with_sample_weight", "none", None)


def both(name, arguments, **more):
    return getattr(losses, name)(**arguments, **more), getattr(keras.losses, name)(**arguments, **more)


def weights_for(losses_per_place):
    """One weight per place, the same for all places of a sample."""
    if losses_per_place.ndim == 0:
        return 1.7
    weights = np.linspace(0.5, 2.0, losses_per_place.shape[0], dtype="float32")
    return np.broadcast_to(weights.reshape(-1, *(1,) * (losses_per_place.ndim - 1)), losses_per_place.shape).copy()


@each
def test_values_are_kerass_under_every_reduction(name, arguments, values):
    for reduction in REDUCTIONS:
        ours, theirs = both(name, arguments, reduction=reduction)
        np.testing.assert_allclose(ours(*values), theirs(*values), rtol=2e-5, atol=1e-6)


@each
def test_weights_count_as_in_keras(name, arguments, values):
    weights = weights_for(both(name, arguments, reduction="none")[0](*values))
    for reduction in REDUCTIONS:
        ours, theirs = both(name, arguments, reduction=reduction)
        got, expected = ours(*values, sample_weight=weights), theirs(*values, sample_weight=weights)
        np.testing.assert_allclose(got, expected, rtol=2e-5, atol=1e-6)


@each
def test_masks_count_as_in_keras(name, arguments, values):
    per_place = both(name, arguments, reduction="none")[0](*values)
    mask = np.arange(per_place.shape[0]) != 1 if per_place.ndim else np.array(True)
    for reduction in REDUCTIONS:
        got = []
        for loss in both(name, arguments, reduction=reduction):
            y_pred = torch.tensor(values[1])
            y_pred._keras_mask = torch.tensor(
                mask.reshape(mask.shape + (1,) * (per_place.ndim - 1) if mask.ndim else ())
            )
            got.append(loss(values[0], y_pred))
        np.testing.assert_allclose(*got, rtol=2e-5, atol=1e-6)


@each
def test_gradients_are_kerass(name, arguments, values):
    gradients = []
    for loss in both(name, arguments):
        # Keras cannot go back through classes that it moved to another axis; as rows, it need not move them.
        if name.startswith("Sparse") and values[1].ndim > 2 and loss.__module__.startswith("keras"):
            axis = arguments.get("axis", -1)
            values = values[0].reshape(-1), np.moveaxis(values[1], axis, -1).reshape(-1, values[1].shape[axis])
            loss = type(loss)(**{**arguments, "axis": -1})
            gradients[0] = np.moveaxis(gradients[0].numpy(), axis, -1).reshape(values[1].shape)
        y_pred = torch.tensor(values[1], requires_grad=True)
        loss(torch.tensor(values[0]), y_pred).backward()
        gradients.append(y_pred.grad)
    np.testing.assert_allclose(*gradients, rtol=1e-4, atol=1e-6)


@each
def test_the_function_gives_what_the_class_reduces(name, arguments, values):
    loss, judge = both(name, arguments, reduction="none")
    function = getattr(losses, judge.fn.__name__)
    own = {"q": 0.5} if name == "CategoricalGeneralizedCrossEntropy" else {}
    per_place = function(*values, **{**own, **arguments})
    np.testing.assert_allclose(
        per_place, judge.fn(*map(torch.tensor, values), **{**own, **arguments}), rtol=2e-5, atol=1e-6
    )
    np.testing.assert_allclose(per_place, loss(*values), rtol=1e-6)


@each
def test_a_loss_made_from_its_config_is_the_same_loss(name, arguments, values):
    loss = getattr(losses, name)(**arguments, reduction="sum", name="mine")
    again = type(loss).from_config(loss.get_config())
    assert again.get_config() == loss.get_config()
    assert again.name == "mine"
    assert torch.equal(again(*values), loss(*values))
    # Keras reads our configs.
    theirs = getattr(keras.losses, name).from_config(loss.get_config())
    np.testing.assert_allclose(theirs(*values), loss(*values), rtol=2e-5, atol=1e-6)


@each
def test_it_computes_in_the_dtype_asked_for(name, arguments, values):
    assert getattr(losses, name)(**arguments, dtype="bfloat16")(*values).dtype == torch.bfloat16
    assert getattr(losses, name)(**arguments)(*values).dtype == torch.float32


@each
def test_symbolic_tensors_give_the_shape_of_real_ones(name, arguments, values):
    symbols = [KerasTensor((None, *x.shape[1:]), dtype=str(x.dtype)) for x in values]
    loss = getattr(losses, name)(**arguments, reduction="none")
    symbol, real = loss(*symbols), loss(*values)
    assert len(symbol.shape) == real.ndim
    assert symbol.shape[1:] == tuple(real.shape[1:])
    assert symbol._keras_history.operation.name


@each
def test_a_loss_reads_no_value_in_python(name, arguments, values):
    # On the meta device there are none; CTC alone must look at lengths.
    if name == "CTC":
        return
    loss = getattr(losses, name)(**arguments)
    assert loss(*(torch.tensor(x).to("meta") for x in values)).device.type == "meta"
