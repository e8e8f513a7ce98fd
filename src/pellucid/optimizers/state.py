"""What an optimizer owns: its step counter, its slots beside the model's variables, and their saving.

Below:  mirror.py keeps the step counter readable without waiting for a GPU.
Above:  base.py adds the learning rate and the step; each optimizer names its slots.
Kept true: `variables` stand in the order of Keras's files: iteration, learning_rate, then as they were made.
"""

from __future__ import annotations

import contextlib
import warnings

import torch

from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, OrderError, ShapeError, StateError
from pellucid.graph.scopes import current_device, device
from pellucid.graph.values import shape_of
from pellucid.graph.variable import Variable
from pellucid.naming import auto_name, name_scope
from pellucid.optimizers.mirror import Mirror


class OptimizerState:
    """The variables of an optimizer; the parent of `Optimizer` only."""

    def __init__(self, name: str | None):
        self._variables: list[Variable] = []
        self.name = name or auto_name(type(self).__name__)
        self.built = False
        self._trainable_variables: list[Variable] = []
        self._trainable_variables_indices: dict[int, int] = {}
        self._iterations = self._own_scalar(0, "iteration", "int")
        self._iteration = Mirror(self._iterations)

    def _own_scalar(self, value, name: str, dtype) -> Variable:
        with name_scope(self.name, caller=self):
            return Variable(value, name=name, dtype=dtype, trainable=False, aggregation="only_first_replica")

    @property
    def variables(self) -> list[Variable]:
        """All variables that the optimizer owns, as files keep them."""
        return self._variables[:]

    def add_variable(
        self, shape, initializer="zeros", dtype=None, aggregation="none", layout=None, name: str | None = None
    ) -> Variable:
        """A new variable of the optimizer.

        Args:
            initializer: a name, or a callable ``(shape, dtype) -> array``.
            dtype: its name; None is floatx.
            layout: a TensorLayout; in a job of several processes, each holds its part only.
        """
        self._check_super_called()
        with name_scope(self.name, caller=self):
            variable = Variable(
                _zeros if initializer == "zeros" else initializer,
                shape=shape,
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                layout=layout,
                name=name,
            )
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(self, reference_variable, name: str | None = None, initializer="zeros") -> Variable:
        """A new variable of the shape, dtype and device of one of the model's.

        Args:
            name: ends the name: ``add_variable_from_reference(kernel, "momentum")`` is named
                ``dense_kernel_momentum``. None is ``"var"``.
        """
        path = getattr(reference_variable, "path", None) or str(reference_variable.name).replace(":", "_")
        with _beside(reference_variable):
            return self.add_variable(
                shape=reference_variable.shape,
                initializer=initializer,
                dtype=reference_variable.dtype,
                layout=_layout_of(reference_variable),
                name=f"{path.replace('/', '_')}_{name or 'var'}",
            )

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """New variables beside each of the model's: a list, or one list per name.

        Variables that their gradient overwrites get None.

        Args:
            name: a name, or several; variables of several names are made in turns, as Keras's files have them.
            initializer: one for all names, or one per name.

        Raises:
            ArgumentError: another number of initializers than of names.
        """
        names = [name] if isinstance(name, str) else list(name)
        firsts = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        if len(names) != len(firsts):
            raise ArgumentError(
                "Each name takes one initializer.", got=f"{len(firsts)} initializers", expected=len(names)
            )
        made: tuple[list, ...] = tuple([] for _ in names)
        for variable in trainable_variables:
            for ending, first, slot in zip(names, firsts, made, strict=True):
                overwritten = self._overwrite_variable_with_gradient(variable)
                slot.append(None if overwritten else self.add_variable_from_reference(variable, ending, first))
        return made[0] if isinstance(name, str) else made

    def _overwrite_variable_with_gradient(self, variable) -> bool:
        return getattr(variable, "overwrite_with_gradient", False)

    def _var_key(self, variable) -> int:
        return id(variable)

    def _get_variable_index(self, variable) -> int:
        return self._trainable_variables_indices[id(variable)]

    def assign(self, variable, value) -> None:
        """Give a variable, the model's or the optimizer's, a value."""
        variable.assign(value)

    def assign_add(self, variable, value) -> None:
        """Add to a variable, the model's or the optimizer's."""
        variable.assign_add(value)

    def assign_sub(self, variable, value) -> None:
        """Subtract from a variable, the model's or the optimizer's."""
        variable.assign_sub(value)

    def set_weights(self, weights) -> None:
        """Take over the values of all variables, in their order.

        Raises:
            OrderError: the optimizer is not built, so it has no slots yet.
            ShapeError: a value of another shape.
        """
        if not self.built:
            raise OrderError(
                "The optimizer has no slots before it is built.",
                got="set_weights(...)",
                fix="optimizer.build(model.trainable_variables)",
            )
        for variable, weight in zip(self.variables, weights, strict=False):
            if tuple(variable.shape) != tuple(shape_of(weight)):
                raise ShapeError(
                    f"The optimizer's variable '{variable.path}' cannot take this value.",
                    got=shape_of(weight),
                    expected=variable.shape,
                )
            variable.assign(weight)

    def save_own_variables(self, store) -> None:
        """Put the values of all variables into a mapping, under ``"0"``, ``"1"``, ..."""
        for index, variable in enumerate(self.variables):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store) -> None:
        """Take over the values that `save_own_variables` stored; another number of them is skipped with a warning."""
        variables = self.variables
        if len(store.keys()) != len(variables):
            warnings.warn(
                f"The state of optimizer '{self.name}' was not loaded: it has {len(variables)} variables, "
                f"the file {len(store.keys())}." + ("" if self.built else " Build the optimizer first."),
                stacklevel=2,
            )
            return
        for index, variable in enumerate(variables):
            variable.assign(store[str(index)])

    def _check_super_called(self):
        if "_variables" not in self.__dict__:
            raise StateError(
                f"{type(self).__name__} was not set up by its parent.",
                expected="a call of the parent's `__init__` before anything else",
                fix="super().__init__(learning_rate=learning_rate)",
            )

    def __setattr__(self, name, value):
        if name != "_variables":
            self._check_super_called()
        if isinstance(value, Variable) and not any(value is known for known in self._variables):
            self._variables.append(value)
        super().__setattr__(name, value)

    def __getstate__(self):
        # What is looked up by `id` means nothing in another process.
        return {
            name: value
            for name, value in self.__dict__.items()
            if name not in ("_trainable_variables_indices", "_decays")
        }

    def __setstate__(self, state):
        self.__dict__.update(state, _decays={})
        self._index_variables()

    def _index_variables(self):
        self._trainable_variables_indices = {id(one): index for index, one in enumerate(self._trainable_variables)}


def filled(value: float):
    """An initializer: this number everywhere."""
    return lambda shape, dtype=None: torch.full(shape, value, dtype=to_torch(dtype), device=current_device())


_zeros = filled(0.0)


def _layout_of(variable):
    """What belongs to a weight is held in the same parts."""
    sharding = getattr(variable, "sharding", None)
    return None if sharding is None else sharding.layout


def _beside(variable):
    """A scope in which new values are made where a variable lies."""
    value = getattr(variable, "_value", None)
    return contextlib.nullcontext() if value is None else device(str(value.device))
