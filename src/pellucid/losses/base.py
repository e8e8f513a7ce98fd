"""Loss: how far predictions are from the truth, as one number; and the parent of those made of a function.

Below:  weighting.py turns one loss per place into one number.
Beside: each family's file gives functions, and classes that keep the functions' arguments.
Above:  engine/ calls losses in every step of training.
"""

from __future__ import annotations

import torch

from pellucid import dtype_policies, nest, settings
from pellucid.dtypes import standardize_dtype, to_torch
from pellucid.errors import DtypeError, UnsupportedError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.operation import Operation, operation
from pellucid.graph.scopes import here
from pellucid.graph.symbol import any_symbolic
from pellucid.graph.values import convert_to_tensor
from pellucid.losses.weighting import (
    MEANS,
    reduce_weighted_values,
    squeeze_or_expand_to_same_rank,
    standardize_reduction,
)
from pellucid.naming import auto_name


class Loss:
    """How far predictions are from the truth.

    A subclass gives `call(y_true, y_pred)`: one loss per sample or place.

    Args:
        name: made from the class's name if None.
        reduction: ``"sum_over_batch_size"`` and ``"mean"`` average over all places, ``"mean_with_sample_weight"``
            divides by the sum of the weights, ``"sum"`` adds up, ``"none"`` and None leave one loss per place.
        dtype: of the computation, a name or a policy; None is `floatx`.

    Raises:
        ArgumentError: no such reduction.

    Source: keras.losses.Loss, Keras 3.15.
    """

    keeps_labels = False  # True where y_true holds class numbers: bfloat16 could not tell 256 from 257

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype=None):
        self.name = name or auto_name(type(self).__name__)
        self.reduction = standardize_reduction(reduction)
        self._dtype_policy = dtype_policies.get(dtype or settings.floatx())
        self._torch_dtype = to_torch(self.dtype)

    @property
    def dtype(self) -> str:
        """The dtype of the computation."""
        return self._dtype_policy.compute_dtype

    def __call__(self, y_true, y_pred, sample_weight=None):
        if any_symbolic((y_true, y_pred, sample_weight), {}):
            return _LossOperation(self).symbolic_call(y_true, y_pred, sample_weight)
        mask = getattr(y_pred, "_keras_mask", None)
        y_true = _converted(y_true, None if self.keeps_labels else self._torch_dtype)
        y_pred = _converted(y_pred, self._torch_dtype)
        if sample_weight is None and mask is None and self.reduction in MEANS:
            loss = self._mean_at_once(y_true, y_pred)
            if loss is not None:
                return loss
        values = self.call(y_true, y_pred)
        mask = _both(mask, getattr(values, "_keras_mask", None))
        return reduce_weighted_values(values, sample_weight, mask, self.reduction, self.dtype)

    def call(self, y_true, y_pred):
        """One loss per sample or place.

        Raises:
            UnsupportedError: a subclass does not give it.
        """
        raise UnsupportedError(f"{type(self).__name__} has no `call`.", fix="def call(self, y_true, y_pred): ...")

    def _mean_at_once(self, y_true, y_pred):
        """The mean of what `call` gives, computed in a shorter way; None where there is none."""

    def get_config(self) -> dict:
        """What makes it again, for `from_config`."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict):
        """Make it from what `get_config` gave."""
        return cls(**config)

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"


class LossFunctionWrapper(Loss):
    """A function ``fn(y_true, y_pred, **kwargs)`` as a loss.

    Args:
        fn: gives one loss per sample or place.
        kwargs: further arguments of `fn`.
    """

    # PyTorch's own mean of what `fn` gives, for the same arguments; it may answer None.
    fused_mean = None

    def __init__(
        self, fn, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype=None, **kwargs
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true, y_pred):
        if isinstance(y_pred, torch.Tensor) and isinstance(y_true, torch.Tensor):
            y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        else:
            pairs = [
                squeeze_or_expand_to_same_rank(*pair) for pair in zip(*map(nest.flatten, (y_true, y_pred)), strict=True)
            ]
            y_true = nest.pack_sequence_as(y_true, [pair[0] for pair in pairs])
            y_pred = nest.pack_sequence_as(y_pred, [pair[1] for pair in pairs])
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def _mean_at_once(self, y_true, y_pred):
        # A subclass may have a `call` of its own, which must then be what counts.
        if self.fused_mean is None or type(self).call is not LossFunctionWrapper.call:
            return None
        if not isinstance(y_pred, torch.Tensor) or not isinstance(y_true, torch.Tensor) or y_pred.numel() == 0:
            return None
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        return self.fused_mean(y_true, y_pred, **self._fn_kwargs)

    def get_config(self):
        return {
            **super().get_config(),
            "fn": serialize_keras_object(self.fn),
            **serialize_keras_object(self._fn_kwargs),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**(deserialize_keras_object(config) if "fn" in config else config))


class NamedLoss(LossFunctionWrapper):
    """The parent of Keras's own losses: its class stands for the function, so the config need not name it."""

    # Arguments that Keras leaves out of its configs, with their defaults: written where they differ, so that
    # a loss that was saved is the loss that is loaded.
    unwritten: dict = {}

    def __init__(self, fn, reduction, name, dtype, **kwargs):
        super().__init__(fn, reduction=reduction, name=name, dtype=dtype, **kwargs)
        vars(self).update(kwargs)

    def get_config(self):
        own = {key: value for key, value in self._fn_kwargs.items() if self.unwritten.get(key, _UNSET) != value}
        return {**Loss.get_config(self), **own}


_UNSET = object()


class _LossOperation(Operation):
    """A loss called on symbolic tensors."""

    def __init__(self, loss: Loss, name: str | None = None):
        super().__init__(name=name or auto_name(loss.name))
        self.loss = loss

    def call(self, y_true, y_pred, sample_weight=None):
        return self.loss(y_true, y_pred, sample_weight)


def operation_ending_in(word: str):
    """`operation` for functions whose name is taken: in graphs, ``_word`` is added to it.

    There is an operation `binary_crossentropy` in ops besides the loss, and a metric class `BinaryAccuracy` besides
    the function `binary_accuracy`.
    """

    def decorate(function):
        name = function.__name__
        function.__name__ = f"{name}_{word}"
        run = operation(function)
        run.__name__ = function.__name__ = name
        return run

    return decorate


loss_function = operation_ending_in("loss")


def aligned(y_true, y_pred) -> tuple[torch.Tensor, torch.Tensor]:
    """Both as tensors of y_pred's dtype (floatx where that is an integer one) and, if a last axis allows, of one rank."""
    y_true, y_pred = truth_like(y_true, y_pred)
    return squeeze_or_expand_to_same_rank(y_true, y_pred)


def truth_like(y_true, y_pred) -> tuple[torch.Tensor, torch.Tensor]:
    """Both as tensors of y_pred's dtype, floatx where that is an integer one."""
    y_pred = prediction(y_pred)
    if isinstance(y_true, torch.Tensor) and y_true.dtype == y_pred.dtype and here.device is None:
        return y_true, y_pred
    return convert_to_tensor(y_true, dtype=y_pred.dtype), y_pred


def prediction(y_pred) -> torch.Tensor:
    """A tensor with a fractional part."""
    y_pred = convert_to_tensor(y_pred)
    return y_pred if y_pred.is_floating_point() else y_pred.to(to_torch(settings.floatx()))


def _converted(structure, dtype):
    if isinstance(structure, torch.Tensor) and here.device is None:
        return structure if dtype is None or structure.dtype == dtype else _cast(structure, dtype)
    if _is_structure(structure):
        return nest.map_structure(lambda x: convert_to_tensor(x, dtype=dtype), structure)
    return convert_to_tensor(structure, dtype=dtype)


def _cast(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    if values.is_complex() and not dtype.is_complex:
        raise DtypeError(
            "A loss compares no complex numbers.",
            got=f"{standardize_dtype(values.dtype)}, shape {tuple(values.shape)}",
            expected=standardize_dtype(dtype),
            fix="abs(y), or ops.real(y) and ops.imag(y) side by side",
        )
    return values.to(dtype)


def _is_structure(x) -> bool:
    """Whether this is a structure of values, not a list of numbers that is one value."""
    return nest.is_nested(x) and (isinstance(x, dict) or any(hasattr(leaf, "shape") for leaf in nest.leaves(x)))


def _both(mask, other):
    if mask is None or other is None:
        return other if mask is None else mask
    return mask & other
