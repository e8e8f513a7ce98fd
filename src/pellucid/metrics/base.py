"""Metric: a number that builds up batch by batch in weights of its own.

Below:  graph/variable.py holds the numbers; graph/scopes.py may keep them apart for a while.
Above:  reduction.py and the other families say what is added up; layers own metrics, engine/ updates them.
Kept true: an update adds tensors to tensors, in place; no value is read in Python, so a GPU is never waited for.
"""

from __future__ import annotations

import torch

from pellucid import dtype_policies, initializers, nest, settings
from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, StateError, UnsupportedError
from pellucid.graph.scopes import StatelessScope, here
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.naming import auto_name, name_scope


class Metric:
    """A number that builds up batch by batch.

    A subclass makes variables with `add_variable` in `__init__`, adds to them in `update_state(y_true, y_pred,
    sample_weight=None)`, and computes the number in `result()`.

    Args:
        dtype: of the computation, a name or a policy; None is `floatx`.
        name: made from the class's name if None.

    Source: keras.metrics.Metric, Keras 3.15.
    """

    def __init__(self, dtype=None, name: str | None = None):
        self.name = name or auto_name(type(self).__name__)
        self._dtype_policy = dtype_policies.get(dtype or settings.floatx())
        self._dtype = self._dtype_policy.compute_dtype
        self._torch_dtype = to_torch(self._dtype)
        self._variables: list[Variable] = []

    @property
    def dtype(self) -> str:
        """The dtype of the computation."""
        return self._dtype

    def __call__(self, *args, **kwargs):
        self._check_made()
        self.update_state(*args, **kwargs)
        return self.result()

    def update_state(self, *args, **kwargs):
        """Take a batch into account.

        Raises:
            UnsupportedError: a subclass does not give it.
        """
        raise UnsupportedError(
            f"{type(self).__name__} has no `update_state`.",
            fix="def update_state(self, y_true, y_pred, sample_weight=None): ...",
        )

    def result(self):
        """The number, from all batches since the last reset.

        Raises:
            UnsupportedError: a subclass does not give it.
        """
        raise UnsupportedError(f"{type(self).__name__} has no `result`.", fix="def result(self): ...")

    def reset_state(self) -> None:
        """Forget all batches: every variable is 0 again."""
        for variable in self.variables:
            if here.stateless is None:
                with torch.no_grad():
                    variable.value.zero_()
            else:
                variable.assign(torch.zeros_like(variable.value))

    def stateless_update_state(self, metric_variables, *args, **kwargs) -> list:
        """The variables' values after a batch, from those before it; the metric itself is left alone.

        Raises:
            ArgumentError: not one value for each variable.
        """
        with StatelessScope(self._paired(metric_variables)) as scope:
            self.update_state(*args, **kwargs)
        return self._values_in(scope)

    def stateless_result(self, metric_variables):
        """The number that belongs to these values of the variables.

        Raises:
            ArgumentError: not one value for each variable.
        """
        with StatelessScope(self._paired(metric_variables)):
            return self.result()

    def stateless_reset_state(self) -> list:
        """The variables' values before the first batch; the metric itself is left alone."""
        with StatelessScope() as scope:
            self.reset_state()
        return self._values_in(scope)

    def _paired(self, values):
        variables = self.variables
        if len(values) != len(variables):
            raise ArgumentError(
                f"{type(self).__name__} needs one value for each of its variables.",
                got=len(values),
                expected=f"{len(variables)}: " + ", ".join(v.name for v in variables),
                fix="metric.stateless_update_state(metric.variables, y_true, y_pred)",
            )
        return [(variable, convert_to_tensor(value)) for variable, value in zip(variables, values, strict=True)]

    def _values_in(self, scope) -> list:
        found = ((v, scope.get_current_value(v)) for v in self.variables)
        return [variable if value is None else value for variable, value in found]

    def add_variable(self, shape, initializer, dtype=None, aggregation: str | None = "sum", name: str | None = None):
        """A variable of the metric, which `reset_state` sets to 0.

        Args:
            initializer: what it begins with; None is zeros.
        """
        self._check_made()
        with name_scope(self.name.replace("/", ">"), caller=self):
            variable = Variable(
                initializers.get("zeros" if initializer is None else initializer),
                shape=shape,
                dtype=dtype,
                trainable=False,
                # Inside a layer that computes in 16 bits, sums must not be read, and then kept, in 16 bits.
                autocast=False,
                aggregation=aggregation,
                synchronization="on_read",
                name=name,
            )
        self._variables.append(variable)
        return variable

    def add_weight(self, shape=(), initializer=None, dtype=None, name: str | None = None):
        """As `add_variable`, under the name that layers use."""
        return self.add_variable(shape=shape, initializer=initializer, dtype=dtype, name=name)

    @property
    def variables(self) -> list[Variable]:
        """Its own variables, then those of the metrics that it holds, also in lists and dicts."""
        self._check_made()
        held = [thing for value in vars(self).values() for thing in nest.leaves(value)]
        own = [thing for thing in held if isinstance(thing, Variable)]
        inner = [variable for thing in held if isinstance(thing, Metric) for variable in thing.variables]
        return list({id(variable): variable for variable in own + inner}.values())

    def get_config(self) -> dict:
        """What makes it again, for `from_config`."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict):
        """Make it from what `get_config` gave."""
        return cls(**config)

    def _check_made(self):
        if "_variables" not in vars(self):
            raise StateError(
                f"{type(self).__name__} has not been made by its parent.",
                fix="super().__init__(name=name), first in __init__",
            )

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"


def accumulate(variable: Variable, amount, times=1) -> None:
    """Add ``times * amount`` to a variable: in place, or in the open StatelessScope; on the variable's device."""
    value = variable.value
    if isinstance(amount, torch.Tensor) and amount.device != value.device:
        amount = amount.to(value.device)
    if here.stateless is None:
        with torch.no_grad():
            value.add_(amount, alpha=times)
    else:
        variable.assign(value + times * amount)
