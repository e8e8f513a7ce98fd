"""Laws that every metric keeps, with Keras as the judge: results, weights, masks, resets, statelessness, configs."""

import keras
import numpy as np
import pytest
import torch

from metrics.cases import CASES, IDS
from pellucid import metrics

each = pytest.mark.parametrize(("name", "arguments", "batches"), CASES, ids=IDS)
# Their batches are values alone.
OF_VALUES = ("Mean", "Sum")


def fed(metric, name, batches, weights=None):
    for i, (y_true, y_pred) in enumerate(batches):
        values = (y_pred,) if name in OF_VALUES else (y_true, y_pred)
        metric.update_state(*values, **({} if weights is None else {"sample_weight": weights[i]}))
    return metric


def both(name, arguments):
    arguments = {"name": "mine", **arguments}  # Keras counts the names that it makes up
    return getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)


@each
def test_results_and_variables_are_kerass(name, arguments, batches):
    ours, theirs = (fed(metric, name, batches) for metric in both(name, arguments))
    np.testing.assert_allclose(ours.result(), theirs.result(), rtol=1e-5, atol=1e-6)
    assert [v.path for v in ours.variables] == [v.path for v in theirs.variables]
    for variable, expected in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(variable.numpy(), expected.numpy(), rtol=1e-5, atol=1e-5)


@each
def test_weights_count_as_in_keras(name, arguments, batches):
    weights = [np.arange(1, len(y_true) + 1, dtype="int32") for y_true, _ in batches]
    if name == "BinaryIoU":
        weights = [np.repeat(w, 3) for w in weights]  # one for each place
    ours, theirs = (fed(metric, name, batches, weights) for metric in both(name, arguments))
    np.testing.assert_allclose(ours.result(), theirs.result(), rtol=1e-5, atol=1e-6)


@each
def test_after_a_reset_it_is_as_new(name, arguments, batches):
    metric = fed(getattr(metrics, name)(**arguments), name, batches)
    metric.reset_state()
    assert all((v.numpy() == 0).all() for v in metric.variables)
    again, new = (fed(m, name, batches[1:]) for m in (metric, getattr(metrics, name)(**arguments)))
    assert torch.equal(again.result(), new.result())


@each
def test_a_result_does_not_change_with_later_batches(name, arguments, batches):
    metric = fed(getattr(metrics, name)(**arguments), name, batches[:1])
    result = metric.result()
    before = result.clone()
    fed(metric, name, batches)
    assert torch.equal(result, before)


@each
def test_without_state_it_computes_the_same_and_stays_as_it_is(name, arguments, batches):
    metric = fed(getattr(metrics, name)(**arguments), name, batches[:1])
    expected = fed(getattr(metrics, name)(**arguments), name, batches)
    before = [v.numpy() for v in metric.variables]
    values = (batches[1][1],) if name in OF_VALUES else batches[1]
    after = metric.stateless_update_state(metric.variables, *values)
    np.testing.assert_allclose(metric.stateless_result(after), expected.result(), rtol=1e-6)
    assert all((value == 0).all() for value in metric.stateless_reset_state())
    for variable, value in zip(metric.variables, before, strict=True):
        assert (variable.numpy() == value).all()


@each
def test_a_metric_made_from_its_config_is_the_same_metric(name, arguments, batches):
    metric = getattr(metrics, name)(**arguments, name="mine")
    again = type(metric).from_config(metric.get_config())
    theirs = both(name, arguments)[1].get_config()
    if "label_weights" in arguments:
        theirs["label_weights"] = arguments["label_weights"]  # Keras gives a tensor, which no file can hold
    assert again.get_config() == metric.get_config() == theirs
    assert torch.equal(fed(again, name, batches).result(), fed(metric, name, batches).result())


@each
def test_which_way_is_better_is_known_as_in_keras(name, arguments, batches):
    ours, theirs = both(name, arguments)
    assert getattr(ours, "_direction", None) == getattr(theirs, "_direction", None)


@each
def test_an_update_reads_no_value_in_python(name, arguments, batches):
    # On the meta device there are none.
    metric = getattr(metrics, name)(**arguments)
    values = [torch.tensor(x).to("meta") for x in batches[0]]
    fed(metric, name, batches)  # those that make their variables with the first batch have made them
    mapping = [torch.empty_like(v.value, device="meta") for v in metric.variables]
    after = metric.stateless_update_state(mapping, *((values[1],) if name in OF_VALUES else values))
    assert [tuple(value.shape) for value in after] == [v.shape for v in metric.variables]


@pytest.mark.parametrize("name", sorted({name for name, _, _ in CASES} - {"Sum", "Mean"}))
def test_an_update_keeps_no_graph_for_gradients(name):
    _, arguments, batches = next(case for case in CASES if case[0] == name)
    y_true, y_pred = batches[0]
    y_pred = torch.tensor(y_pred, requires_grad=y_pred.dtype == "float32")
    assert not getattr(metrics, name)(**arguments)(torch.tensor(y_true), y_pred).requires_grad
