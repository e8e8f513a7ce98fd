"""CompileMetrics: the metrics of ``compile(metrics=..., weighted_metrics=...)`` as one metric.

Below:  compile_names.py turns names into metrics once shapes are known.
Above:  step.py updates it, train.py reads its result.
Kept true: metrics come in the order of the outputs, plain ones before weighted ones; two of one name are numbered.
"""

from __future__ import annotations

from collections import OrderedDict

from pellucid import metrics as metrics_module
from pellucid import nest
from pellucid.engine.compile_names import metric_named
from pellucid.errors import ArgumentError, OrderError, UnsupportedError


class MetricsOfOutput:
    """The metrics of one output of a model, and the output's name where logs say it."""

    def __init__(self, identifiers, y_true, y_pred, output_name=None):
        several = identifiers if isinstance(identifiers, (list, tuple)) else [identifiers]
        self.metrics = [metric_named(one, y_true, y_pred) for one in several]
        self.output_name = output_name

    def names(self) -> list[tuple]:
        """Pairs of the name in logs and the metric."""
        prefix = f"{self.output_name}_" if self.output_name else ""
        return [(prefix + metric.name, metric) for metric in self.metrics]


class CompileMetrics(metrics_module.Metric):
    """All metrics that a user gave to `compile`.

    Args:
        metrics, weighted_metrics: lists or dicts, as `compile` takes them.
        output_names: the model's, in the order of its outputs.

    Raises:
        ArgumentError: something else than a list, tuple or dict.
    """

    def __init__(self, metrics, weighted_metrics, name="compile_metrics", output_names=None):
        super().__init__(name=name)
        for word, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given and not isinstance(given, (list, tuple, dict)):
                raise ArgumentError(f"`{word}` is a list or a dict.", got=repr(given), fix=f"{word}=[{given!r}]")
        self.name = "compile_metrics"
        self.built = False
        self.output_names = output_names
        # In objects of their own, since attributes of a Metric that hold metrics would count as its parts.
        self._given = _Given(metrics, weighted_metrics)
        self._plan = _Plan([], [], None)

    @property
    def metrics(self) -> list:
        """Every single metric; none before the first batch."""
        if not self.built:
            return []
        return [metric for group in (*self._plan.plain, *self._plan.weighted) if group for metric in group.metrics]

    @property
    def variables(self) -> list:
        """The variables of every metric."""
        return [v for metric in self.metrics for v in metric.variables]

    def build(self, y_true, y_pred) -> None:
        """Find the metrics of each output, by a first target and prediction.

        Raises:
            ArgumentError: metrics whose form does not fit the outputs.
        """
        names = self._names_of(y_pred)
        count = len(nest.flatten(y_pred))
        order = names if count > 1 and _is_flat(y_pred) else None
        self._plan = _Plan([], [], order)
        plain, weighted = (
            self._metrics_of_outputs(word, given, y_true, y_pred, names, count)
            for word, given in (("metrics", self._given.metrics), ("weighted_metrics", self._given.weighted))
        )
        self._plan = _Plan(plain, weighted, order)
        self.built = True

    def _names_of(self, y_pred):
        """Names of the outputs; a dict's own keys win over the model's names."""
        if not isinstance(y_pred, dict) or not _is_flat(y_pred):
            return self.output_names
        if self.output_names and set(y_pred) == set(self.output_names):
            return self.output_names
        return list(y_pred) if isinstance(y_pred, OrderedDict) else sorted(y_pred)

    def _metrics_of_outputs(self, word, given, y_true, y_pred, names, count) -> list:
        if not given:
            return [None] * count
        if count == 1:
            return [MetricsOfOutput(nest.flatten(given), nest.flatten(y_true)[0], nest.flatten(y_pred)[0])]
        flat = _per_output(given, names, count) if _is_flat(y_pred) else None
        try:
            if flat is not None:
                rows = zip(flat, self._laid_flat(y_true), self._laid_flat(y_pred), names or [None] * count, strict=True)
                return [None if row[0] is None else MetricsOfOutput(*row) for row in rows]
            return self._metrics_of_nested(given, y_true, y_pred, names, count)
        except (ValueError, TypeError, KeyError) as error:
            raise ArgumentError(
                f"`{word}` does not fit the model's outputs: {str(error).splitlines()[0]}",
                got=f"{word}={given}",
                expected=f"a list of {count}, or a dict with keys of {names}" if names else f"a list of {count}",
                fix=f"{word}={{{names[0]!r}: ['mae']}}" if names else f"{word}=[['mae']] * {count}",
            ) from error

    def _metrics_of_nested(self, given, y_true, y_pred, names, count):
        predictions = nest.lists_to_tuples(y_pred)
        structures = (given, y_true, predictions)
        outputs = nest.pack_sequence_as(predictions, names or [None] * count)
        packed = nest.map_structure_up_to(
            predictions,
            lambda one, true, pred, name: None if one is None else MetricsOfOutput(one, true, pred, name),
            *map(nest.lists_to_tuples, structures),
            outputs,
        )
        return nest.flatten(packed)

    def _laid_flat(self, y) -> list:
        if isinstance(y, dict) and self._plan.order is not None:
            return [y[name] for name in self._plan.order]
        return nest.flatten(y)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in a batch; only the weighted metrics see `sample_weight`."""
        if not self.built:
            self.build(y_true, y_pred)
        plan = self._plan
        y_true, y_pred = self._laid_flat(y_true), self._laid_flat(y_pred)
        for group, true, pred in zip(plan.plain, y_true, y_pred, strict=False):
            for metric in group.metrics if group else ():
                metric.update_state(true, pred)
        if not any(plan.weighted):
            return
        weights = [None] if sample_weight is None else self._laid_flat(sample_weight)
        if len(weights) < len(y_true):
            weights = weights[:1] * len(y_true)
        for group, true, pred, weight in zip(plan.weighted, y_true, y_pred, weights, strict=False):
            for metric in group.metrics if group else ():
                metric.update_state(true, pred, sample_weight=weight)

    def reset_state(self):
        """Forget all batches."""
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> dict:
        """The value of each metric by its name in logs.

        Raises:
            OrderError: no batch has been seen.
        """
        if not self.built:
            raise OrderError("These metrics have seen no batch yet.", fix="update_state(y_true, y_pred)")
        found: dict = {}
        for group in self._plan.plain:
            for name, metric in group.names() if group else ():
                found[_free(name, found)] = metric.result()
        for group in self._plan.weighted:
            for name, metric in group.names() if group else ():
                weighted = name if name not in found else _weighted_name(group, metric)
                found[_free(weighted, found)] = metric.result()
        return found

    def get_config(self):
        """Not to be had: `compile`'s own config says what made this."""
        raise UnsupportedError("CompileMetrics has no config.", fix="model.get_compile_config()")


class _Given:
    def __init__(self, metrics, weighted):
        self.metrics, self.weighted = metrics, weighted


class _Plan:
    """Metrics by output, None where an output has none; `order` of the outputs where they are a dict."""

    def __init__(self, plain, weighted, order):
        self.plain, self.weighted, self.order = plain, weighted, order


def _is_flat(y) -> bool:
    """Whether this is one list or dict of values, without further nesting."""
    return nest.is_nested(y) and len(y) == len(nest.flatten(y))


def _per_output(given, names, count):
    """One entry per output, where a list or dict says them; None where it must be nested more deeply."""
    if isinstance(given, (list, tuple)) and len(given) == count:
        return given
    if names and isinstance(given, dict) and set(given) <= set(names):
        return [given.get(name) for name in names]
    return None


def _weighted_name(group: MetricsOfOutput, metric) -> str:
    prefix = f"{group.output_name}_" if group.output_name else ""
    return f"{prefix}weighted_{metric.name}"


def _free(name, taken) -> str:
    """The name, with a number where it is taken."""
    if name not in taken:
        return name
    number = 1
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
