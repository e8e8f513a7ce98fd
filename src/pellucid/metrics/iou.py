"""Intersection over union: how well predicted areas lie on true ones, class by class.

Below: base.py keeps the confusion matrix; rows are true classes, columns predicted ones.
Source: keras.metrics, Keras 3.15.
"""

from __future__ import annotations

import warnings

import torch

from pellucid import settings
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.values import convert_to_tensor
from pellucid.metrics.base import Metric, accumulate


class IoU(Metric):
    """``true_positives / (true_positives + false_positives + false_negatives)``, averaged over some classes.

    Args:
        num_classes: of labels and predictions; other numbers do not count.
        target_class_ids: the classes to average over; those never met are left out.
        dtype: of the confusion matrix; None is int32, which cuts weights to whole numbers.
        ignore_class: places with this label do not count.
        sparse_y_true, sparse_y_pred: class numbers; else one-hot or shares.
        axis: where the classes lie in what is not sparse.

    Raises:
        ArgumentError: a target is not below `num_classes`.
    """

    _direction = "up"

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(name=name, dtype=dtype or "int32")
        if max(target_class_ids) >= num_classes:
            raise ArgumentError(
                "A target class does not exist.", got=max(target_class_ids), expected=f"0 to {num_classes - 1}"
            )
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", dtype=self.dtype, name="total_confusion_matrix"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account.

        Raises:
            ShapeError: labels, predictions or weights have different numbers of places.
        """
        with torch.no_grad():
            labels = _classes(y_true, self.sparse_y_true, self.axis)
            found = _classes(y_pred, self.sparse_y_pred, self.axis)
            if labels.numel() != found.numel():
                raise ShapeError(
                    "Labels and predictions do not have the same places.",
                    got=f"{labels.numel()} labels, {found.numel()} predictions",
                    expected="equal numbers",
                    fix="sparse_y_pred=False, if y_pred holds one value per class",
                )
            weights = self._weights(sample_weight, labels)
            counts = (labels >= 0) & (labels < self.num_classes) & (found >= 0) & (found < self.num_classes)
            if self.ignore_class is not None:
                counts &= labels != self.ignore_class
            places = torch.where(counts, labels * self.num_classes + found, 0)
            matrix = torch.zeros(self.num_classes**2, dtype=self._torch_dtype, device=labels.device)
            matrix = matrix.index_add(0, places, torch.where(counts, weights, 0))
            accumulate(self.total_cm, matrix.view(self.num_classes, self.num_classes))

    def _weights(self, sample_weight, labels):
        if sample_weight is None:
            return torch.ones_like(labels, dtype=self._torch_dtype)
        if "float" in str(getattr(sample_weight, "dtype", "")) and not self._torch_dtype.is_floating_point:
            warnings.warn(
                f"{self.name}: weights with fractions are cut to whole numbers, since the confusion matrix is "
                f'{self.dtype}; dtype="float32" keeps them.',
                stacklevel=3,
            )
        weights = convert_to_tensor(sample_weight, dtype=self.dtype)
        if weights.numel() not in (1, labels.numel()):
            raise ShapeError(
                "The sample weights do not fit the labels.",
                got=tuple(weights.shape),
                expected=f"one number, or one weight for each of {labels.numel()} labels",
            )
        return weights.flatten().expand(labels.shape)

    def result(self):
        """The mean over the target classes so far; 0 before the first batch."""
        matrix = self.total_cm.value
        hits = matrix.diagonal()[self.target_class_ids].float()
        areas = (matrix.sum(0) + matrix.sum(1) - matrix.diagonal())[self.target_class_ids].float()
        met = areas > 1e-9
        shares = torch.where(met, hits / (areas + settings.epsilon()), 0.0)
        return shares.sum() / (met.sum() + settings.epsilon())

    def get_config(self):
        words = ("num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return {**super().get_config(), **{word: getattr(self, word) for word in words}}

    def _config_without(self, *words):
        return {key: value for key, value in IoU.get_config(self).items() if key not in words}


def _classes(x, sparse, axis):
    """Class numbers, flat."""
    x = convert_to_tensor(x)
    return (x if sparse else x.argmax(axis)).flatten().long()


class BinaryIoU(IoU):
    """IoU of class 0, class 1 or both, for predictions between 0 and 1.

    Args:
        threshold: predictions of this and above are class 1.
    """

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(num_classes=2, target_class_ids=target_class_ids, name=name, dtype=dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch into account."""
        super().update_state(y_true, convert_to_tensor(y_pred, dtype="float32") >= self.threshold, sample_weight)

    def get_config(self):
        own = {"threshold": self.threshold}
        return {**self._config_without("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis"), **own}


class MeanIoU(IoU):
    """IoU averaged over all classes that were met. See `IoU` for the arguments."""

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(
            num_classes, list(range(num_classes)), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        )

    def get_config(self):
        return self._config_without("target_class_ids")


class OneHotIoU(IoU):
    """IoU for one-hot labels. See `IoU` for the arguments."""

    def __init__(
        self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None, sparse_y_pred=False, axis=-1
    ):
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self):
        return self._config_without("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """IoU averaged over all classes that were met, for one-hot labels. See `IoU` for the arguments."""

    def __init__(self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_pred=False, axis=-1):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self):
        return self._config_without("target_class_ids", "sparse_y_true")
