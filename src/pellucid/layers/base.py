"""Layer: an operation that owns weights. The parent of all layers and models.

Below:  graph/ (Operation, Variable, nodes); calling.py, building.py, penalties.py and owning.py are its parts.
Above:  every other file of layers/, engine/ (runs and trains them), models/.
Kept true: what is here is what a subclass sets or says: arguments, dtypes, shapes, links, config.
"""

from __future__ import annotations

import inspect
import warnings

from pellucid import dtype_policies, nest, regularizers
from pellucid.errors import (
    ArgumentError,
    MissingAttributeError,
    StateError,
    UnknownArgumentError,
    UnsupportedError,
    nearest,
)
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.operation import Operation, config_is_automatic
from pellucid.graph.remat import current_remat_mode
from pellucid.graph.symbol import KerasTensor
from pellucid.layers.calling import Calling
from pellucid.layers.calls import Call, Signature
from pellucid.layers.parameters import Parameters
from pellucid.layers.quantizing import Quantizing


class Layer(Calling, Quantizing, Parameters, Operation):
    """A computation with weights.

    A subclass makes its weights in `build(input_shape)` with `add_weight`, computes in `call`, and may say
    its output's shape in `compute_output_shape` and which places feed which in `links`.

    Args:
        activity_regularizer: a penalty on the outputs.
        trainable: whether its weights get gradients.
        dtype: a dtype name or policy for weights and arithmetic.
        autocast: whether floating-point inputs are cast to the compute dtype.
        name: without slashes; made from the class's name if None.

    Raises:
        ArgumentError: a keyword that no layer takes.

    Source: keras.layers.Layer, Keras 3.15.
    """

    _said_by_parent = ("name", "trainable", "dtype", "activity_regularizer", "autocast")

    def __init__(self, *, activity_regularizer=None, trainable=True, dtype=None, autocast=True, name=None, **kwargs):
        if not isinstance(trainable, bool):
            raise ArgumentError("`trainable` is True or False.", got=repr(trainable))
        super().__init__(name=name)
        self._dtype_policy = dtype_policies.get(dtype)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._take_input_shape(kwargs)
        self.built = False
        self.autocast = autocast
        self.supports_jit = True
        self.input_spec = None
        self._trainable = trainable
        self._path = self._parent_path = None
        self._called = self._locked = False
        self._losses: list = []
        self._remat_mode = current_remat_mode()
        self._note_detour()
        self._build_shapes_dict = None
        self._convert_input_args = True
        self._allow_non_tensor_positional_args = False
        self._call_context_args = {"training"}
        self._supports_masking = type(self).compute_mask is not Layer.compute_mask

    def _take_input_shape(self, kwargs):
        """Keras 2 programs tell the first layer its input: it is kept for Sequential."""
        if "input_dim" in kwargs:
            kwargs["input_shape"] = (kwargs.pop("input_dim"),)
        if "input_shape" in kwargs:
            self._input_shape_arg = kwargs.pop("input_shape")
            warnings.warn(
                f"`input_shape` of {type(self).__name__} is Keras 2's way; begin the model with Input(shape=...) instead.",
                stacklevel=4,
            )
        if kwargs:
            taken = [*inspect.signature(type(self).__init__).parameters, *self._said_by_parent]
            taken = [word for word in dict.fromkeys(taken) if word not in ("self", "args", "kwargs")]
            close = nearest(next(iter(kwargs)), taken, most=1)
            raise UnknownArgumentError(
                f"{type(self).__name__} does not take {', '.join(map(repr, kwargs))}.",
                got=", ".join(f"{key}={value!r}" for key, value in kwargs.items()),
                expected=", ".join(taken),
                fix=f"{close[0]}=..." if close else f"{type(self).__name__}(...) without it",
            )

    def _finish_build(self):
        super()._finish_build()
        # Only now the layer's path is known, by which a map of policies names its own.
        self._note_detour()

    # ---- shapes

    def compute_output_shape(self, *args, **kwargs):
        """The shape of the output, from that of the input; None for unknown sizes."""
        if type(self).call is Layer.call:
            raise UnsupportedError(
                f"{type(self).__name__} does not say its output's shape.",
                fix="def compute_output_shape(self, input_shape): ...",
            )
        if type(self).compute_output_spec is not Layer.compute_output_spec:
            spec = self.compute_output_spec(
                *(nest.map_shape_structure(self._symbol, shape) for shape in args), **kwargs
            )
        else:
            shapes = (*args, *kwargs.values())
            spec = compute_output_spec(self.call, *(nest.map_shape_structure(self._symbol, shape) for shape in shapes))
        return nest.map_structure(lambda x: x.shape, spec)

    def __getattr__(self, name):
        """Only asked for what is not there: a weight that `build` makes is the common case."""
        if hasattr(type(self), name):
            return object.__getattribute__(self, name)  # a property that said itself what is missing
        if not name.startswith("_") and "built" in self.__dict__ and not self.built:
            raise MissingAttributeError(
                f"Layer '{self.name}' ({type(self).__name__}) has no `{name}` yet, as it is not built.",
                fix=f"{self.name}.build(input_shape), or call it once",
            )
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _symbol(self, shape):
        return KerasTensor(shape, dtype=self.compute_dtype)

    def compute_output_spec(self, *args, **kwargs):
        """Symbols for what a call on these symbols gives."""
        if type(self).compute_output_shape is Layer.compute_output_shape:
            return super().compute_output_spec(*args, **kwargs)
        call = Call(self, Signature.of(self), args, dict(kwargs))
        shapes = self.compute_output_shape(**call.shapes_for(self.compute_output_shape, self))
        if nest.is_shape(shapes):
            return self._symbol(shapes)
        try:
            return nest.map_shape_structure(self._symbol, shapes)
        except (TypeError, ValueError) as error:
            raise ArgumentError(
                f"`compute_output_shape` of {type(self).__name__} gave no shape.",
                got=repr(shapes),
                expected="(None, 3)",
            ) from error

    def links(self):
        """Which places of the input feed a place of the output; None where nobody knows."""
        return

    def pieces(self):
        """What `call` does in training, as pieces of ops/pieces.py one behind the other; None where that is not said."""
        return

    # ---- dtype

    @property
    def _policy(self):
        policy = self._dtype_policy
        return policy[self.path] if self.path and isinstance(policy, dtype_policies.DTypePolicyMap) else policy

    @property
    def dtype_policy(self):
        """The dtypes of weights and arithmetic; may be set to a name or policy."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value):
        policy = dtype_policies.get(value)
        if self.path and isinstance(self._dtype_policy, dtype_policies.DTypePolicyMap):
            self._dtype_policy.pop(self.path, None)
            self._dtype_policy[self.path] = policy
        else:
            self._dtype_policy = policy
        self._follow_policy(policy)

    @property
    def dtype(self) -> str:
        """The dtype of its weights."""
        return self.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype of its arithmetic."""
        return self._policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of its weights."""
        return self._policy.variable_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that its inputs are cast to."""
        return self.compute_dtype

    @property
    def quantization_mode(self) -> str | None:
        """How its weights are quantized, or None."""
        return self._policy.quantization_mode

    # ---- config

    def get_config(self) -> dict:
        """What is needed to make this layer again, without its weights."""
        config = {
            **super().get_config(),
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self.dtype_policy),
        }
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    @classmethod
    def from_config(cls, config: dict):
        """Make the layer again from what `get_config` gave."""
        if isinstance(config.get("dtype"), dict):
            policy = dtype_policies.deserialize(config["dtype"])
            is_plain = not isinstance(policy, dtype_policies.DTypePolicyMap) and policy.quantization_mode is None
            config = {**config, "dtype": policy.name if is_plain else policy}
        return super().from_config(config)

    def _register_call_context_args(self, *names):
        """Let arguments of these names reach sub-layers, as `training` does.

        Raises:
            StateError: the layer has been called already.
        """
        if self._called:
            raise StateError(f"Layer '{self.name}' has been called; context arguments come before that.", got=names)
        self._call_context_args = self._call_context_args | set(names)

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    __str__ = __repr__


config_is_automatic(Layer.get_config)
