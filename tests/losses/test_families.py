"""What single losses do beyond the laws: corners, errors, warnings."""

import keras
import numpy as np
import pytest
import torch

from pellucid import losses


def test_a_column_and_a_row_of_numbers_are_compared_one_to_one():
    y_true, y_pred = np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0], [5.0]])
    assert losses.MeanSquaredError()(y_true, y_pred) == pytest.approx(4 / 3)
    np.testing.assert_allclose(losses.mean_squared_error(y_true, y_pred), [0, 0, 4])


@pytest.mark.parametrize(
    "name", ["mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "cosine_similarity"]
)
def test_whole_numbers_are_compared_as_floats(name):
    y_true, y_pred = [[1, 2, 3]], [[3, 2, 4]]
    expected = getattr(keras.losses, name)(y_true, np.array(y_pred, "float32"))
    np.testing.assert_allclose(getattr(losses, name)(y_true, y_pred), expected, rtol=1e-6)


@pytest.mark.parametrize("loss", ["BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"])
def test_certainty_has_a_finite_loss(loss):
    y_true = np.array([0]) if loss.startswith("Sparse") else np.array([[1.0, 0.0]])
    wrong = np.array([[0.0, 1.0]], "float32")
    got, expected = (getattr(module, loss)()(y_true, wrong) for module in (losses, keras.losses))
    assert got.isfinite()
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_ignored_places_have_no_say_even_if_nan():
    y_pred = torch.tensor([[0.2, 0.8], [float("nan"), float("nan")]], requires_grad=True)
    loss = losses.SparseCategoricalCrossentropy(ignore_class=255)(torch.tensor([1, 255]), y_pred)
    loss.backward()
    assert loss.item() == pytest.approx(-np.log(0.8))
    assert y_pred.grad[1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("loss", "y_true", "y_pred"),
    [
        ("BinaryCrossentropy", (4, 1), (4, 2)),
        ("CategoricalCrossentropy", (4,), (4, 3)),
        ("SparseCategoricalCrossentropy", (3,), (4, 3)),
        ("SparseCategoricalCrossentropy", (4, 3), (4, 3)),
        ("CategoricalGeneralizedCrossEntropy", (4, 3), (4, 3)),
        ("CTC", (4,), (4, 3, 2)),
        ("CTC", (4, 2), (4, 2)),
        ("MeanSquaredError", (4, 2), (4, 3)),
    ],
)
def test_shapes_that_do_not_fit_are_told(loss, y_true, y_pred):
    with pytest.raises(ValueError, match=r"got .*4") as caught:
        getattr(losses, loss)()(np.zeros(y_true, "int64"), np.full(y_pred, 0.5, "float32"))
    assert type(caught.value).__module__ == "pellucid.errors"


def test_an_axis_is_no_bool():
    for function in (losses.categorical_crossentropy, losses.categorical_focal_crossentropy):
        with pytest.raises(ValueError, match="axis=-1"):
            function([[0.0, 1.0]], [[0.5, 0.5]], axis=True)


def test_one_class_only_is_warned_of():
    with pytest.warns(SyntaxWarning, match="binary_crossentropy"):
        losses.categorical_crossentropy([[1.0]], [[0.5]])


@pytest.mark.parametrize("q", [0, 1, -0.5, 2])
def test_q_lies_between_0_and_1(q):
    with pytest.raises(ValueError, match="0 < q < 1"):
        losses.CategoricalGeneralizedCrossEntropy(q=q)


def test_circle_compares_with_references():
    random = np.random.default_rng(3)
    embeddings, references = random.normal(size=(5, 4)).astype("float32"), random.normal(size=(6, 4)).astype("float32")
    arguments = (np.array([1, 1, 2, 2, 3]), embeddings, np.array([1, 1, 2, 2, 3, 4]), references, False)
    np.testing.assert_allclose(losses.circle(*arguments), keras.losses.circle(*arguments), rtol=1e-5)


def test_arguments_that_keras_leaves_out_are_kept_where_they_matter():
    assert losses.Huber().get_config() == {"name": "huber_loss", "reduction": "sum_over_batch_size"}
    assert losses.Huber(delta=2.0).get_config()["delta"] == 2.0
    assert losses.CosineSimilarity.from_config(losses.CosineSimilarity(axis=1).get_config()).axis == 1
