"""Calling: the half of a layer that takes inputs: convert, check, build, call, note.

Below:  calls.py binds the arguments, input_spec.py checks them, graph/node.py notes calls on symbols.
Above:  base.py joins this with building.
Kept true: the order of steps is the same for values and symbols; the short way gives what the long way gives.
"""

from __future__ import annotations

import warnings

import torch

from pellucid import nest
from pellucid.dtypes import is_float_dtype, standardize_dtype, to_torch
from pellucid.errors import (
    ArgumentError,
    ArgumentTypeError,
    OperationError,
    PellucidError,
    StateError,
    UnsupportedError,
)
from pellucid.graph.node import Node
from pellucid.graph.scopes import AutocastScope, here
from pellucid.graph.symbol import KerasTensor, any_symbolic
from pellucid.layers import tensorflow_graphs
from pellucid.layers.building import Building
from pellucid.layers.calls import TENSORS, Call, CallContext, Signature, current
from pellucid.layers.input_spec import assert_input_compatibility
from pellucid.layers.penalties import Penalized


class Calling(Building, Penalized):
    """Something that can be called on values and on symbols."""

    def __call__(self, *args, **kwargs):
        if not hasattr(self, "_locked"):
            raise StateError(
                f"{type(self).__name__} was not set up: its `__init__` does not call its parent's.",
                fix="super().__init__()  # first line of __init__",
            )
        self._called = True
        signature = Signature.of(self)
        if len(args) == 1 and self._takes_plainly(args[0], kwargs):
            return self._call_plainly(args[0], signature)
        if tensorflow_graphs.is_waiting(args, kwargs):
            return tensorflow_graphs.put_off(self, self.compute_output_spec, args, kwargs)
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
            _note_place(error, self)
            raise
        finally:
            self._leave_context(context, outer_values)
        if any_symbolic(given_args, given_kwargs):
            _check_symbolic(self, outputs)
            Node(self, given_args, {**given_kwargs, **_symbolic_masks(kwargs, given_kwargs)}, outputs)
        return outputs

    def _takes_plainly(self, x, kwargs) -> bool:
        """Whether a call comes from inside a model, on one value that needs no conversion, has no mask, and says
        nothing new about `training` and its like."""
        policy = self._policy
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
            and getattr(x, "_keras_mask", None) is None
            and type(self).compute_mask is Calling.compute_mask
        )

    def _call_plainly(self, x, signature: Signature):
        """The short way through a call, which costs a few microseconds: same checks, same result."""
        try:
            self._check_inputs(x)
            assert current.context is not None
            values = current.context.values
            kwargs = {
                word: values[word]
                for word in self._call_context_args
                if values.get(word) is not None and word in signature.names
            }
            return self._dispatch((x,), kwargs)
        except PellucidError as error:
            _note_place(error, self)
            raise

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
        for given in args:
            if any(x is not None and not isinstance(x, TENSORS) for x in nest.leaves(given)):
                raise ArgumentError(
                    f"Layer '{self.name}' ({type(self).__name__}) takes tensors; all else is given by keyword.",
                    got=f"{repr(given)[:80]} ({type(given).__name__})",
                    expected="an array or a tensor",
                    fix=f"{self.name}(np.array(x)), or {self.name}(x, argument=...)",
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
            return self._detour(*args, **kwargs) if self._has_detour else self.call(*args, **kwargs)
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
            if not has_mask and type(self).compute_mask is Calling.compute_mask:
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


def _mask_of(x):
    return getattr(x, "_keras_mask", None)


def _symbolic_masks(kwargs, given) -> dict:
    """Masks that came along with symbols: the graph must compute them too."""
    return {
        name: value
        for name, value in kwargs.items()
        if name.endswith("mask") and name not in given and any(isinstance(x, KerasTensor) for x in nest.leaves(value))
    }


def _check_symbolic(layer, outputs) -> None:
    if not any(isinstance(x, KerasTensor) for x in nest.leaves(outputs)):
        kind = type(layer).__name__
        raise ArgumentTypeError(
            f"`call` of layer '{layer.name}' ({kind}) gives no tensor.",
            got="None" if outputs is None else type(outputs).__name__,
            expected="a tensor, or a structure of them",
            fix="return x  # last line of call" if outputs is None else "pellucid.ops in place of NumPy in call",
        )


def _refused(layer, error: Exception, args) -> OperationError:
    """PyTorch's refusal inside a layer, with what the layer was given."""
    got = [
        f"{tuple(x.shape)} of {standardize_dtype(x.dtype)}" for x in nest.leaves(args) if isinstance(x, torch.Tensor)
    ]
    reason = str(error).split("\n")[0].rstrip(".")
    return OperationError(
        f"Layer '{layer.name}' ({type(layer).__name__}) cannot compute this: {reason}.",
        got=", ".join(got) or "no tensors",
        **({"fix": "ops.real(x), or ops.abs(x)"} if any("complex" in one for one in got) else {}),
    )


def _note_place(error: PellucidError, layer) -> None:
    """Add the path of the innermost layer to an error, once."""
    if not getattr(error, "_has_place", False):
        error._has_place = True
        error.add_note(f"in layer '{layer.path or layer.name}' ({type(layer).__name__})")
