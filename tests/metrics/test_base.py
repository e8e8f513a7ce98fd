"""Metric as a parent: what a user's own metric gets from it."""

import pickle

import pytest
import torch

from pellucid import config, initializers, metrics, settings
from pellucid.graph.scopes import AutocastScope
from pellucid.graph.variable import Variable


class Total(metrics.Metric):
    def __init__(self, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable(shape=(), initializer=initializers.Zeros(), name="total")

    def update_state(self, values):
        self.total.assign(self.total + torch.as_tensor(values, dtype=torch.float32).sum())

    def result(self):
        return self.total.value


def test_a_call_takes_a_batch_and_gives_the_result():
    total = Total()
    assert total([1.0, 2.0]) == 3.0
    assert total([4.0]) == 7.0
    total.reset_state()
    assert total.result() == 0.0


def test_variables_are_named_after_the_metric():
    assert Total(name="my/total").variables[0].path == "my>total/total"
    assert Total().name == "total"


@pytest.mark.parametrize(
    "held",
    [lambda make: [make(), make()], lambda make: {"a": make(), "b": make()}, lambda make: {"a": [make(), make()]}],
)
def test_variables_and_metrics_in_lists_and_dicts_are_its_own(held):
    total = Total()
    total.more = held(lambda: Variable(0.0))
    assert len(total.variables) == 3
    total.inner = held(Total)
    assert len(total.variables) == 5


def test_what_is_added_to_a_list_later_is_its_own_too():
    total = Total()
    total.inner = []
    total.inner.append(Total())
    assert len(total.variables) == 2


def test_add_weight_makes_zeros():
    weight = Total().add_weight(shape=(2,), name="w")
    assert weight.numpy().tolist() == [0.0, 0.0]
    assert not weight.trainable


def test_values_for_stateless_use_must_be_as_many_as_variables():
    with pytest.raises(ValueError, match=r"got\s+2\n\s+expected\s+1: total"):
        Total().stateless_result([1.0, 2.0])
    with pytest.raises(ValueError, match="stateless_update_state"):
        Total().stateless_update_state([], [1.0])


def test_a_parent_that_was_not_called_is_missed():
    class Hasty(metrics.Metric):
        def __init__(self):
            self.total = self.add_variable((), "zeros")

    with pytest.raises(RuntimeError, match=r"super\(\).__init__\(name=name\), first in __init__"):
        Hasty()


@pytest.mark.parametrize("method", ["update_state", "result"])
def test_what_a_subclass_must_give_is_told(method):
    with pytest.raises(NotImplementedError, match=f"def {method}"):
        getattr(metrics.Metric(), method)()


def test_sums_are_kept_whole_where_a_layer_computes_in_16_bits():
    mean = metrics.Mean()
    with AutocastScope("float16"):
        mean.update_state(torch.full((4096,), 1.0))
        mean.update_state(torch.ones(1))  # float16 would round 4097 to 4096
    assert mean.total.numpy() == 4097.0


def test_floatx_is_the_default_dtype_whatever_the_policy():
    config.set_dtype_policy("mixed_float16")
    assert metrics.Mean().dtype == "float32"
    assert metrics.Mean(dtype="mixed_float16").dtype == "float16"
    settings.set_floatx("float64")
    try:
        assert metrics.Mean()([1.0]).dtype == torch.float64
    finally:
        settings.set_floatx("float32")
    with pytest.raises(AttributeError):
        metrics.Mean().dtype = "float16"


def test_a_metric_can_be_pickled_with_its_state():
    mean = metrics.Mean()
    mean.update_state([1.0, 3.0])
    assert pickle.loads(pickle.dumps(mean)).result() == 2.0
