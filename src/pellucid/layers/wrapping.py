"""Layers around a layer: Wrapper, TimeDistributed, SpectralNormalization.

Below: base.py; the inner layer keeps its own weights and links.
"""

from __future__ import annotations

import torch

from pellucid import initializers
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.layers.base import Layer
from pellucid.layers.calls import Signature
from pellucid.layers.input_spec import InputSpec
from pellucid.links import Within


class Wrapper(Layer):
    """A layer around another one, `self.layer`, to which a subclass adds something.

    Raises:
        ArgumentError: `layer` is no layer.

    Source: keras.layers.Wrapper, Keras 3.15.
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ArgumentError(f"{type(self).__name__} goes around a layer.", got=repr(layer), expected="a layer")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape=None):
        if not self.layer.built:
            self.layer.build(input_shape)
            self.layer.built = True

    def get_config(self):
        return {**super().get_config(), "layer": serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        layer = deserialize_keras_object(config["layer"], custom_objects=custom_objects)
        return super().from_config({**config, "layer": layer})


class TimeDistributed(Wrapper):
    """The same layer on each step by itself.

    Shapes:
        input   (batch, steps, ...)
        output  (batch, steps, ...), each step as the layer gives it

    Raises:
        ShapeError: an input without steps, or a mask that does not fit.

    Source: keras.layers.TimeDistributed, Keras 3.15.
    """

    def __init__(self, layer, **kwargs):
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        super().build(self._of_one_step(input_shape))

    def _of_one_step(self, input_shape):
        if not isinstance(input_shape, (tuple, list)) or len(input_shape) < 3:
            raise ShapeError(
                f"'{self.name}' takes values with steps.",
                got=input_shape,
                expected="(batch, steps, ...), 3 axes or more",
            )
        return (input_shape[0], *input_shape[2:])

    def compute_output_shape(self, input_shape):
        inner = self.layer.compute_output_shape(self._of_one_step(input_shape))
        return (inner[0], input_shape[1], *inner[1:])

    def call(self, inputs, training=None, mask=None):
        if mask is not None and tuple(mask.shape[:2]) != tuple(inputs.shape[:2]):
            raise ShapeError(
                f"The mask of '{self.name}' does not fit its input.",
                got=tuple(mask.shape),
                expected=f"{tuple(inputs.shape[:2])} in front",
            )
        takes = Signature.of(self.layer)
        steps = []
        for k, x in enumerate(inputs.unbind(1)):
            kwargs = {"training": training} if takes.has_training else {}
            if takes.has_mask and mask is not None:
                kwargs["mask"] = mask[:, k]
            steps.append(self.layer._dispatch((x,), kwargs))
        return torch.stack(steps, dim=1)

    def links(self):
        inner = self.layer.links()
        return None if inner is None else Within(inner)


class SpectralNormalization(Wrapper):
    """Keeps the largest singular value of the inner layer's kernel at 1 while training.

    Args:
        layer: one with a `kernel` or `embeddings`.
        power_iterations: rounds of the power method at each call in training.

    Source: Miyato et al. 2018, arXiv 1802.05957; keras.layers.SpectralNormalization, Keras 3.15.
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ArgumentError("`power_iterations` is too small.", got=power_iterations, expected="1 or more")
        self.power_iterations = power_iterations

    def build(self, input_shape):
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        self.kernel = getattr(self.layer, "kernel", None)
        if self.kernel is None:
            self.kernel = getattr(self.layer, "embeddings", None)
        if self.kernel is None:
            raise ArgumentError(
                f"{type(self.layer).__name__} has no kernel to normalize.",
                expected="a layer with `kernel` or `embeddings`",
            )
        self.vector_u = self.add_weight(
            (1, self.kernel.shape[-1]),
            initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
            dtype=self.kernel.dtype,
        )

    def call(self, inputs, training=False):
        if training:
            with torch.no_grad():
                u, kernel = self.normalized_weights()
                # A kernel of zeros has no largest singular value, and stays.
                is_zero = (self.kernel.value == 0).all()
                self.vector_u.assign(torch.where(is_zero, self.vector_u.value, u))
                self.kernel.assign(torch.where(is_zero, self.kernel.value, kernel))
        return self.layer(inputs).to(inputs.dtype)

    def normalized_weights(self):
        """The next vector of the power method, and the kernel divided by its largest singular value."""
        matrix = self.kernel.value.reshape(-1, self.kernel.shape[-1])
        u = self.vector_u.value
        for _ in range(self.power_iterations):
            v = _of_length_one(u @ matrix.T)
            u = _of_length_one(v @ matrix)
        largest = v @ matrix @ u.T
        return u, (self.kernel.value / largest.squeeze()).reshape(self.kernel.shape)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "power_iterations": self.power_iterations}

    def links(self):
        return self.layer.links()


def _of_length_one(x):
    return x * torch.rsqrt(x.square().sum().clamp_min(1e-12))
