"""Pipeline: layers one after the other, as one layer for data that may be a dict.

Below: base.py.
"""

from __future__ import annotations

from pellucid import nest
from pellucid.errors import ArgumentError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.layers.base import Layer
from pellucid.layers.calls import Signature
from pellucid.links import Same, Unknown


class Pipeline(Layer):
    """Layers one after the other, such as those that prepare images and what belongs to them.

    Args:
        layers: a list of layers.

    Source: keras.layers.Pipeline, Keras 3.15.
    """

    def __init__(self, layers, name=None):
        super().__init__(name=name)
        self._pipeline_layers = layers
        self._convert_input_args, self._allow_non_tensor_positional_args = False, True

    @property
    def layers(self) -> list:
        """The layers, in their order."""
        return self._pipeline_layers

    def call(self, inputs, training=True, mask=None):
        for layer in self.layers:
            takes = Signature.of(layer)
            kwargs = {"mask": mask} if takes.has_mask else {}
            if takes.has_training and training is not None:
                kwargs["training"] = training
            inputs = layer(inputs, **kwargs)
            mask = nest.map_structure(lambda x: getattr(x, "_keras_mask", None), inputs)
        return inputs

    def links(self):
        """That of the one layer that moves anything; of several where none does outside training."""
        links = [link for link in (layer.links() for layer in self.layers) if link != Same()]
        if len(links) < 2:
            return links[0] if links else Same()
        return Same(in_training=Unknown()) if all(isinstance(link, Same) for link in links) else None

    def get_config(self):
        return {"layers": serialize_keras_object(self.layers), "name": self.name}

    @classmethod
    def from_config(cls, config):
        layers = config.get("layers")
        if not isinstance(layers, (list, tuple)):
            raise ArgumentError(
                "The config of a Pipeline lists its layers.", got=f"layers={layers!r}", expected='{"layers": [...]}'
            )
        return cls(**{**config, "layers": [deserialize_keras_object(one) for one in layers]})
