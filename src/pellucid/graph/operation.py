"""Operation: anything that can be called on values and on symbols; and the `@operation` decorator.

Below:  inference.py finds shapes, node.py notes calls.
Above:  layers are operations with weights; each function of ops/ is one by its decorator.
Kept true: on values an operation just runs; on symbols it gives symbols and notes a node.
"""

from __future__ import annotations

import functools
import inspect
import re

import torch

from pellucid import nest, registry
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    AxisError,
    MissingAttributeError,
    OperationError,
    PellucidError,
    ShapeError,
    UnsupportedError,
)
from pellucid.graph.inference import TRIAL_SIZES, compute_output_spec
from pellucid.graph.node import Node
from pellucid.graph.symbol import KerasTensor, any_symbolic
from pellucid.naming import auto_name, to_camel_case

_PLAIN = (str, int, float, bool, type(None))
# Class names in Keras's files that are not the function's name in camel case.
_CLASS_NAMES = {
    "allclose": "AllClose", "isin": "IsIn", "searchsorted": "SearchSorted", "cdist": "CDist", "svd": "SVD", "jvp": "JVP",
    "fft": "FFT", "fft2": "FFT2", "ifft2": "IFFT2", "rfft": "RFFT", "irfft": "IRFFT", "stft": "STFT", "istft": "ISTFT",
    "ctc_loss": "CTCLoss", "ctc_decode": "CTCDecode", "psnr": "PSNR",
    "batch_normalization": "BatchNorm", "layer_normalization": "LayerNorm", "rms_normalization": "RMSNorm",
}  # fmt: skip


class Operation:
    """A computation with a name, which can stand in a graph.

    A subclass gives `call`; shapes are then found by running it without values.

    Args:
        name: without slashes; made from the class's name if None.
    """

    _given: tuple[tuple, dict]  # what `__init__` was called with
    _said_by_parent: tuple[str, ...] = ("name",)  # arguments that a parent's get_config writes

    def __new__(cls, *args, **kwargs):
        instance = super().__new__(cls)
        # What a subclass that writes no get_config was made with, so that it can be made again.
        object.__setattr__(instance, "_given", (args, kwargs))
        return instance

    def __init__(self, name: str | None = None):
        if name is None:
            name = auto_name(type(self).__name__)
        if not isinstance(name, str) or "/" in name:
            raise ArgumentError(
                "A name is a string without slashes.",
                got=repr(name),
                expected='such as "encoder_1"',
                fix=f'name="{_clean(name)}"',
            )
        self.name = name
        self._inbound_nodes: list[Node] = []
        self._outbound_nodes: list[Node] = []

    def __call__(self, *args, **kwargs):
        if any_symbolic(args, kwargs):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def symbolic_call(self, *args, **kwargs):
        """Infer the outputs, and note the call as a node of the graph."""
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def call(self, *args, **kwargs):
        """The computation on values."""
        raise UnsupportedError(f"{type(self).__name__} has no `call`.", fix="def call(self, x): ...")

    def compute_output_spec(self, *args, **kwargs):
        """Symbols for what a call on these arguments would give."""
        try:
            return compute_output_spec(self.call, *args, **kwargs)
        except PellucidError:
            raise
        except Exception as error:
            raise _not_inferred(self, error, args, kwargs) from error

    def get_config(self) -> dict:
        """What is needed to make this again: a dict of plain data, for `from_config`.

        Raises:
            UnsupportedError: a subclass takes arguments that are no plain data, and writes no get_config.
        """
        config = {"name": self.name}
        if type(self).get_config not in _INHERITED_CONFIGS:
            return config
        given = _given_arguments(self)
        if given is None:
            raise UnsupportedError(
                f"{type(self).__name__} was made with arguments that are no plain data.",
                fix='def get_config(self): return {**super().get_config(), "units": self.units}',
            )
        parameters = inspect.signature(type(self).__init__).parameters
        takes_name = "name" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        return {**(config if takes_name else {}), **given}

    @classmethod
    def from_config(cls, config: dict):
        """Make it again from what `get_config` gave.

        Raises:
            ArgumentTypeError: the class does not take these arguments.
        """
        try:
            return cls(**config)
        except PellucidError as error:
            error.add_note(f"while making {cls.__name__} from its config")
            raise
        except Exception as error:
            raise ArgumentTypeError(f"{cls.__name__} cannot be made from this config: {error}", got=config) from error

    @property
    def input(self):
        """The symbolic tensor (or list of them) of the first call."""
        return self._first_call("input_tensors", "input")

    @property
    def output(self):
        """The symbolic tensor (or list of them) that the first call gave."""
        return self._first_call("output_tensors", "output")

    def _first_call(self, attribute, word):
        if not self._inbound_nodes:
            raise MissingAttributeError(
                f"'{self.name}' has no {word}: it has not been called on a symbolic tensor.",
                fix=f"{self.name}(Input(shape=...))",
            )
        tensors = getattr(self._inbound_nodes[0], attribute)
        return tensors[0] if len(tensors) == 1 else tensors

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"


_INHERITED_CONFIGS = {Operation.get_config}


def config_is_automatic(get_config) -> None:
    """Note a parent's `get_config` that adds to Operation's, so that it does not count as written by a subclass."""
    _INHERITED_CONFIGS.add(get_config)


def _clean(name) -> str:
    return str(name).replace("/", "_")


def _given_arguments(made: Operation) -> dict | None:
    """The arguments of `__init__` by name, `name` left out; None where some are no plain data."""
    args, kwargs = made._given
    signature = inspect.signature(type(made).__init__)
    kinds = {p.kind for p in list(signature.parameters.values())[1:]}
    try:
        bound = signature.bind(None, *args, **kwargs)
    except TypeError:
        return None
    bound.apply_defaults()
    arguments = dict(bound.arguments)
    arguments.pop(next(iter(signature.parameters)))
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments |= arguments.pop(parameter.name, {})
        elif parameter.kind is parameter.VAR_POSITIONAL and arguments.pop(parameter.name):
            return None
    for word in made._said_by_parent:
        arguments.pop(word, None)
    if inspect.Parameter.POSITIONAL_ONLY in kinds or not all(isinstance(v, _PLAIN) for v in nest.leaves(arguments)):
        return None
    return arguments


def _not_inferred(operation, error, args, kwargs):
    kind = ShapeError if isinstance(error, ValueError) else OperationError
    if isinstance(error, (TypeError, NotImplementedError)):
        kind = ArgumentTypeError if isinstance(error, TypeError) else UnsupportedError
    got = ", ".join(_told(x) for x in nest.leaves((args, kwargs)) if isinstance(x, KerasTensor))
    name = type(operation).__name__
    if isinstance(operation, FunctionOperation):
        return kind(f"`{type(operation).function.__name__}` cannot compute this: {_reason(error)}.", got=got)
    return kind(
        f"The output of '{operation.name}' ({name}) cannot be told from its input's shape: {_reason(error)}.",
        got=got,
        expected=f"a `call` of {name} that runs on this shape",
        fix="a call() for this shape, or def compute_output_shape(self, input_shape): ...",
    )


def _reason(error) -> str:
    """The first line of an error, with None where it speaks of the size that stood for an unknown one."""
    trials = {str(size) for sizes in TRIAL_SIZES for size in sizes.values()}
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return re.sub(r"(?<![\d.])(" + "|".join(trials) + r")(?![\d.])", "None", line).rstrip(".")


class FunctionOperation(Operation):
    """A function of ops/ standing in a graph; each function has a subclass of its own, named after it.

    Our graphs keep all arguments with the call; Keras's files keep those that are no tensors with the operation.
    """

    function = None

    def __init__(self, name: str | None = None, **arguments):
        super().__init__(name=name)
        self.arguments = arguments

    def call(self, *args, **kwargs):
        return type(self).function(*args, **{**self.arguments, **kwargs})

    def get_config(self):
        return {"name": self.name, **self.arguments}


def operation(function):
    """Make a function on tensors work on symbolic ones too, and speak up when PyTorch refuses.

    The function's own body sees values only; numbers, arrays and variables it converts itself.
    """
    name = function.__name__
    class_name = _CLASS_NAMES.get(name, to_camel_case(name))
    node_class = type(
        class_name, (FunctionOperation,), {"function": staticmethod(function), "__doc__": function.__doc__}
    )

    @functools.wraps(function)
    def run(*args, **kwargs):
        if any_symbolic(args, kwargs):
            named = kwargs.pop("name", None) if "name" not in function.__code__.co_varnames else None
            return node_class(name=named).symbolic_call(*args, **kwargs)
        try:
            return function(*args, **kwargs)
        except PellucidError:
            raise
        except (RuntimeError, IndexError) as error:
            raise _refused(name, error, args, kwargs) from error

    run.node_class = node_class
    registry.add_operator(name, run)
    registry.add_operator(node_class.__name__, run)
    return run


def _refused(name, error, args, kwargs) -> OperationError:
    """PyTorch's refusal with what the function was given."""
    got = [_told(x) for x in args] + [f"{key}={_told(value)}" for key, value in kwargs.items()]
    reason = str(error).split("\n")[0].rstrip(".")
    kind = AxisError if isinstance(error, IndexError) else OperationError
    return kind(f"`{name}` cannot compute this: {reason}.", got=", ".join(got))


def _told(x) -> str:
    if isinstance(x, (torch.Tensor, KerasTensor)) or hasattr(x, "shape"):
        return f"{type(x).__name__}{tuple(x.shape)} of {str(x.dtype).removeprefix('torch.')}"
    if isinstance(x, (list, tuple)) and any(hasattr(item, "shape") for item in x):
        return "[" + ", ".join(map(_told, x)) + "]"
    return repr(x)[:60]
