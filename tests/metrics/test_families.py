"""What single metrics do beyond the laws: numbers by hand, corners, errors, warnings."""

import keras
import numpy as np
import pytest
import torch

from pellucid import metrics
from pellucid.graph.symbol import KerasTensor

FUNCTIONS = [
    ("binary_accuracy", (4, 3), (4, 3)),
    ("categorical_accuracy", (4, 3), (4, 3)),
    ("sparse_categorical_accuracy", (4,), (4, 3)),
    ("sparse_categorical_accuracy", (2, 4, 1), (2, 4, 3)),
    ("top_k_categorical_accuracy", (2, 4, 6), (2, 4, 6)),
    ("sparse_top_k_categorical_accuracy", (2, 4), (2, 4, 6)),
    ("pearson_correlation", (4, 3), (4, 3)),
    ("concordance_correlation", (4, 3), (4, 3)),
]


@pytest.mark.parametrize(("name", "y_true", "y_pred"), FUNCTIONS)
def test_functions_give_kerass_values_and_symbolic_shapes(name, y_true, y_pred):
    random = np.random.default_rng(5)
    values = random.integers(0, 3, y_true).astype("float32"), random.uniform(size=y_pred).astype("float32")
    if "correlation" in name:
        values = values[1], values[1] ** 2 + 0.1
    ours, theirs = (getattr(module, name)(*values) for module in (metrics, keras.metrics))
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    symbol = getattr(metrics, name)(*(KerasTensor((None, *x.shape[1:])) for x in values))
    assert symbol.shape == (None, *ours.shape[1:])


def test_more_of_the_top_than_there_are_classes_is_all():
    assert metrics.SparseTopKCategoricalAccuracy(k=9)([0, 1], [[0.1, 0.9], [0.9, 0.1]]) == 1.0


def test_a_prediction_on_the_threshold_is_not_above_it():
    assert metrics.TruePositives()([1, 1, 1], [0.4, 0.5, 0.6]) == 1.0
    assert metrics.BinaryAccuracy()([1, 1, 0], [0.5, 0.6, 0.5]) == pytest.approx(2 / 3)
    assert metrics.BinaryIoU(target_class_ids=[1])([1, 1], [0.5, 0.6]) == pytest.approx(1.0)  # here it is


def test_precision_and_recall_by_hand():
    y_true, y_pred = [0, 1, 1, 1], [1, 0, 1, 1]
    assert metrics.Precision()(y_true, y_pred) == pytest.approx(2 / 3)
    assert metrics.Recall()(y_true, y_pred) == pytest.approx(2 / 3)
    assert metrics.Precision()([0, 0], [0, 0]) == 0.0


def test_a_perfect_order_has_area_1_and_a_turned_one_0():
    assert metrics.AUC()([0, 0, 1, 1], [0.0, 0.1, 0.8, 0.9]) == 1.0
    assert metrics.AUC()([1, 1, 0, 0], [0.0, 0.1, 0.8, 0.9]) == 0.0


def test_predictions_outside_0_to_1_and_nan_do_not_break_a_count():
    result = metrics.AUC()([0, 1, 1, 0], [-3.0, 5.0, float("inf"), float("nan")])
    assert result == 1.0


def test_a_correlation_is_1_on_a_rising_line_and_concordance_less_where_it_is_shifted():
    x = np.array([[1.0, 2.0, 3.0]])
    assert metrics.PearsonCorrelation()(x, 2 * x + 5) == pytest.approx(1.0)
    # Lin: 2 * 2/3 / (2/3 + 2/3 + 1**2)
    assert metrics.ConcordanceCorrelation()(x, x + 1) == pytest.approx(4 / 7, abs=1e-6)


def test_an_adjusted_score_needs_samples():
    values = np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [2.0], [3.0]])
    assert metrics.R2Score(num_regressors=1)(*values) < metrics.R2Score()(*values)
    with pytest.warns(UserWarning, match="more samples than 2 predictors"):
        assert metrics.R2Score(num_regressors=2)(*values) == metrics.R2Score()(*values)


def test_weights_with_fractions_are_warned_of_where_they_would_be_cut():
    with pytest.warns(UserWarning, match='dtype="float32" keeps them'):
        metrics.MeanIoU(num_classes=2)([0, 1], [0, 1], np.array([0.5, 1.5]))


ERRORS = [
    (lambda: metrics.TruePositives(thresholds=[-1, 0.5, 2]), r"got\s+\[-1, 2\]\n\s+expected\s+numbers in 0 to 1"),
    (lambda: metrics.Precision(thresholds=[None]), r"got\s+\[None\]"),
    (lambda: metrics.PrecisionAtRecall(1.5), r"`recall` is a rate.\n\s+got\s+1.5\n\s+expected\s+0 to 1"),
    (lambda: metrics.SpecificityAtSensitivity(0.4, num_thresholds=-1), "num_thresholds"),
    (lambda: metrics.AUC(num_thresholds=1), "num_thresholds of 2 or more"),
    (lambda: metrics.AUC(num_thresholds=2**31), r"So many thresholds(?s:.*)at most 1000000"),
    (lambda: metrics.AUC(curve="RO"), r'fix\s+curve="ROC"'),
    (lambda: metrics.AUC(summation_method="major"), 'summation_method="majoring"'),
    (lambda: metrics.AUC(num_labels=2), "multi_label=True"),
    (lambda: metrics.AUC(multi_label=True)([0, 1], [0.1, 0.9]), r"expected\s+\(batch, labels\)"),
    (lambda: metrics.IoU(2, [0, 2]), r"got\s+2\n\s+expected\s+0 to 1"),
    (lambda: metrics.MeanIoU(3)([0, 1], [[0.1, 0.2, 0.7], [0.1, 0.2, 0.7]]), "sparse_y_pred=False"),
    (lambda: metrics.MeanIoU(3)([0, 1, 2], [0, 1, 2], [1, 2]), "each of 3 labels"),
    (lambda: metrics.F1Score(average="all"), "'micro', 'macro', 'weighted'"),
    (lambda: metrics.FBetaScore(beta=1), "`beta` is a float above 0"),
    (lambda: metrics.F1Score(threshold=1.1), "`threshold` is a float above 0 and up to 1"),
    (lambda: metrics.F1Score()([0, 1], [0, 1]), r"F1Score takes rows.*\n\s+got\s+y_true \(2,\)"),
    (lambda: metrics.R2Score(class_aggregation="mean"), "uniform_average"),
    (lambda: metrics.R2Score(num_regressors=-1), "0 or more"),
    (lambda: metrics.R2Score()([0.0, 1.0], [0.0, 1.0]), "R2Score takes rows"),
    (lambda: metrics.Precision()([0, 1], [[0.1, 0.2], [0.3, 0.4]]), r"y_true \(2,\), y_pred \(2, 2\)"),
    (lambda: metrics.Precision(class_id=2)([[0, 1]], [[0.1, 0.2]]), "no class 2"),
    (lambda: metrics.Recall()([0, 1], [0.1, 0.2], [1, 2, 3]), "one weight per sample"),
    (lambda: metrics.CategoricalAccuracy()(np.eye(3), np.eye(2)), r"y_true \(3,\), y_pred \(2,\)"),
    (lambda: metrics.TopKCategoricalAccuracy()(np.eye(3), np.eye(2)), "one label for each row"),
]


@pytest.mark.parametrize(("wrong", "text"), ERRORS)
def test_what_is_wrong_is_told(wrong, text):
    with pytest.raises(ValueError, match=text):
        wrong()


def test_thresholds_near_but_not_on_even_ones_are_taken_as_they_are():
    # 0.49 is no 0.5: 0.495 lies above it.
    assert metrics.TruePositives(thresholds=[0.0, 0.49, 1.0])([1], [0.495]).tolist() == [1.0, 1.0, 0.0]


def test_counts_follow_the_device_of_the_variables():
    metric = metrics.Precision(thresholds=[0.2, 0.8])
    metric.update_state(torch.tensor([1, 0]), torch.tensor([0.9, 0.3]))
    assert metric.result().tolist() == [0.5, 1.0]
