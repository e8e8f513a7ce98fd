"""Loss as a parent: what a user's own loss gets from it."""

import pickle

import numpy as np
import pytest
import torch

from pellucid import Input, Model, config, dtype_policies, losses, metrics, registry, settings
from pellucid.errors import UnsupportedError
from pellucid.losses.base import LossFunctionWrapper


class Difference(losses.Loss):
    def call(self, y_true, y_pred):
        return torch.abs(y_true - y_pred)


def test_a_users_loss_is_averaged_over_all_places():
    assert Difference()([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [3.0, 2.0]]) == 1.0  # (0 + 2 + 0 + 2) / 4


def test_a_loss_without_call_says_what_to_write():
    with pytest.raises(NotImplementedError, match=r"def call\(self, y_true, y_pred\)"):
        losses.Loss()([1.0], [1.0])
    assert issubclass(UnsupportedError, NotImplementedError)


def test_a_subclass_with_a_call_of_its_own_is_what_counts():
    class Doubled(losses.MeanSquaredError):
        def call(self, y_true, y_pred):
            return 2 * super().call(y_true, y_pred)

    assert Doubled()([[0.0]], [[3.0]]) == 18.0


def test_an_empty_batch_has_no_loss():
    assert losses.MeanSquaredError()(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0,)
    assert Difference()(np.zeros((0, 3)), np.zeros((0, 3))) == 0.0


def test_a_mask_and_weights_count_together():
    y_pred = torch.tensor([1.0, 2.0, 3.0, 4.0])
    y_pred._keras_mask = torch.tensor([True, False, True, True])
    # 0.4*1 + 0.2*3 + 0.1*4 = 1.4, over the three that count
    assert Difference()(torch.zeros(4), y_pred, [0.4, 0.3, 0.2, 0.1]) == pytest.approx(1.4 / 3)


def test_a_batch_that_is_masked_out_has_loss_0():
    y_pred = torch.tensor([1.0, 2.0])
    y_pred._keras_mask = torch.tensor([False, False])
    assert Difference()(torch.zeros(2), y_pred) == 0.0
    assert Difference(reduction="mean_with_sample_weight")([1.0], [3.0], sample_weight=[0.0]) == 0.0


def test_weights_that_do_not_fit_say_their_shape():
    with pytest.raises(ValueError, match=r"got\s+\(3,\)\n\s+expected\s+a shape that broadcasts to \(2,\)"):
        Difference()([1.0, 2.0], [1.0, 2.0], sample_weight=[1.0, 1.0, 1.0])


def test_an_unknown_reduction_lists_those_known():
    with pytest.raises(ValueError, match=r"got\s+'average'\n.*'sum_over_batch_size', 'mean', 'sum'"):
        Difference(reduction="average")


def test_structures_are_compared_leaf_by_leaf():
    class OfTwo(losses.Loss):
        def call(self, y_true, y_pred):
            return sum(torch.abs(y_true[key] - y_pred[key]) for key in y_true)

    ones, zeros = {"a": np.ones(2), "b": np.ones(2)}, {"a": np.zeros(2), "b": np.zeros(2)}
    assert OfTwo()(ones, zeros) == 2.0


def test_class_numbers_survive_a_narrow_dtype():
    # bfloat16 knows no 257; were labels cast, class 256 would be looked up.
    shares = np.full((1, 300), 1e-3, "float32")
    shares[0, 257] = 1.0
    loss = losses.SparseCategoricalCrossentropy(dtype="bfloat16")(np.array([257]), shares)
    assert loss < 1.0


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float16", "float16"), (dtype_policies.DTypePolicy("mixed_float16"), "float16"), (None, "float32")],
)
def test_the_dtype_is_a_name_or_a_policys_compute_dtype(dtype, expected):
    assert Difference(dtype=dtype).dtype == expected
    with pytest.raises(AttributeError):
        Difference().dtype = "float16"


def test_floatx_is_the_default_dtype_whatever_the_policy():
    config.set_dtype_policy("mixed_float16")
    assert Difference().dtype == "float32"
    settings.set_floatx("float64")
    try:
        assert Difference()([1.0], [0.0]).dtype == torch.float64
    finally:
        settings.set_floatx("float32")


def test_a_function_becomes_a_loss_with_a_config():
    @registry.register_keras_serializable("tests", "cubed")
    def cubed(y_true, y_pred, scale=1.0):
        return scale * torch.abs(y_true - y_pred) ** 3

    loss = LossFunctionWrapper(cubed, name="mine", scale=2.0)
    again = LossFunctionWrapper.from_config(loss.get_config())
    assert again([0.0], [2.0]) == loss([0.0], [2.0]) == 16.0


def test_losses_and_their_functions_can_be_pickled():
    assert pickle.loads(pickle.dumps(losses.mean_squared_error)) is losses.mean_squared_error
    assert pickle.loads(pickle.dumps(losses.Huber(delta=2.0)))([0.0], [1.0]) == 0.5


@pytest.mark.parametrize("function", [losses.mean_squared_error, losses.binary_crossentropy, metrics.binary_accuracy])
def test_a_model_with_a_score_inside_goes_through_its_config(function):
    inputs = [Input((3,)), Input((3,))]
    model = Model(inputs, function(*inputs))
    again = Model.from_config(model.get_config())
    values = [torch.tensor([[0.0, 1.0, 1.0]]), torch.tensor([[0.2, 0.7, 0.4]])]
    assert torch.equal(again(values), function(*values))
