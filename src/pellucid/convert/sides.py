"""Sides of a proof: a model of ours, a torch module, an ONNX file or a function, each to be copied, refilled and run.

Above:  proving.py compares two of them.
Kept true: what is given is never changed; only copies get other weights or another precision.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from pellucid import nest, registry
from pellucid.convert.ledger import Ledger
from pellucid.convert.onnx.package import onnx_package
from pellucid.convert.torch.vetting import module_of
from pellucid.engine.program import calling_through
from pellucid.errors import ArgumentTypeError, MissingPackageError
from pellucid.graph.objects import ObjectSharingScope
from pellucid.graph.scopes import UnmadeScope
from pellucid.graph.values import convert_to_tensor
from pellucid.models import Model, load_model


class Side:
    """The parent: something that gives outputs for inputs.

    Attributes:
        kind: what it is, in words.
        ledger: of the conversion that made it, if it tells.
    """

    kind = "a function"
    ledger: Ledger | None = None

    def __init__(self, thing: Any):
        self.thing = thing
        ledger = getattr(thing, "ledger", None)
        self.ledger = ledger if isinstance(ledger, Ledger) else None

    def run(self, xs: list[np.ndarray]) -> list[np.ndarray]:
        """The outputs for these inputs."""
        return [_array(y) for y in _flat(self.thing(*xs))]

    def weights(self) -> dict[str, torch.Tensor] | None:
        """Its floating-point weights by name; None where nobody can get at them."""
        return None

    def with_weights(self, values: dict[str, torch.Tensor]) -> Side:
        """A copy with other values for these weights."""
        raise NotImplementedError

    @contextlib.contextmanager
    def holding(self, values: dict[str, torch.Tensor]) -> Iterator[Side]:
        """While open, the same with other values for these weights; for copies, which may be changed and changed back."""
        yield self.with_weights(values)

    def doubled(self) -> Side | None:
        """A copy in float64; None where there is none."""
        return None

    def shapes(self) -> list[tuple] | None:
        """The shapes of its inputs, batch first; None where it does not say."""
        return None

    def values(self, xs) -> dict[str, np.ndarray]:
        """What each layer gives, by its name, in running order."""
        return {}


class OurModel(Side):
    """A model of ours."""

    kind = "a Pellucid model"

    def run(self, xs):
        with torch.no_grad():
            return [_array(y) for y in _flat(self.thing(self._packed(xs), training=False))]

    def _packed(self, xs):
        values = [convert_to_tensor(x) for x in xs]
        structure = getattr(self.thing, "input", None)
        return values[0] if len(values) == 1 or structure is None else nest.pack_sequence_as(structure, values)

    def weights(self):
        return {f"{at} {w.path}": w.value.detach() for at, w in enumerate(self.thing.weights) if "float" in w.dtype}

    def with_weights(self, values):
        return OurModel(_again(self.thing, None, values))

    @contextlib.contextmanager
    def holding(self, values):
        named = {f"{at} {w.path}": w for at, w in enumerate(self.thing.weights)}
        kept = {name: named[name].value.detach().clone() for name in values}
        try:
            for name, value in values.items():
                named[name].assign(value)
            yield self
        finally:
            for name, value in kept.items():
                named[name].assign(value)

    def unflattened(self) -> OurModel:
        """The same weights without the activations that make all large numbers alike; itself where it has none."""
        config = self.thing.get_config()
        changed = _without_flattening(config)
        return self if changed == config else OurModel(_again(self.thing, None, {}, changed, shares=True))

    def doubled(self):
        try:
            return OurModel(_again(self.thing, "float64", {}))
        except Exception:  # a layer of somebody's own that cannot be made again, or not in float64
            return None

    def shapes(self):
        symbols = getattr(self.thing, "inputs", None)
        return None if symbols is None else [tuple(x.shape) for x in symbols]

    def values(self, xs):
        found: dict[str, np.ndarray] = {}

        def call(operation, *args, **kwargs):
            y = operation(*args, **kwargs)
            found.setdefault(operation.name, _array(_flat(y)[0]))
            return y

        with calling_through(call):
            self.run(xs)
        return found


_FLATTENING = ("softmax", "log_softmax", "sigmoid", "tanh")


def _without_flattening(config):
    """A config in which such activations, and layers of them, give back what they get."""
    if isinstance(config, dict):
        if config.get("class_name") == "Softmax":
            kept = {word: config["config"][word] for word in ("name", "trainable", "dtype")}
            return {**config, "class_name": "Activation", "config": {**kept, "activation": "linear"}}
        return {
            key: "linear" if key == "activation" and value in _FLATTENING else _without_flattening(value)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(_without_flattening(item) for item in config)
    return config


def _again(model, dtype: str | None, values: dict, config: dict | None = None, shares: bool = False):
    """The same model with other weights, or all in another dtype, or by another config, its memory shared or not."""
    classes = {type(layer).__name__: type(layer) for layer in model._flatten_layers()}
    config = model.get_config() if config is None else config
    with UnmadeScope() as scope, ObjectSharingScope(), registry.CustomObjectScope(classes):
        new = type(model).from_config(config if dtype is None else _in_dtype(config, dtype))
    for at, (old, weight) in enumerate(zip(model.weights, new.weights, strict=True)):
        weight.begin_with(values.get(f"{at} {old.path}", old.value.detach()), keep=shares)
    for variable in scope.pending:
        if variable._value is None:
            variable.initialize()
    return new


def _in_dtype(config, dtype: str):
    """A config in which every floating-point policy is this dtype."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return {**config, "config": {"name": dtype}}
        return {
            key: dtype if key == "dtype" and isinstance(value, str) and "float" in value else _in_dtype(value, dtype)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(_in_dtype(item, dtype) for item in config)
    return config


class TorchModule(Side):
    """A `torch.nn.Module`."""

    kind = "a torch module"

    def run(self, xs):
        like = next((p for p in self.thing.parameters()), torch.zeros(()))
        values = [torch.as_tensor(np.ascontiguousarray(x), device=like.device) for x in xs]
        values = [x.to(like.dtype) if x.is_floating_point() else x for x in values]
        with torch.no_grad():
            return [_array(y) for y in _flat(self.thing(*values))]

    def weights(self):
        return {name: value for name, value in self.thing.state_dict().items() if value.is_floating_point()}

    def _copy(self):
        twin = copy.copy(self.thing)
        ledger = twin.__dict__.pop("ledger", None)
        twin = copy.deepcopy(twin).eval()
        if ledger is not None:
            twin.__dict__["ledger"] = ledger
        return twin

    def with_weights(self, values):
        twin = self._copy()
        twin.load_state_dict({**twin.state_dict(), **values})
        return TorchModule(twin)

    def doubled(self):
        return TorchModule(self._copy().double())

    def values(self, xs):
        found: dict[str, np.ndarray] = {}

        def note(name):
            def hook(_module, _args, y):
                found.setdefault(name, _array(_flat(y)[0]))

            return hook

        twin = self._copy()
        for name, module in twin.named_modules():
            if name:
                module.register_forward_hook(note(name))
        TorchModule(twin).run(xs)
        return found


class OnnxFile(Side):
    """An ONNX file, run by ONNX Runtime."""

    kind = "an ONNX file, run by ONNX Runtime"

    def __init__(self, thing, network=None):
        super().__init__(thing)
        onnx = onnx_package()
        self.network = onnx.load(os.fspath(thing)) if network is None else network
        self._is_as_given = network is None
        self._session: Any = None

    def run(self, xs):
        if self._session is None:
            try:
                runtime = importlib.import_module("onnxruntime")
            except ImportError as error:
                raise MissingPackageError(
                    "ONNX files are run by the package `onnxruntime`.", got=str(error), fix="pip install onnxruntime"
                ) from error
            options = runtime.SessionOptions()
            options.log_severity_level = 3
            # A file with its weights beside it may be larger than what can be serialized.
            network = os.fspath(self.thing) if self._is_as_given else self.network.SerializeToString()
            self._session = runtime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        names = [one.name for one in self._session.get_inputs()]
        return self._session.run(None, {name: np.ascontiguousarray(x) for name, x in zip(names, xs, strict=True)})

    def weights(self):
        helper = onnx_package().numpy_helper
        arrays = {one.name: helper.to_array(one) for one in self.network.graph.initializer}
        return {name: torch.from_numpy(x.copy()) for name, x in arrays.items() if x.dtype == np.float32 and x.ndim}

    def with_weights(self, values):
        helper = onnx_package().numpy_helper
        twin = type(self.network)()
        twin.CopyFrom(self.network)
        for one in twin.graph.initializer:
            if one.name in values:
                one.CopyFrom(helper.from_array(values[one.name].numpy(), one.name))
        return OnnxFile(self.thing, twin)

    def shapes(self):
        given = {one.name for one in self.network.graph.initializer}
        return [
            tuple(dim.dim_value or None for dim in one.type.tensor_type.shape.dim)
            for one in self.network.graph.input
            if one.name not in given
        ]


def side(thing) -> Side:
    """What is given, as a side of a proof.

    Raises:
        ArgumentTypeError: nothing that could be run.
    """
    if isinstance(thing, Side):
        return thing
    if isinstance(thing, (str, os.PathLike)):
        path = os.fspath(thing)
        if path.endswith(".py"):
            return TorchModule(module_of(path))
        return OnnxFile(path) if path.endswith(".onnx") else OurModel(load_model(path, compile=False))
    if isinstance(thing, Model):
        return OurModel(thing)
    if isinstance(thing, torch.nn.Module):
        return TorchModule(thing)
    if isinstance(thing, Callable):  # type: ignore[arg-type]
        return Side(thing)
    raise ArgumentTypeError(
        "A proof is about things that run.", got=repr(thing)[:80],
        expected="a model, a torch module, the path of a file, or a function", fix="prove(model, module)",
    )  # fmt: skip


def _flat(y) -> list:
    return nest.flatten(y)


def _array(y) -> np.ndarray:
    return y.detach().cpu().numpy() if isinstance(y, torch.Tensor) else np.asarray(y)
