"""Each metric with two batches that suit it; a new metric adds a row and gets every law of test_laws.py."""

import numpy as np

_random = np.random.default_rng(11)


def _batches(make):
    return [make(6), make(4)]


def _shares(rows, classes=4):
    x = _random.uniform(0.05, 1.0, (rows, classes))
    return (x / x.sum(-1, keepdims=True)).astype("float32")


NUMBERS = _batches(lambda n: tuple(_random.normal(size=(2, n, 3)).astype("float32")))
POSITIVE = _batches(lambda n: tuple(_random.uniform(0.1, 4, (2, n, 3)).astype("float32")))
# Sixteenths, so that thresholds are met exactly.
BINARY = _batches(
    lambda n: (
        _random.integers(0, 2, (n, 3)).astype("float32"),
        (_random.integers(0, 17, (n, 3)) / 16).astype("float32"),
    )
)
COLUMN = _batches(lambda n: (_random.integers(0, 2, n), _random.uniform(0, 1, (n, 1)).astype("float32")))
LABELS = _batches(lambda n: (_random.integers(0, 4, n), _shares(n)))
ONE_HOT = _batches(lambda n: (np.eye(4, dtype="float32")[_random.integers(0, 4, n)], _shares(n)))
CLASSES = _batches(lambda n: (_random.integers(0, 4, n), _random.integers(0, 4, n)))
SORTED_IDS = _batches(lambda n: (_random.integers(0, 4, n), np.argsort(-_shares(n), -1)))
LOGITS = _batches(
    lambda n: (_random.integers(0, 2, (n, 3)).astype("float32"), _random.normal(size=(n, 3)).astype("float32"))
)

# Class, its arguments, batches.
CASES = [
    ("Sum", {}, NUMBERS),
    ("Mean", {}, NUMBERS),
    ("Accuracy", {}, CLASSES),
    ("BinaryAccuracy", {}, BINARY),
    ("BinaryAccuracy", {"threshold": 0.25}, COLUMN),
    ("CategoricalAccuracy", {}, ONE_HOT),
    ("SparseCategoricalAccuracy", {}, LABELS),
    ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, LABELS),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, SORTED_IDS),
    *[(f"{truth}{side}", {}, BINARY) for truth in ("True", "False") for side in ("Positives", "Negatives")],
    ("TruePositives", {"thresholds": [0.75, 0.25]}, BINARY),
    ("TrueNegatives", {"thresholds": [0.0, 0.5, 1.0]}, BINARY),
    ("Precision", {}, BINARY),
    ("Precision", {"thresholds": [0.5, 0.1, 0.9]}, BINARY),
    ("Precision", {"top_k": 2}, ONE_HOT),
    ("Precision", {"class_id": 1}, ONE_HOT),
    ("Precision", {"top_k": 2, "class_id": 1, "thresholds": 0.2}, ONE_HOT),
    ("Recall", {}, COLUMN),
    ("Recall", {"thresholds": [0.0, 0.5, 1.0]}, BINARY),
    ("Recall", {"top_k": 3, "class_id": 2}, ONE_HOT),
    ("SensitivityAtSpecificity", {"specificity": 0.4}, BINARY),
    ("SpecificityAtSensitivity", {"sensitivity": 0.4, "num_thresholds": 17}, BINARY),
    ("PrecisionAtRecall", {"recall": 0.6, "num_thresholds": 1}, BINARY),
    ("RecallAtPrecision", {"precision": 0.6, "class_id": 0}, BINARY),
    *[
        ("AUC", {"curve": curve, "summation_method": method}, BINARY)
        for curve in ("ROC", "PR", "PRGAIN")
        for method in ("interpolation", "majoring", "minoring")
    ],
    ("AUC", {"num_thresholds": 17, "multi_label": True}, BINARY),
    ("AUC", {"multi_label": True, "num_labels": 3, "label_weights": [0.2, 0.3, 0.5], "curve": "PR"}, BINARY),
    ("AUC", {"label_weights": [0.2, 0.3, 0.5]}, BINARY),
    ("AUC", {"thresholds": [0.9, 0.25, 0.3]}, BINARY),
    ("AUC", {"thresholds": [0.5], "multi_label": True}, BINARY),
    ("AUC", {"from_logits": True}, LOGITS),
    ("IoU", {"num_classes": 4, "target_class_ids": [0, 2]}, CLASSES),
    ("IoU", {"num_classes": 3, "target_class_ids": [1], "ignore_class": 0, "dtype": "float32"}, CLASSES),
    ("BinaryIoU", {"threshold": 0.25, "target_class_ids": [1]}, BINARY),
    ("MeanIoU", {"num_classes": 4}, CLASSES),
    ("MeanIoU", {"num_classes": 4, "sparse_y_pred": False}, LABELS),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [1, 3]}, ONE_HOT),
    ("OneHotMeanIoU", {"num_classes": 4}, ONE_HOT),
    ("F1Score", {}, ONE_HOT),
    ("F1Score", {"average": "weighted", "threshold": 0.3}, ONE_HOT),
    ("FBetaScore", {"average": "micro", "beta": 2.0}, ONE_HOT),
    ("FBetaScore", {"average": "macro", "beta": 0.5, "threshold": 0.5}, BINARY),
    ("MeanSquaredError", {}, NUMBERS),
    ("MeanAbsoluteError", {}, NUMBERS),
    ("MeanAbsolutePercentageError", {}, NUMBERS),
    ("MeanSquaredLogarithmicError", {}, POSITIVE),
    ("RootMeanSquaredError", {}, NUMBERS),
    ("LogCoshError", {}, NUMBERS),
    ("CosineSimilarity", {}, NUMBERS),
    ("R2Score", {}, NUMBERS),
    ("R2Score", {"class_aggregation": None}, NUMBERS),
    ("R2Score", {"class_aggregation": "variance_weighted_average", "num_regressors": 2}, NUMBERS),
    ("PearsonCorrelation", {}, NUMBERS),
    ("ConcordanceCorrelation", {}, NUMBERS),
    ("Hinge", {}, BINARY),
    ("SquaredHinge", {}, BINARY),
    ("CategoricalHinge", {}, ONE_HOT),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, BINARY),
    ("CategoricalCrossentropy", {}, ONE_HOT),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, LABELS),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2}, LABELS),
    ("KLDivergence", {}, POSITIVE),
    ("Poisson", {}, POSITIVE),
]
IDS = [f"{name}-{i}" for i, (name, _, _) in enumerate(CASES)]
