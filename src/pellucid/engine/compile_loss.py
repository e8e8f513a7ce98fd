"""CompileLoss: the losses of ``compile(loss=..., loss_weights=...)`` as one loss.

Below:  compile_names.py turns names into losses; alignment.py brings targets into the form of the outputs.
Above:  step.py calls it once per batch.
Kept true: what is minimised is the weighted sum; what is logged for each output is its loss without the weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from pellucid import losses, metrics, nest
from pellucid.engine.alignment import align_targets, at_path
from pellucid.engine.compile_names import loss_named
from pellucid.engine.refusals import refusal
from pellucid.errors import (
    ArgumentError,
    MissingKeyError,
    UnknownNameError,
    UnsupportedError,
    nearest,
)


@dataclass(frozen=True)
class Term:
    """One loss: where its output lies, what computes it, its weight (or None), its name in logs."""

    path: tuple
    loss: losses.Loss
    weight: object
    name: str


class CompileLoss(losses.Loss):
    """All losses that a user gave to `compile`.

    Args:
        loss: one loss, or a structure of them.
        loss_weights: a number, or a structure of numbers, one per loss.
        reduction: kept for Keras's signature; each loss reduces itself.
        output_names: the model's, in the order of its outputs.

    Raises:
        ArgumentError: `loss_weights` of another kind.
    """

    def __init__(self, loss, loss_weights=None, reduction="sum_over_batch_size", output_names=None):
        if loss_weights is not None and not isinstance(loss_weights, (list, tuple, dict, float, int)):
            raise ArgumentError(
                "`loss_weights` is a number, or a list or dict of numbers.",
                got=repr(loss_weights),
                fix="loss_weights=[1.0, 0.5]",
            )
        super().__init__(name="compile_loss", reduction=reduction)
        self._user_loss = loss
        self._user_loss_weights = loss_weights
        self.output_names = output_names
        self.built = False
        self._form = None
        self._terms: list[Term] = []
        self._trackers: list = []

    @property
    def metrics(self) -> list:
        """A mean for each loss, where there are several outputs."""
        return self._trackers

    @property
    def variables(self) -> list:
        """The variables of these means."""
        return [v for tracker in self._trackers for v in tracker.variables]

    def build(self, y_true, y_pred) -> None:
        """Find the loss of each output, by a first target and prediction.

        Raises:
            ArgumentError: losses or weights whose form does not fit the outputs.
            MissingKeyError: a loss for an output that is not there.
        """
        y_true = align_targets(y_true, y_pred, self._user_loss, self.output_names)
        self._form = nest.map_structure(lambda _: None, y_pred)
        planner = _Planner(self.output_names)
        loss = planner.in_order(self._user_loss, y_pred)
        weights = planner.in_order(self._user_loss_weights, y_pred, of_loss=self._user_loss)
        pairs = _paired(loss, weights)
        if isinstance(pairs, _Pair):  # one loss for all outputs
            pairs = nest.map_structure(lambda _: pairs, y_pred)
        planner.plan(y_true, y_pred, pairs, planner.names_like(y_pred), ())
        self._terms = planner.terms
        if len(self._terms) > 1 and nest.is_nested(y_pred):
            self._trackers = [metrics.Mean(name=f"{term.name}_loss") for term in self._terms]
        self.built = True

    def __call__(self, y_true, y_pred, sample_weight=None):
        return self.call(y_true, y_pred, sample_weight)

    def call(self, y_true, y_pred, sample_weight=None):
        """The weighted sum of all losses; None if there is none."""
        if not self.built:
            self.build(y_true, y_pred)
        if isinstance(y_pred, torch.Tensor) and isinstance(y_true, torch.Tensor) and len(self._terms) == 1:
            term = self._terms[0]
            return _weighted(_computed(term, y_true, y_pred, sample_weight), term.weight)
        y_true = align_targets(y_true, y_pred, self._user_loss, self.output_names)
        if nest.is_nested(sample_weight):
            sample_weight = self._as_built(align_targets(sample_weight, y_pred, self._user_loss, self.output_names))
        y_true, y_pred = self._as_built(y_true), self._as_built(y_pred)
        values = [self._value(k, term, y_true, y_pred, sample_weight) for k, term in enumerate(self._terms)]
        return sum(values[1:], values[0]) if values else None

    def _as_built(self, y):
        """A list for a dict, or a dict for a list, where the first outputs were of that kind."""
        if isinstance(y, dict) == isinstance(self._form, dict) or not nest.is_nested(y):
            return y
        return nest.pack_sequence_as(self._form, nest.flatten(y))

    def _value(self, k, term, y_true, y_pred, sample_weight):
        true, pred = at_path(y_true, term.path), at_path(y_pred, term.path)
        weight = at_path(sample_weight, term.path) if nest.is_nested(sample_weight) else sample_weight
        value = _computed(term, true, pred, weight)
        if self._trackers:
            with torch.no_grad():
                self._trackers[k].update_state(value.detach(), sample_weight=nest.flatten(pred)[0].shape[0])
        return _weighted(value, term.weight)

    def get_config(self):
        """Not to be had: `compile`'s own config says what made this."""
        raise UnsupportedError("CompileLoss has no config.", fix="model.get_compile_config()")


class _Planner:
    """Walks losses and outputs together, and notes a Term for each loss it meets."""

    def __init__(self, output_names):
        self.output_names = output_names
        self.terms: list[Term] = []

    def in_order(self, given, y_pred, of_loss=None):
        """A dict by output names as a list in the order of the outputs, where these are a list or a single one."""
        keyed = given if of_loss is None else of_loss
        if not isinstance(keyed, dict) or isinstance(y_pred, dict) or not self.output_names:
            return given
        if not isinstance(given, dict):
            return given
        if unknown := [name for name in keyed if name not in self.output_names]:
            close = nearest(str(unknown[0]), self.output_names)
            raise UnknownNameError(
                f"`loss` names the output {unknown[0]!r}, which the model does not have.",
                got=sorted(keyed),
                expected=self.output_names,
                fix=f"loss={{{(close or self.output_names)[0]!r}: ...}}",
            )
        if missing := [name for name in self.output_names if name not in keyed]:
            raise ArgumentError(
                f"`loss` says nothing about the output {missing[0]!r}.",
                got=sorted(keyed),
                expected=self.output_names,
                fix=f"loss={{..., {missing[0]!r}: None}}  # for no loss",
            )
        flat = [given.get(name) for name in self.output_names]
        return flat if nest.is_nested(y_pred) else flat[0]

    def names_like(self, y_pred):
        """The output names in the structure of the outputs."""
        count = len(nest.flatten(y_pred))
        names = self.output_names if self.output_names and len(self.output_names) == count else [None] * count
        return nest.pack_sequence_as(y_pred, names)

    def plan(self, y_true, y_pred, loss, names, path):
        """Note the terms of this part of the outputs."""
        if loss is None:
            return
        if isinstance(loss, _Pair):
            self._plan_one(y_true, y_pred, loss, names, path)
        elif isinstance(loss, (list, tuple)) and _is_list_of_leaves(loss) and len(loss) == len(nest.flatten(y_pred)):
            packed = nest.pack_sequence_as(y_pred, loss)
            self._plan_inside(y_true, y_pred, packed, names, path)
        elif isinstance(loss, (list, tuple)) and not isinstance(y_pred, type(loss)):
            for one in loss:  # several losses of the same outputs add up
                self.plan(y_true, y_pred, one, names, path)
        else:
            self._plan_inside(y_true, y_pred, loss, names, path)

    def _plan_one(self, y_true, y_pred, pair, names, path):
        """A single loss; where several outputs lie below, it gets all of them in their structure."""
        loss = loss_named(pair.loss, y_true, y_pred)
        self.terms.append(Term(path, loss, pair.weight, _term_name(path, names, loss)))

    def _plan_inside(self, y_true, y_pred, loss, names, path):
        if isinstance(loss, _Pair):
            self._plan_one(y_true, y_pred, loss, names, path)
            return
        if isinstance(loss, dict) != isinstance(y_pred, dict) or not nest.is_nested(y_pred):
            raise MissingKeyError(
                f"The form of `loss` does not fit the outputs{_told(path)}.",
                got=type(loss).__name__,
                expected=f"{type(y_pred).__name__}, as the model gives it",
            )
        for key, one in loss.items() if isinstance(loss, dict) else enumerate(loss):
            if one is None:
                continue
            if not _has(y_pred, key) or not _has(y_true, key):
                lacking = "the model's output" if not _has(y_pred, key) else "the targets"
                is_keyed = isinstance(y_pred, dict)
                raise MissingKeyError(
                    f"`loss` asks for {key!r}{_told(path)}, which {lacking} does not hold.",
                    got=repr(key) if is_keyed else f"{len(loss)} losses",
                    expected=list(y_pred) if is_keyed else f"{len(y_pred)}, one for each output",
                )
            self.plan(y_true[key], y_pred[key], one, names[key], (*path, key))


class _Pair:
    """A loss and its weight: a leaf for nest, whatever the weight is."""

    def __init__(self, loss, weight):
        self.loss, self.weight = loss, weight


def _paired(loss, weights):
    """The structure of losses, each with its weight."""
    if weights is None:
        return nest.map_structure(lambda one: None if one is None else _Pair(one, None), loss)
    flat, flat_weights = nest.flatten(loss), nest.flatten(weights)
    if len(flat) != len(flat_weights):
        raise ArgumentError(
            "`loss_weights` must match the losses, one weight for each.",
            got=f"{len(flat_weights)} weights",
            expected=f"{len(flat)}, for as many losses",
        )
    pairs = [None if one is None else _Pair(one, weight) for one, weight in zip(flat, flat_weights, strict=True)]
    return nest.pack_sequence_as(loss, pairs)


def _is_list_of_leaves(loss) -> bool:
    return not any(nest.is_nested(one) for one in loss)


def _has(structure, key) -> bool:
    if isinstance(structure, dict):
        return key in structure
    return isinstance(structure, (list, tuple)) and isinstance(key, int) and key < len(structure)


def _told(path) -> str:
    return f" at {'/'.join(map(str, path))}" if path else ""


def _term_name(path, names, loss) -> str:
    """The path with the output's name in place of a number: ``a``, ``a/c``; the loss's name if nobody says one.

    A loss of several outputs is named after its place, or after all of them: ``a_b``.
    """
    if nest.is_nested(names):
        return "/".join(map(str, path)) or "_".join(map(str, names if isinstance(names, dict) else nest.flatten(names)))
    name = loss.name if names is None else names
    if not path:
        path = (name,)
    elif isinstance(path[-1], int):
        path = (*path[:-1], name)
    return "/".join(map(str, path))


def _weighted(value, weight):
    if weight is None:
        return value
    return value * (
        weight if isinstance(weight, (int, float)) else torch.as_tensor(weight, dtype=value.dtype, device=value.device)
    )


def _computed(term: Term, y_true, y_pred, sample_weight):
    """The loss of one output; a refusal says what was compared, and what may have been meant."""
    try:
        return term.loss(y_true, y_pred, sample_weight)
    except UnsupportedError:
        raise
    except (ValueError, RuntimeError, IndexError, TypeError) as error:
        explained = refusal(term.loss.name, term.name, error, y_true, y_pred)
        if explained is None:
            raise
        raise explained from error
