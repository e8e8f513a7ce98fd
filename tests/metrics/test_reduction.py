"""Mean, Sum, and means of functions: numbers by hand."""

import numpy as np
import pytest
import torch

from pellucid import losses, metrics, registry
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.symbol import KerasTensor


@pytest.mark.parametrize(
    ("values", "weights", "mean", "total"),
    [
        ([1, 3, 5, 7], None, 4.0, 16.0),
        ([1, 3, 5, 7], [1, 1, 0, 0], 2.0, 4.0),
        ([1, 3, 5, 7], [-1, -1, 0, 0], 2.0, -4.0),
        ([[1, 3], [5, 7]], None, 4.0, 16.0),
        ([[1, 3], [5, 7]], [[1, 1], [1, 0]], 3.0, 9.0),  # (1+3)/2 + 5/2, over 1 + 1/2
        ([[1, 3], [5, 7]], [[1, 0]], 3.0, 6.0),
        ([[1, 3], [5, 7]], [2, 0], 2.0, 8.0),
        (5.0, None, 5.0, 5.0),
        (5.0, 3, 5.0, 15.0),
        ([1, 3], 3, 2.0, 12.0),
    ],
)
def test_mean_and_sum_by_hand(values, weights, mean, total):
    assert metrics.Mean()(values, weights) == mean
    assert metrics.Sum()(values, weights) == total


def test_the_loss_of_an_epoch_weights_batches_by_their_sizes():
    mean = metrics.Mean()
    mean.update_state(torch.tensor(1.0), sample_weight=32)
    mean.update_state(torch.tensor(4.0), sample_weight=16)
    assert mean.result() == 2.0


def test_nothing_has_mean_0():
    assert metrics.Mean().result() == 0.0
    assert metrics.Mean()(np.zeros((0, 3))) == 0.0
    assert metrics.Mean()([1.0], sample_weight=[0.0]) == 0.0


def test_weights_that_do_not_fit_say_their_shape():
    with pytest.raises(ValueError, match=r"got\s+\(3,\)\n\s+expected\s+a shape that broadcasts to \(2,\)"):
        metrics.Mean()([1.0, 2.0], [1.0, 1.0, 1.0])


def test_places_that_a_mask_leaves_out_do_not_count():
    y_pred = torch.tensor([[1.0], [0.0], [1.0]])
    y_pred._keras_mask = torch.tensor([True, False, True])
    assert metrics.BinaryAccuracy()(torch.tensor([[1.0], [1.0], [0.0]]), y_pred) == 0.5
    assert metrics.BinaryAccuracy()(torch.tensor([[1.0], [1.0], [0.0]]), y_pred, [3, 9, 1]) == 0.75


def test_a_function_becomes_a_metric_with_a_config():
    @registry.register_keras_serializable("tests", "distance")
    def distance(y_true, y_pred, scale=1.0):
        return scale * abs(y_true - y_pred)

    metric = metrics.MeanMetricWrapper(distance, name="mine", scale=2.0)
    again = metrics.MeanMetricWrapper.from_config(metric.get_config())
    values = np.array([0.0, 1.0]), np.array([1.0, 4.0])
    assert again(*values) == metric(*values) == 4.0
    assert not hasattr(again, "_direction")


@pytest.mark.parametrize("fn", [losses.mean_squared_error, losses.MeanSquaredError(reduction="none")])
def test_of_a_loss_less_is_better(fn):
    assert metrics.MeanMetricWrapper(fn)._direction == "down"


def test_shapes_are_known_without_values():
    symbols = KerasTensor((None, 5)), KerasTensor((None, 5))
    mean = metrics.MeanSquaredError()
    assert compute_output_spec(mean, *symbols).shape == ()
    assert mean.result() == 0.0
