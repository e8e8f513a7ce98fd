"""Layer: an operation that owns weights. The parent of all layers and models.

Below:  graph/ (Operation, Variable, nodes), tracking.py (what it owns), calls.py (its arguments).
Above:  every other file of layers/, engine/ (runs and trains them), models/.
Kept true: a call goes convert, check, build, call, note, in this order, for values and symbols alike.
"""

from __future__ import annotations

import functools
import inspect
import warnings
import weakref

import torch

from pellucid import dtype_policies, naming, nest, regularizers
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    OperationError,
    OrderError,
    PellucidError,
    ShapeError,
    StateError,
    UnsupportedError,
)
from pellucid.graph.inference import compute_output_spec
from pellucid.graph.node import Node
from pellucid.graph.operation import Operation, config_is_automatic
from pellucid.graph.scopes import AutocastScope, StatelessScope, here
from pellucid.graph.symbol import KerasTensor, any_symbolic
from pellucid.graph.values import convert_to_tensor
from pellucid.graph.variable import Variable
from pellucid.dtypes import is_float_dtype, standardize_dtype, to_torch
from pellucid.layers import owning
from pellucid.layers.calls import TENSORS, Call, CallContext, Signature, current
from pellucid.layers.input_spec import assert_input_compatibility


class Layer(owning.Owner, Operation):
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

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = _noting_build(cls.__dict__["build"])

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
            raise ArgumentError(
                f"{type(self).__name__} does not take {', '.join(map(repr, kwargs))}.",
                got=", ".join(f"{key}={value!r}" for key, value in kwargs.items()),
                expected=", ".join(p for p in inspect.signature(type(self).__init__).parameters if p not in ("self", "kwargs")),
            )

    # ---- building

    def build(self, input_shape):
        """Make the weights for inputs of this shape. A layer without weights need not say it."""
        if any(not layer.built for layer in self._layers) and not self._build_by_running(input_shape):
            warnings.warn(
                f"Layer '{self.name}' has sub-layers without weights yet, no `build` that makes them, and a `call` "
                "that does not run on shapes alone; write build(), or call the layer on a value first.",
                stacklevel=2,
            )
        self._finish_build()

    def _build_by_running(self, input_shape) -> bool:
        """Let sub-layers make their weights by running `call` on shapes alone; whether that went well."""
        try:
            compute_output_spec(self.call, nest.map_shape_structure(KerasTensor, input_shape))
        except Exception:
            return False
        return True

    def _build_at_init(self):
        """Count as built from the start, unless a subclass has weights to make."""
        if type(self).build is Layer.build:
            self._finish_build()

    def _finish_build(self):
        self.built = True
        self._locked = True

    def _maybe_build(self, call: Call):
        if type(self).build is not Layer.build:
            self.build(**call.shapes_for(self.build, self))
            self._check_inputs(call.first)
            return
        if any(not layer.built for layer in self._layers):
            try:
                compute_output_spec(self.call, **call.arguments)
            except Exception:
                if not call.is_symbolic:
                    return  # The real call right after this makes the weights.
                raise
        self.build(next(iter(call.shapes().values()), None))

    def get_build_config(self) -> dict | None:
        """The shapes it was built with, from which `build_from_config` builds it again."""
        shapes = self._build_shapes_dict
        if shapes is None:
            return None
        return {"input_shape": next(iter(shapes.values()))} if len(shapes) == 1 else {"shapes_dict": shapes}

    def build_from_config(self, config: dict) -> None:
        """Make the weights by what `get_build_config` gave."""
        if not config:
            return
        if "input_shape" in config:
            self.build(_as_shape(config["input_shape"]))
        elif "shapes_dict" in config:
            self.build(**{name: _as_shape(shape) for name, shape in config["shapes_dict"].items()})

    # ---- calling

    def __call__(self, *args, **kwargs):
        if not hasattr(self, "_locked"):
            raise StateError(
                f"{type(self).__name__} was not set up: its `__init__` does not call its parent's.",
                fix="super().__init__(**kwargs)  # first line of __init__",
            )
        self._called = True
        signature = Signature.of(self)
        if len(args) == 1 and self._takes_plainly(args[0], kwargs):
            return self._call_plainly(args[0], signature)
        given_args, given_kwargs = args, kwargs
        if self._convert_input_args:
            args, kwargs = self._converted(args, kwargs)
        if not self._allow_non_tensor_positional_args:
            self._check_positional(args)
        call = Call(self, signature, args, dict(kwargs))
        context, outer_values = self._enter_context()
        try:
            with self._open_name_scope():
                self._check_inputs(call.first)
                if not self.built:
                    self._maybe_build(call)
                kwargs = self._with_context_args(call, context, signature, kwargs)
                kwargs, previous_mask = self._with_masks(call, signature, kwargs)
                outputs = self._run(args, kwargs)
            self.built = True
            self._note_activity(outputs)
            self._pass_masks_on(call.first, outputs, previous_mask)
        except PellucidError as error:
            raise _with_place(error, self)
        finally:
            self._leave_context(context, outer_values)
        if any_symbolic(given_args, given_kwargs):
            Node(self, given_args, {**given_kwargs, **_symbolic_masks(kwargs, given_kwargs)}, outputs)
        return outputs

    def _takes_plainly(self, x, kwargs) -> bool:
        """Whether a call comes from inside a model, on one value that needs no conversion, has no mask, and says
        nothing new about `training` and its like."""
        policy = self._dtype_policy
        context = current.context
        return (
            context is not None
            and self.built
            and all(word in self._call_context_args and context.values.get(word) is kwargs[word] for word in kwargs)
            and type(x) is torch.Tensor
            and here.autocast is None
            and self.activity_regularizer is None
            and policy.compute_dtype == policy.variable_dtype
            and x.dtype is to_torch(self.input_dtype)
            and "_keras_mask" not in x.__dict__
            and type(self).compute_mask is Layer.compute_mask
        )

    def _call_plainly(self, x, signature: Signature):
        """The short way through a call, which costs a few microseconds: same checks, same result."""
        try:
            self._check_inputs(x)
            values = current.context.values
            kwargs = {word: values[word] for word in self._call_context_args if values.get(word) is not None and word in signature.names}
            return self._dispatch((x,), kwargs)
        except PellucidError as error:
            raise _with_place(error, self)

    def call(self, *args, **kwargs):
        """The arithmetic: from input values to output values."""
        raise UnsupportedError(f"{type(self).__name__} has no `call`.", fix="def call(self, x): ...")

    def _converted(self, args, kwargs):
        """Arguments with arrays made tensors, and floating-point ones cast to the compute dtype."""
        if len(args) == 1 and not kwargs and type(args[0]) is torch.Tensor:
            x = args[0]
            if x.dtype is to_torch(self.input_dtype):
                return args, kwargs
        return nest.map_structure(self._convert, args), nest.map_structure(self._convert, kwargs)

    def _convert(self, x):
        y = self._policy.convert_input(x, self.autocast, self.input_dtype)
        mask = getattr(x, "_keras_mask", None)
        if mask is not None and y is not x:
            y._keras_mask = mask
        return y

    def _check_positional(self, args):
        for x in nest.leaves(args):
            if x is not None and not isinstance(x, TENSORS):
                raise ArgumentError(
                    f"Layer '{self.name}' ({type(self).__name__}) takes only tensors without a keyword.",
                    got=f"{x!r} ({type(x).__name__})",
                    expected="an array or a tensor",
                    fix="np.array(x), or name the argument: layer(x, argument=...)",
                )

    def _check_inputs(self, first):
        if self.input_spec is not None:
            assert_input_compatibility(self.input_spec, first, self)

    def _enter_context(self):
        if current.context is None:
            current.context = CallContext(self)
            self._clear_losses()
        return current.context, dict(current.context.values)

    def _leave_context(self, context, outer_values):
        context.values = outer_values
        if context.entry_layer is self:
            current.context = None

    def _with_context_args(self, call: Call, context: CallContext, signature: Signature, kwargs: dict) -> dict:
        """`training` and its like: as given, else as the outer call has it, else this call's default."""
        kwargs = dict(kwargs)
        for word in self._call_context_args:
            value = call.given.get(word)
            if value is None:
                value = context.values.get(word)
            if value is None:
                value = call.arguments.get(word)
            context.values[word] = value
            if word in signature.names:
                if value is not None:
                    kwargs[word] = value
            else:
                kwargs.pop(word, None)
        return kwargs

    def _with_masks(self, call: Call, signature: Signature, kwargs: dict):
        """Masks that came with the tensors, as arguments where `call` takes them."""
        if len(call.tensors) == 1:
            if signature.has_mask and call.arguments["mask"] is None:
                kwargs = {**kwargs, "mask": nest.map_structure(_mask_of, next(iter(call.tensors.values())))}
        else:
            for name, value in call.tensors.items():
                if call.arguments.get(f"{name}_mask", 0) is None:
                    kwargs = {**kwargs, f"{name}_mask": nest.map_structure(_mask_of, value)}
        if kwargs.get("mask") is not None:
            return kwargs, kwargs["mask"]
        return kwargs, nest.map_structure(_mask_of, call.first)

    def _run(self, args, kwargs):
        scope = self._autocast_scope()
        if scope is None:
            return self._dispatch(args, kwargs)
        with scope:
            return self._dispatch(args, kwargs)

    def _autocast_scope(self) -> AutocastScope | None:
        """The scope in which weights read as this layer computes; None where nothing changes."""
        compute = self.compute_dtype
        if here.autocast is not None:
            if not self.autocast or not is_float_dtype(compute):
                return AutocastScope(None)
            return AutocastScope(compute) if here.autocast.dtype != compute else None
        if compute != self.variable_dtype and is_float_dtype(compute):
            return AutocastScope(compute)
        return None

    def _dispatch(self, args, kwargs):
        if any_symbolic(args, kwargs):
            return self.compute_output_spec(*args, **kwargs)
        try:
            return self.call(*args, **kwargs)
        except PellucidError:
            raise
        except (RuntimeError, IndexError) as error:
            raise _refused(self, error, args) from error

    symbolic_call = None  # a layer notes its node itself, at the end of __call__

    def _note_activity(self, outputs):
        if self.activity_regularizer is None:
            return
        for x in nest.leaves(outputs):
            if isinstance(x, torch.Tensor):
                penalty = self.activity_regularizer(x)
                # By the sample, so that its strength does not depend on the batch size.
                self.add_loss(penalty / max(x.shape[0], 1) if x.ndim else penalty)

    # ---- masks

    @property
    def supports_masking(self) -> bool:
        """Whether a mask on the input passes on to the output; may be set."""
        return self._supports_masking

    @supports_masking.setter
    def supports_masking(self, value):
        self._supports_masking = value

    def compute_mask(self, inputs, previous_mask):
        """The mask of the outputs, from that of the inputs."""
        return previous_mask

    def _pass_masks_on(self, inputs, outputs, previous_mask):
        has_mask = any(mask is not None for mask in nest.leaves(previous_mask))
        if self.supports_masking:
            if not has_mask and type(self).compute_mask is Layer.compute_mask:
                return
            flat = nest.flatten(outputs)
            if all(_mask_of(x) is not None for x in flat):
                return
            masks = self.compute_mask(inputs, previous_mask)
            for x, mask in zip(flat, nest.flatten(masks) if masks is not None else (), strict=False):
                if mask is not None and _mask_of(x) is None:
                    x._keras_mask = mask
        elif has_mask:
            warnings.warn(
                f"Layer '{self.name}' ({type(self).__name__}) does not support masking: the mask of its input ends here.",
                stacklevel=3,
            )

    # ---- shapes

    def compute_output_shape(self, *args, **kwargs):
        """The shape of the output, from that of the input; None for unknown sizes."""
        if type(self).call is Layer.call:
            raise UnsupportedError(
                f"{type(self).__name__} does not say its output's shape.",
                fix="def compute_output_shape(self, input_shape): ...",
            )
        if type(self).compute_output_spec is not Layer.compute_output_spec:
            spec = self.compute_output_spec(*(nest.map_shape_structure(self._symbol, shape) for shape in args), **kwargs)
        else:
            shapes = (*args, *kwargs.values())
            spec = compute_output_spec(self.call, *(nest.map_shape_structure(self._symbol, shape) for shape in shapes))
        return nest.map_structure(lambda x: x.shape, spec)

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
                f"`compute_output_shape` of {type(self).__name__} gave no shape.", got=repr(shapes), expected="(None, 3)"
            ) from error

    def links(self):
        """Which places of the input feed a place of the output; None where nobody knows."""
        return None

    # ---- losses

    def add_loss(self, loss) -> None:
        """Add a penalty to what training minimises; for use inside `call`.

        Raises:
            ArgumentError: something that is no tensor.
        """
        for x in nest.leaves(loss):
            if not isinstance(x, torch.Tensor):
                raise ArgumentError(f"`add_loss` of layer '{self.name}' takes tensors.", got=repr(x), expected="a scalar tensor")
            if here.stateless is not None:
                if here.stateless.collect_losses:
                    here.stateless.add_loss(x)
            else:
                self._losses.append(x)
                _with_losses.add(self)

    @property
    def losses(self) -> list:
        """The penalties of the last call, its sub-layers' and its weights' included."""
        if here.stateless is not None:
            found = list(here.stateless.losses)
        else:
            found = [loss for layer in self._flatten_layers() for loss in layer._losses] if _with_losses else []
        return found + [v.regularizer(v) for v in self.trainable_weights if v.regularizer is not None]

    def _clear_losses(self):
        if _with_losses:
            for layer in self._flatten_layers():
                layer._losses.clear()
                _with_losses.discard(layer)

    def stateless_call(self, trainable_variables, non_trainable_variables, *args, return_losses=False, **kwargs):
        """Call with given values for all weights, and change nothing.

        Returns:
            ``(outputs, non_trainable_values)``, and the losses as a third where `return_losses`.

        Raises:
            OrderError: not built yet.
            ArgumentError: another number of values than it has variables.
        """
        if not self.built:
            raise OrderError(f"Layer '{self.name}' has no weights yet.", fix=f"{self.name}.build(input_shape)")
        groups = {"trainable_variables": trainable_variables, "non_trainable_variables": non_trainable_variables}
        mapping = []
        for word, values in groups.items():
            variables = getattr(self, word)
            if len(values) != len(variables):
                raise ArgumentError(f"`{word}` has the wrong length.", got=len(values), expected=len(variables))
            mapping += zip(variables, values, strict=True)
        with StatelessScope(mapping, collect_losses=return_losses) as scope:
            outputs = self.call(*args, **kwargs)
            losses = self.losses if return_losses else []
        # A value that was not updated is handed back as it came.
        after = [scope.get_current_value(v) for v in self.non_trainable_variables]
        return (outputs, after, losses) if return_losses else (outputs, after)

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


def _symbolic_masks(kwargs, given) -> dict:
    """Masks that came along with symbols: the graph must compute them too."""
    return {
        name: value
        for name, value in kwargs.items()
        if name.endswith("mask") and name not in given and any(isinstance(x, KerasTensor) for x in nest.leaves(value))
    }


# Layers that hold penalties now. Most models have none, and need not be searched for them at each call.
_with_losses: weakref.WeakSet[Layer] = weakref.WeakSet()


def _mask_of(x):
    return getattr(x, "_keras_mask", None)


def _noting_build(build):
    """`build` inside its name scope, with the shapes noted and the layer marked as built."""
    if getattr(build, "_notes", False):
        return build
    signature = inspect.signature(build)

    @functools.wraps(build)
    def noting(self, *args, **kwargs):
        if getattr(self, "_is_building", False):
            return build(self, *args, **kwargs)  # a parent's build, called by a child's
        object.__setattr__(self, "_is_building", True)
        try:
            with self._open_name_scope():
                self._path = naming.current_path()
                build(self, *args, **kwargs)
        finally:
            object.__delattr__(self, "_is_building")
        arguments = dict(signature.bind(self, *args, **kwargs).arguments)
        arguments.pop(next(iter(arguments)))
        self._build_shapes_dict = arguments
        self._finish_build()
        return None

    noting._notes = True
    return noting


# A layer without weights of its own tells its file the shape too, as Keras's do.
Layer.build = _noting_build(Layer.build)


def _as_shape(shape):
    return nest.map_shape_structure(tuple, shape) if nest.is_nested(shape) else shape


def _refused(layer: Layer, error: Exception, args) -> OperationError | ShapeError:
    """PyTorch's refusal inside a layer, with what the layer was given."""
    got = [f"{tuple(x.shape)} of {standardize_dtype(x.dtype)}" for x in nest.leaves(args) if isinstance(x, torch.Tensor)]
    reason = str(error).split("\n")[0].rstrip(".")
    return OperationError(f"Layer '{layer.name}' ({type(layer).__name__}) cannot compute this: {reason}.", got=", ".join(got))


def _with_place(error: PellucidError, layer: Layer) -> PellucidError:
    """The error, with the path of the innermost layer added once."""
    if not getattr(error, "_has_place", False):
        error._has_place = True
        error.add_note(f"in layer '{layer.path or layer.name}' ({type(layer).__name__})")
    return error
