"""TorchModuleWrapper: a torch.nn.Module as a layer, whose parameters and buffers are weights like any other's.

Above:     owning.py wraps modules that are set as attributes of layers.
Kept true: a weight and the module's tensor are one; what a file says of a module is never unpickled.

Source: keras.layers.TorchModuleWrapper, Keras 3.15.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import io
import weakref
from typing import NamedTuple

import torch

from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.graph.edits import edits
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.objects import in_safe_mode
from pellucid.graph.scopes import current_device, here
from pellucid.graph.variable import Variable
from pellucid.layers.base import Layer

# Modules of this process, by the hash of their pickle, which a config holds.
_alive: weakref.WeakValueDictionary[str, torch.nn.Module] = weakref.WeakValueDictionary()


class TorchModuleWrapper(Layer):
    """A PyTorch module as a layer: in training it is in its mode `train`, else in `eval`.

    Parameters are weights; buffers, such as running means, are weights that are not trained.

    Args:
        module: the module; its parameters have their shapes already.
        output_shape: of what it gives, where it cannot be found by running the module on shapes alone.

    Raises:
        ArgumentTypeError: no module.
        ArgumentError: a lazy module that was never called.
    """

    def __init__(self, module, name=None, output_shape=None, **kwargs):
        super().__init__(name=name, **kwargs)
        if not isinstance(module, torch.nn.Module):
            raise ArgumentTypeError("A torch.nn.Module is wrapped.", got=repr(module)[:80], fix="torch.nn.Linear(3, 2)")
        if any(torch.nn.parameter.is_lazy(one) for one in (*module.parameters(), *module.buffers())):
            raise ArgumentError("The module does not know its shapes yet.", got=type(module).__name__, fix="module(x)")
        self.module = module.to(current_device())
        self.output_shape = output_shape
        with self._open_name_scope():
            self._parameters = {name: _weight(name, one) for name, one in module.named_parameters()}
            self._buffers = {place.name: _held(place) for place in _places(module)}
        self._places = _places(module)
        self._build_at_init()

    def parameters(self, recurse=True):
        return self.module.parameters(recurse=recurse)

    def call(self, *args, training=None, **kwargs):
        self.module.train(training is not False)
        if here.stateless is not None or here.autocast is not None or here.device == "meta":
            return self._with_others(args, kwargs)
        outputs = self.module(*args, **kwargs)
        if training is not False:
            self._follow()
        return outputs

    def _with_others(self, args, kwargs):
        """Run the module where other values stand in for its weights: of another dtype, device or step."""
        values = {name: variable.value for name, variable in self._parameters.items()}
        buffers = {name: variable.value.clone() for name, variable in self._buffers.items()}
        outputs = torch.func.functional_call(self.module, {**values, **buffers}, args, kwargs)
        if self.module.training and here.device != "meta":
            for name, buffer in buffers.items():
                self._buffers[name].assign(buffer)
        return outputs

    def _follow(self):
        """Let weights follow what the module did with its buffers: changed in place, or set anew."""
        edits.weights += len(self._places)
        for place in self._places:
            variable, buffer = self._buffers[place.name], place.owner._buffers[place.key]
            if buffer is not variable._value:
                variable.assign(buffer)
                place.owner._buffers[place.key] = variable._value

    def compute_output_shape(self, input_shape):
        return super().compute_output_shape(input_shape) if self.output_shape is None else tuple(self.output_shape)

    def compute_output_spec(self, *args, **kwargs):
        if self.output_shape is not None:
            return self._symbol(tuple(self.output_shape))
        return compute_output_spec(self.call, *args, **kwargs)

    # ---- files

    def _by_key(self) -> dict[str, Variable]:
        """Its weights by the keys of the module's state dict, in which one may have two."""
        own = {
            id(variable._value): variable for part in (self._parameters, self._buffers) for variable in part.values()
        }
        return {key: own[id(tensor)] for key, tensor in self.module.state_dict(keep_vars=True).items()}

    def save_own_variables(self, store):
        for key, variable in self._by_key().items():
            store[key] = variable

    def load_own_variables(self, store):
        own = self._by_key()
        if set(own) != set(store.keys()):
            raise ArgumentError(
                f"Layer '{self.name}' wraps a module with another state dict.",
                got=", ".join(store.keys()),
                expected=", ".join(own),
            )
        for key, variable in own.items():
            variable.assign(store[key])

    def get_config(self) -> dict:
        """The arguments; the module as Keras writes it, a pickle that only this very process takes back."""
        buffer = io.BytesIO()
        torch.save(self.module, buffer)
        text = base64.b64encode(buffer.getvalue()).decode("ascii")
        _alive[_hash(text)] = self.module
        return {**super().get_config(), "module": text, "output_shape": self.output_shape}

    @classmethod
    def from_config(cls, config, custom_objects=None, safe_mode=None):
        """Make the layer again, with a copy of the module, where that was described in this process.

        Raises:
            ArgumentError: the module is another process's, or `safe_mode` was not put to False.
        """
        config = dict(config)
        safe_mode = in_safe_mode() if safe_mode is None else safe_mode
        module = _alive.get(_hash(config["module"])) if isinstance(config.get("module"), str) else None
        if safe_mode is not False or module is None:
            raise ArgumentError(
                "The config holds a pickled module of PyTorch, and code from a config is not run.",
                got="a module of this process" if module is not None else "a module of another process",
                expected="the module made in Python, and its weights alone from the file",
                fix="safe_mode=False"
                if module is not None
                else "TorchModuleWrapper(module), then model.load_weights(path)",
            )
        return super().from_config({**config, "module": copy.deepcopy(module)})


class Place(NamedTuple):
    """Where a buffer stands."""

    name: str
    owner: torch.nn.Module
    key: str


def _places(module) -> list[Place]:
    """The buffers that are in a module's state dict, each once."""
    kept, found = module.state_dict(keep_vars=True), {}
    for prefix, owner in module.named_modules():
        for key, buffer in owner._buffers.items():
            name = f"{prefix}.{key}" if prefix else key
            if buffer is not None and name in kept:
                found.setdefault(id(buffer), Place(name, owner, key))
    return list(found.values())


def _weight(name: str, parameter) -> Variable:
    # A Variable takes a Parameter as it is.
    return Variable(parameter, trainable=parameter.requires_grad, name=name.replace(".", "_"))


def _held(place: Place) -> Variable:
    """A buffer as a weight, which takes its place in the module."""
    buffer = place.owner._buffers[place.key]
    assert buffer is not None
    variable = Variable(buffer, dtype=buffer.dtype, trainable=False, autocast=False, name=place.name.replace(".", "_"))
    place.owner._buffers[place.key] = variable._value
    return variable


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
