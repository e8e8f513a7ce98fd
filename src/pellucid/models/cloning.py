"""clone_model: a model of the same structure with fresh weights.

Below: functional.py and sequential.py; each layer is made again from its config.
"""

from __future__ import annotations

from pellucid import nest, registry
from pellucid.errors import ArgumentError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.symbol import KerasTensor
from pellucid.layers.input import Input, InputLayer
from pellucid.models.functional import Functional, is_functional_like
from pellucid.models.model import Model
from pellucid.models.sequential import Sequential


def clone_model(model: Model, input_tensors=None, clone_function=None, call_function=None, recursive=False) -> Model:
    """A model of the same structure with fresh weights.

    Args:
        model: a functional or sequential model, or one whose class has a `get_config`.
        input_tensors: symbolic tensors to build on, in the structure of the model's inputs.
        clone_function: ``layer -> layer``; makes each layer again from its config if None.
        call_function: ``(layer, *args, **kwargs) -> output``; just calls if None; not for Sequential.
        recursive: whether nested models are cloned layer by layer too.

    Raises:
        ArgumentError: arguments that this kind of model cannot use.
    """
    return _Cloner(clone_function, call_function, recursive).clone(model, input_tensors)


class _Cloner:
    """Clones layers, each once, so that shared layers stay shared."""

    def __init__(self, clone_function, call_function, recursive):
        for word, function in (("clone_function", clone_function), ("call_function", call_function)):
            if function is not None and not callable(function):
                raise ArgumentError(f"`{word}` is a function.", got=repr(function))
        self.clone_function, self.call_function, self.recursive = clone_function, call_function, recursive
        self.clones: dict[int, object] = {}

    def clone(self, model, input_tensors):
        if isinstance(model, Sequential):
            clone = self._sequential(model, input_tensors)
        elif isinstance(model, Functional):
            clone = self._functional(model, input_tensors)
        else:
            return self._by_config(model, input_tensors)
        if model.compiled:
            clone.compile_from_config(model.get_compile_config())
        return clone

    def layer(self, layer):
        """The clone of one layer."""
        if id(layer) not in self.clones:
            if self.recursive and isinstance(layer, (Sequential, Functional)):
                clone = self.clone(layer, None)
            elif self.clone_function is not None:
                clone = self.clone_function(layer)
            else:
                with registry.CustomObjectScope({type(layer).__name__: type(layer)}):
                    clone = type(layer).from_config(layer.get_config())
            self.clones[id(layer)] = clone
        return self.clones[id(layer)]

    def _sequential(self, model, input_tensors):
        if self.call_function is not None and not self.recursive:
            raise ArgumentError(
                "A Sequential model takes no `call_function`: its layers are listed, not called.", got=model.name
            )
        layers = [self.layer(layer) for layer in model.layers]
        if input_tensors is not None:
            flat = nest.flatten(input_tensors)
            if len(flat) != 1 or not isinstance(flat[0], KerasTensor):
                raise ArgumentError(
                    "A Sequential model has one input.", got=repr(input_tensors), expected="one symbolic tensor"
                )
            layers.insert(0, Input(tensor=flat[0]))
        elif model._stack and isinstance(model._stack[0], InputLayer):
            layers.insert(0, InputLayer.from_config(model._stack[0].get_config()))
        return Sequential(layers, name=model.name, trainable=model.trainable)

    def _functional(self, model, input_tensors):
        if input_tensors is None:
            inputs = nest.map_structure(lambda x: Input(batch_shape=x.shape, dtype=x.dtype, name=x.name), model.input)
        else:
            inputs = input_tensors
            if not all(isinstance(x, KerasTensor) for x in nest.flatten(inputs)):
                raise ArgumentError("`input_tensors` are symbolic tensors.", got=repr(inputs))
            nest.assert_same_structure(model.input, inputs)

        def call(operation, *args, **kwargs):
            copy = self.layer(operation)
            return copy(*args, **kwargs) if self.call_function is None else self.call_function(copy, *args, **kwargs)

        flat = model._program.run(nest.flatten(inputs), call=call)
        outputs = nest.pack_sequence_as(model.output, flat)
        cls = type(model) if is_functional_like(type(model)) else Functional
        return cls(inputs, outputs, name=model.name)

    def _by_config(self, model, input_tensors):
        if self.clone_function or self.call_function or input_tensors is not None:
            raise ArgumentError(
                "Only functional and sequential models can be cloned layer by layer.",
                got=type(model).__name__,
                fix=f"{type(model).__name__}.from_config(model.get_config())",
            )
        return deserialize_keras_object(
            serialize_keras_object(model), custom_objects={type(model).__name__: type(model)}
        )
