"""Model: a layer that can be trained. The parent of functional, sequential and subclassed models.

Below:  layers/base.py (a model is a layer), engine/train.py (what it adds), report/summary.py (how it prints).
Above:  functional.py and sequential.py, its two kinds; cloning.py copies them.
"""

from __future__ import annotations

import inspect
import json

from pellucid import registry
from pellucid.engine.train import Trainer
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    MissingAttributeError,
    PellucidError,
    UnknownNameError,
    UnsupportedError,
    nearest,
)
from pellucid.files import ages, safe_json
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.layers.base import Layer
from pellucid.models import making, saving
from pellucid.models.quantizing import QuantizableModel
from pellucid.report.summary import print_summary


class Model(Trainer, QuantizableModel, Layer):
    """A network: layers, and the means to train them.

    ``Model(inputs, outputs)`` makes a functional model of the graph between symbolic tensors; a subclass
    with a `call` of its own is a model too.

    Args:
        inputs, outputs: symbolic tensors, or lists, tuples or dicts of them.
        name: without slashes; made from the class's name if None.

    Source: keras.Model, Keras 3.15.
    """

    def __new__(cls, *args, **kwargs):
        if cls is Model and _is_functional(args, kwargs):
            from pellucid.models.functional import Functional

            return Functional.__new__(Functional, *args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args, **kwargs):
        Trainer.__init__(self)
        if _is_functional(args, kwargs):
            from pellucid.models.functional import Functional, put_below

            put_below(type(self))
            Functional.__init__(self, *args, **kwargs)
        elif type(self) is Model and (args or not {"inputs", "outputs"}.isdisjoint(kwargs)):
            raise ArgumentError(
                "A model between symbolic tensors needs both `inputs` and `outputs`.",
                got=", ".join(sorted(kwargs)) or f"{len(args)} argument",
                fix="Model(inputs=inputs, outputs=outputs)",
            )
        else:
            Layer.__init__(self, *args, **kwargs)

    def call(self, *args, **kwargs):
        """From inputs to outputs; a subclass says how."""
        raise UnsupportedError(
            f"The model {type(self).__name__} has no `call`.", fix="def call(self, inputs, training=None): ..."
        )

    @property
    def layers(self) -> list[Layer]:
        """Its layers, those inside nested models not counted."""
        return self._flatten_layers(include_self=False, recursive=False)

    @layers.setter
    def layers(self, _):
        raise MissingAttributeError("`layers` lists a model's layers and cannot be set.", fix="self.blocks = [...]")

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of this name, or at this place in `layers`.

        Raises:
            ArgumentError: both or neither given, or no such place.
            UnknownNameError: no such name; the nearest are told.
        """
        if (name is None) == (index is None):
            raise ArgumentError("`get_layer` takes a name or an index.", got=f"name={name!r}, index={index!r}")
        layers = self.layers
        if index is not None:
            if index >= len(layers):
                raise ArgumentError(
                    f"No layer {index}.", got=index, expected=f"0 to {len(layers) - 1}, for {len(layers)} layers"
                )
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in layers]
        close = nearest(str(name), names)
        raise UnknownNameError(
            f"'{self.name}' has no layer '{name}'.",
            got=repr(name),
            expected=", ".join(names),
            fix=f'get_layer("{close[0] if close else names[0] if names else ""}")',
        )

    def summary(
        self,
        line_length=None,
        positions=None,
        print_fn=None,
        expand_nested=False,
        show_trainable=False,
        layer_range=None,
        style="keras",
    ) -> None:
        """Print a table of the layers, their output shapes and numbers of parameters.

        Args:
            line_length: characters to a line; the terminal's width if None.
            positions: where columns end, as shares of the line.
            print_fn: called once with the whole text, in place of printing.
            expand_nested: whether layers of nested models get rows too.
            show_trainable: whether a column says which layers train.
            layer_range: two names or patterns: the first and last row to show.
            style: "keras" for Keras 3's boxed table, "classic" for that of Keras 1 and 2.
        """
        print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
            style=style,
        )

    def save(self, filepath, overwrite: bool = True, zipped=None, **kwargs) -> None:
        """Write the model to a file; see `pellucid.saving.save_model`."""
        saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath, overwrite: bool = True, max_shard_size=None) -> None:
        """Write the weights to a file; see `pellucid.saving.save_weights`."""
        saving.save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath, skip_mismatch: bool = False, **kwargs) -> None:
        """Take over the weights of a file; see `pellucid.saving.load_weights`."""
        saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def export(self, filepath, format="tf_saved_model", verbose=None, input_signature=None, **kwargs) -> None:
        """Write the model as a file that another runtime runs; see `pellucid.convert.serving.export`."""
        from pellucid.convert import serving

        serving.export(self, filepath, format, verbose, input_signature, **kwargs)

    def to_json(self, **kwargs) -> str:
        """The config as JSON text; `kwargs` go to `json.dumps`."""
        return json.dumps(serialize_keras_object(self), **kwargs)

    def build_from_config(self, config):
        """Make the weights by the shapes that `get_build_config` gave."""
        if config and not self.built:
            Layer.build_from_config(self, config)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Make the model again from what `get_config` gave.

        Raises:
            ArgumentTypeError: the class does not take these arguments.
        """
        from pellucid.models.functional import Functional, functional_from_config, is_functional_like

        is_graph = all(key in config for key in ("name", "layers", "input_layers", "output_layers"))
        if is_graph and (cls in (Functional, Model) or is_functional_like(cls)):
            return functional_from_config(cls, config, custom_objects=custom_objects)
        if isinstance(config.get("dtype"), dict):
            return super().from_config(config)
        try:
            return cls(**config)
        except PellucidError:
            raise
        except TypeError as error:
            raise ArgumentTypeError(
                f"{cls.__name__} cannot be made from this config: {error}.",
                got=sorted(config),
                expected=f"what its __init__ takes: {', '.join(list(inspect.signature(cls.__init__).parameters)[1:])}",
                fix="get_config() must give the arguments of __init__",
            ) from error

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict:
        """All variables as dicts within dicts, by their paths.

        Args:
            value_format: "backend_tensor" or "numpy_array".

        Raises:
            ArgumentError: another format, or two variables of one path.
        """
        optimizer = getattr(self, "optimizer", None)
        groups = {
            "trainable_variables": self.trainable_variables,
            "non_trainable_variables": self.non_trainable_variables,
            "optimizer_variables": optimizer.variables if optimizer else [],
            "metrics_variables": self.metrics_variables,
        }
        return {word: _as_tree(variables, value_format) for word, variables in groups.items()}

    def set_state_tree(self, state_tree: dict) -> None:
        """Take over values from what `get_state_tree` gave.

        Raises:
            ArgumentError: a group of another name.
        """
        optimizer = getattr(self, "optimizer", None)
        for word, tree in state_tree.items():
            if word not in (
                "trainable_variables",
                "non_trainable_variables",
                "optimizer_variables",
                "metrics_variables",
            ):
                raise ArgumentError("A state tree has no such group.", got=repr(word))
            if word == "optimizer_variables":
                variables = optimizer.variables if optimizer else []
            else:
                variables = getattr(self, word)
            by_path = {v.path: v for v in variables}
            for path, value in _paths(tree):
                if path in by_path:
                    by_path[path].assign(value)


def _paths(tree: dict, parent: str = ""):
    """Pairs (path, value) of dicts within dicts."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _paths(value, f"{parent}{key}/")
        else:
            yield f"{parent}{key}", value


def _as_tree(variables, value_format: str) -> dict:
    if value_format not in ("backend_tensor", "numpy_array"):
        raise ArgumentError(
            "Unknown `value_format`.", got=repr(value_format), expected='"backend_tensor" or "numpy_array"'
        )
    tree: dict = {}
    seen = set()
    for v in variables:
        if v.path in seen:
            raise ArgumentError("Two variables have one path.", got=v.path, fix="give the layers different names")
        seen.add(v.path)
        *folders, last = v.path.split("/")
        branch = tree
        for folder in folders:
            branch = branch.setdefault(folder, {})
        branch[last] = v.value if value_format == "backend_tensor" else v.numpy()
    return tree


def _is_functional(args, kwargs) -> bool:
    """Whether these are inputs and outputs."""
    return len(args) == 2 or (len(args) == 1 and "outputs" in kwargs) or {"inputs", "outputs"} <= set(kwargs)


def model_from_json(json_string: str, custom_objects=None) -> Model:
    """The model, with fresh weights, that `to_json` described, of whatever age.

    Raises:
        FileError: no JSON, or a text that has several meanings; or no model can be made of it.
    """
    with making.of_the_config():
        told, known = safe_json.read(json_string), registry.custom_objects(custom_objects)
        version = told.get("keras_version") if isinstance(told, dict) else None
        config = making.understood(ages.modern(told, version if isinstance(version, str) else None, known), known)
        model = deserialize_keras_object(config, custom_objects=custom_objects)
    return making.checked(model)
