"""Layers of other worlds, by Keras's names: none can be made here, and each says what does its work."""

from __future__ import annotations

from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.layers.base import Layer


class TFSMLayer(Layer):
    """A SavedModel as a layer, in Keras on TensorFlow.

    Raises:
        UnsupportedError: always; TensorFlow alone runs a SavedModel.
    """

    def __init__(
        self, filepath, call_endpoint="serve", call_training_endpoint=None, trainable=True, name=None, dtype=None
    ):
        raise UnsupportedError(
            "A SavedModel is run by TensorFlow alone.",
            got=repr(filepath),
            expected="a model's file: .keras, .h5 or .onnx",
            fix='model.save("model.keras") where TensorFlow is, then load_model("model.keras")',
        )


class JaxLayer(Layer):
    """A function of JAX as a layer, in Keras on JAX or TensorFlow.

    Raises:
        ArgumentError: always; values here are PyTorch's.
    """

    def __init__(
        self,
        call_fn,
        init_fn=None,
        params=None,
        state=None,
        seed=None,
        native_serialization_platforms=None,
        **kwargs,
    ):
        _refuse(type(self), call_fn)


class FlaxLayer(JaxLayer):
    """A module of Flax as a layer, in Keras on JAX or TensorFlow.

    Raises:
        ArgumentError: always; values here are PyTorch's.
    """

    def __init__(self, module, method=None, variables=None, **kwargs):
        _refuse(type(self), module)


def _refuse(cls: type, thing):
    raise ArgumentError(
        f"{cls.__name__} is run by JAX, and values here are PyTorch's.",
        got=repr(thing)[:80],
        expected="a module of PyTorch, or a layer",
        fix="TorchModuleWrapper(module), or a Layer with a call() of pellucid.ops",
    )
