"""Each loss with labels and predictions that suit it; a new loss adds a row and gets every law of test_laws.py."""

import numpy as np

_random = np.random.default_rng(7)


def _shares(*shape):
    x = _random.uniform(0.05, 1.0, shape)
    return (x / x.sum(-1, keepdims=True)).astype("float32")


NUMBERS = (_random.normal(size=(4, 3)).astype("float32"), _random.normal(size=(4, 3)).astype("float32"))
POSITIVE = (_random.uniform(0.1, 5, (4, 3)).astype("float32"), _random.uniform(0.1, 5, (4, 3)).astype("float32"))
BINARY = (_random.integers(0, 2, (4, 3)).astype("float32"), _random.uniform(0.02, 0.98, (4, 3)).astype("float32"))
SIGNS = (np.sign(NUMBERS[0]), NUMBERS[1])
ONE_HOT = (np.eye(5, dtype="float32")[[1, 4, 0, 4]], _shares(4, 5))
LABELS = (np.array([1, 4, 0, 4]), _shares(4, 5))
COLUMN = (np.array([[1], [4], [0], [4]]), _shares(4, 5))
PIXELS = (_random.integers(0, 5, (2, 3, 3)), _shares(2, 3, 3, 5))
CHANNELS_FIRST = (_random.integers(0, 3, (2, 4)), np.moveaxis(_shares(2, 4, 3), -1, 1))
LOGITS = (np.array([1, 4, 0, 4]), _random.normal(size=(4, 5)).astype("float32") * 3)
ONE_HOT_LOGITS = (ONE_HOT[0], LOGITS[1])
IGNORED = (np.array([1, -1, 0, -1]), _shares(4, 5))
SEQUENCES = (np.array([[1, 2, 1, 0], [1, 2, 0, 0]]), _random.normal(size=(2, 6, 4)).astype("float32"))
_embeddings = _random.normal(size=(6, 4)).astype("float32")
EMBEDDINGS = (
    np.array([1, 1, 2, 2, 3, 3]), _embeddings / np.linalg.norm(_embeddings, axis=-1, keepdims=True),
)  # fmt: skip
AREAS = (_random.integers(0, 2, (3, 4, 4, 1)).astype("float32"), _random.uniform(0, 1, (3, 4, 4, 1)).astype("float32"))

# Class, its arguments, labels and predictions.
CASES = [
    ("MeanSquaredError", {}, NUMBERS),
    ("MeanAbsoluteError", {}, NUMBERS),
    ("MeanAbsolutePercentageError", {}, NUMBERS),
    ("MeanSquaredLogarithmicError", {}, POSITIVE),
    ("Huber", {}, NUMBERS),
    ("Huber", {"delta": 0.3}, NUMBERS),
    ("LogCosh", {}, NUMBERS),
    ("CosineSimilarity", {}, NUMBERS),
    ("CosineSimilarity", {"axis": 0}, NUMBERS),
    ("Hinge", {}, SIGNS),
    ("Hinge", {}, BINARY),
    ("SquaredHinge", {}, SIGNS),
    ("CategoricalHinge", {}, ONE_HOT),
    ("KLDivergence", {}, (_shares(4, 5), _shares(4, 5))),
    ("Poisson", {}, POSITIVE),
    ("BinaryCrossentropy", {}, BINARY),
    ("BinaryCrossentropy", {"label_smoothing": 0.1, "axis": 0}, BINARY),
    ("BinaryCrossentropy", {"from_logits": True}, (BINARY[0], NUMBERS[0])),
    ("BinaryFocalCrossentropy", {}, BINARY),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.4, "gamma": 1.5, "axis": 0}, BINARY),
    ("BinaryFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, (BINARY[0], NUMBERS[0])),
    ("CategoricalCrossentropy", {}, ONE_HOT),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, ONE_HOT),
    ("CategoricalCrossentropy", {"axis": 0}, ONE_HOT),
    ("CategoricalCrossentropy", {"from_logits": True}, ONE_HOT_LOGITS),
    ("CategoricalFocalCrossentropy", {}, ONE_HOT),
    ("CategoricalFocalCrossentropy", {"alpha": 0.7, "gamma": 1.0, "from_logits": True}, ONE_HOT_LOGITS),
    ("CategoricalFocalCrossentropy", {"label_smoothing": 0.1, "axis": 0}, ONE_HOT),
    ("SparseCategoricalCrossentropy", {}, LABELS),
    ("SparseCategoricalCrossentropy", {}, COLUMN),
    ("SparseCategoricalCrossentropy", {}, PIXELS),
    ("SparseCategoricalCrossentropy", {"axis": 1}, CHANNELS_FIRST),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, LOGITS),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, PIXELS),
    ("SparseCategoricalCrossentropy", {"from_logits": True, "axis": 1}, CHANNELS_FIRST),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1}, IGNORED),
    ("SparseCategoricalCrossentropy", {"ignore_class": 2, "from_logits": True}, PIXELS),
    ("CategoricalGeneralizedCrossEntropy", {}, LABELS),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.8}, PIXELS),
    ("CTC", {}, SEQUENCES),
    ("Dice", {}, AREAS),
    ("Dice", {"axis": (1, 2, 3)}, AREAS),
    ("Tversky", {"alpha": 0.2, "beta": 0.8}, AREAS),
    ("Tversky", {"axis": (1, 2, 3)}, AREAS),
    ("Circle", {}, EMBEDDINGS),
    ("Circle", {"gamma": 2.0, "margin": 0.1, "remove_diagonal": False}, EMBEDDINGS),
]  # fmt: skip
IDS = [f"{name}-{i}" for i, (name, _, _) in enumerate(CASES)]
