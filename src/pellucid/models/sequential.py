"""Sequential: layers one after the other, each with one input and one output.

Below:  functional.py; once the input's shape is known, the stack runs as a functional model.
"""

from __future__ import annotations

import copy
import inspect

from pellucid import nest
from pellucid.errors import ArgumentError, MissingAttributeError, PellucidError, PlaceError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.values import standardize_shape
from pellucid.layers.base import Layer
from pellucid.layers.input import InputLayer
from pellucid.models.functional import Functional
from pellucid.models.model import Model


class Sequential(Model):
    """A stack of layers.

    Args:
        layers: the layers in order; an `Input` first lets it build at once.
        trainable, name: as for every layer.

    Raises:
        ArgumentError: something that is no layer, or two layers of one name.

    Source: keras.Sequential, Keras 3.15.
    """

    def __init__(self, layers=None, trainable=True, name=None):
        super().__init__(trainable=trainable, name=name)
        self._functional: Functional | None = None
        self._stack: list[Layer] = []
        for layer in layers or ():
            self.add(layer, rebuild=False)
        if self._stack:
            self._rebuild()

    def add(self, layer, rebuild: bool = True) -> None:
        """Put a layer (or what `Input` gave) on top."""
        if not self._stack and getattr(layer, "_input_shape_arg", None) is not None:
            self.add(InputLayer(shape=layer._input_shape_arg))
        origin = getattr(layer, "_keras_history", None)
        if origin is not None and isinstance(origin.operation, InputLayer):
            layer = origin.operation
        self._check_addable(layer)
        self._stack.append(layer)
        if not rebuild:
            self._forget_build()
            return
        try:
            self._rebuild()
        except PellucidError:
            self._stack.remove(layer)  # the model stays as it was
            self._rebuild()
            raise

    def _check_addable(self, layer):
        if not isinstance(layer, Layer):
            raise ArgumentError(
                "A Sequential model is made of layers.",
                got=f"{layer!r} ({type(layer).__name__})",
                expected="a layer",
                fix=_as_layer(layer),
            )
        if any(other.name == layer.name and other is not layer for other in self._stack):
            raise ArgumentError(
                f"The model has a layer '{layer.name}' already.",
                got=repr(layer),
                expected="one name for one layer",
                fix=f'name="{layer.name}_2"',
            )
        if isinstance(layer, InputLayer) and self._stack and isinstance(self._stack[0], InputLayer):
            raise ArgumentError(
                f"The model has its input already, of shape {self._stack[0].batch_shape}.",
                got=layer.batch_shape,
                expected="one Input, as the first",
            )

    def pop(self, rebuild: bool = True) -> Layer:
        """Take the last layer off, and give it back.

        Raises:
            PlaceError: there is none.
        """
        if not self._stack:
            raise PlaceError(
                f"`pop` takes off a layer, and the model '{self.name}' has none.", fix="model.add(Dense(10))"
            )
        layer = self._stack.pop()
        self._forget_build()
        if rebuild and self._stack:
            self._rebuild()
        return layer

    def _forget_build(self):
        self.built = False
        self._functional = None

    def _rebuild(self):
        self._forget_build()
        first = self._stack[0]
        if len(self._stack) > 1:
            if isinstance(first, InputLayer):
                self.build(first.batch_shape)
            elif isinstance(first, Model) and getattr(first, "input_shape", None) is not None:
                self.build(first.input_shape)

    def _finish_build(self):
        self.built = self._functional is not None  # and not locked: layers may be added and taken off

    def build(self, input_shape=None):
        """Make the weights, for an input of this shape with the batch axis; for several inputs, nothing yet.

        Raises:
            ArgumentError: no layers, or another shape than its Input has.
        """
        if not nest.is_shape(input_shape):
            return
        input_shape = standardize_shape(input_shape)
        if not self._stack:
            raise ArgumentError(f"The model '{self.name}' has no layers to build.", fix="model.add(Dense(10))")
        begins_without_input = not isinstance(self._stack[0], InputLayer)
        if begins_without_input:
            self._stack.insert(0, InputLayer(batch_shape=input_shape, dtype=self._stack[0].compute_dtype))
        elif self._stack[0].batch_shape != input_shape:
            raise ArgumentError(
                f"The model '{self.name}' has an input of another shape.",
                got=input_shape,
                expected=self._stack[0].batch_shape,
            )
        try:
            self._functional = self._connected()
            takes_strings = self._stack[0].dtype == "string"  # of which PyTorch makes no tensors
            self._convert_input_args, self._allow_non_tensor_positional_args = not takes_strings, takes_strings
        except PellucidError:
            if begins_without_input:
                del self._stack[0]  # the next input may be a better one
            raise

    def _connected(self) -> Functional | None:
        """The graph of its layers; None where a shape cannot be told, so that the layers run one by one."""
        x = self._stack[0].output
        for layer in self._stack[1:]:
            try:
                x = layer(x)
            except NotImplementedError:
                return None
            except (TypeError, ArgumentError) as error:
                raise _explained(layer, error) from error
        return Functional(inputs=self._stack[0].output, outputs=x)

    def call(self, inputs, training=None, mask=None, **kwargs):
        """Run the layers one after the other."""
        if self._functional is not None:
            return self._functional.call(inputs, training=training, mask=mask, **kwargs)
        x = inputs
        for layer in self.layers:
            parameters = inspect.signature(layer.call).parameters
            context = {"training": training, "mask": mask, **kwargs}
            taken = {word: value for word, value in context.items() if word in parameters and value is not None}
            x = layer(x, **taken)
            mask = nest.map_structure(lambda value: getattr(value, "_keras_mask", None), x)
        return x

    @property
    def layers(self) -> list[Layer]:
        """The layers, its Input not counted."""
        return self._stack[1:] if self._stack and isinstance(self._stack[0], InputLayer) else self._stack[:]

    @layers.setter
    def layers(self, _):
        raise MissingAttributeError(
            "`layers` lists a model's layers and cannot be set.", fix="model.add(layer), model.pop()"
        )

    def compute_output_spec(self, inputs, training=None, mask=None, **kwargs):
        """Symbols for what the stack gives for these."""
        if self._functional is not None:
            return self._functional.compute_output_spec(inputs, training=training)
        for layer in self.layers:
            inputs = layer.compute_output_spec(inputs)
        return inputs

    def compute_output_shape(self, input_shape):
        """The output's shape for an input of this shape."""
        if self._functional is not None:
            return self._functional.compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def _of_graph(self, word: str):
        if self._functional is None:
            raise MissingAttributeError(
                f"The model '{self.name}' has no {word} yet: it does not know its input's shape.",
                fix="Sequential([Input(shape=...), ...]), or model.build((None, ...))",
            )
        return getattr(self._functional, word)

    input_shape = property(lambda self: self._of_graph("input_shape"), doc="The input's shape, batch first.")
    output_shape = property(lambda self: self._of_graph("output_shape"), doc="The output's shape, batch first.")
    input = property(
        lambda self: self._end("input"), doc="The symbolic input: of its first call, else of its own graph."
    )
    output = property(lambda self: self._end("output"), doc="The symbolic output, likewise.")
    inputs = property(lambda self: self._of_graph("inputs"), doc="Its symbolic inputs, flat.")
    outputs = property(lambda self: self._of_graph("outputs"), doc="Its symbolic outputs, flat.")
    graph = property(lambda self: self._of_graph("graph"), doc="The graph of its layers.")

    def _end(self, word: str):
        return getattr(super(), word) if self._inbound_nodes else self._of_graph(word)

    @property
    def input_dtype(self) -> str:
        """What inputs are cast to."""
        if self._stack and isinstance(self._stack[0], InputLayer):
            return self._stack[0].dtype
        return super().input_dtype

    def get_config(self):
        config = {
            **Model.get_config(self),
            "name": self.name,
            "layers": copy.deepcopy([serialize_keras_object(layer) for layer in self._stack]),
        }
        if self._functional is not None:
            config["build_input_shape"] = self._stack[0].batch_shape
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        if "name" not in config or "layers" not in config:
            raise ArgumentError(
                "A Sequential model's config has a name and layers.", got=sorted(config), expected="name, layers"
            )
        model = cls(name=config["name"])
        for entry in config["layers"]:
            model.add(deserialize_keras_object(entry, custom_objects=custom_objects))
        shape = config.get("build_input_shape")
        if model._functional is None and model._stack and isinstance(shape, (tuple, list)):
            model.build(tuple(shape))
        return model


def _explained(layer, error):
    """A layer that takes several inputs cannot stand in a stack; other errors stay as they are."""
    parameters = inspect.signature(layer.call).parameters.values()
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p.name for p in positional if p.default is p.empty]
    if positional and len(required) < 2:
        return error if isinstance(error, PellucidError) else _kept(error)
    return ArgumentError(
        "A layer of a Sequential model takes one input.",
        got=f"{type(layer).__name__}.call({', '.join(required)})",
        expected="call(x)",
        fix="build the model with Model(inputs, outputs) instead",
    )


def _kept(error):
    return type(error)(*error.args)


def _as_layer(given) -> str:
    """What to type in place of something that is no layer."""
    if isinstance(given, type) and issubclass(given, Layer):
        return f"{given.__name__}(), with the brackets that make the layer"
    if callable(given):
        name = getattr(given, "__name__", "function")
        return f"Activation({name}) for an activation, Lambda({name}) for any function"
    return "model.add(Dense(10))"
