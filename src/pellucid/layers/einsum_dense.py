"""EinsumDense: weighted sums along any axes, written as an einsum equation.

Below: torch.einsum computes; Equation says which axes the letters stand for.
"""

from __future__ import annotations

import math
import re

import torch

from pellucid import initializers
from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers.adapting import in_effect
from pellucid.layers.input_spec import InputSpec
from pellucid.layers.quantizable import Quantizable
from pellucid.layers.quantized.part import Part
from pellucid.links import Follow, Keep, Whole
from pellucid.ops.promotion import tensors

_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class Equation:
    """An equation such as ``"...x,xy->...y"``: the letters of input, kernel and output.

    Raises:
        ArgumentError: another form, or letters that match nothing.
    """

    def __init__(self, text: str):
        match = _FORM.fullmatch(text)
        left, self.inputs, right, self.kernel, out_left, self.outputs, out_right = (
            match.groups() if match else (None,) * 7
        )
        if match is None or bool(left) != bool(out_left) or bool(right) != bool(out_right) or (left and right):
            raise ArgumentError(
                "This is no equation of an EinsumDense.",
                got=repr(text),
                expected='"[X],[Y]->[Z]", "...[X],[Y]->...[Z]" or "[X]...,[Y]->[Z]..."',
                fix='"...x,xy->...y"',
            )
        self.elided_left = bool(left)
        self.text = text
        for letter in self.kernel:
            if letter not in self.inputs and letter not in self.outputs:
                raise ArgumentError(
                    f"The kernel's '{letter}' is neither in the input nor in the output.", got=repr(text)
                )
        for letter in self.outputs:
            if letter not in self.inputs and letter not in self.kernel:
                raise ArgumentError(
                    f"The output's '{letter}' is neither in the input nor in the kernel.", got=repr(text)
                )

    def letters(self, ndim: int) -> tuple[list, list]:
        """The letters of the input's and the output's axes; numbers stand for axes behind the dots."""
        elided = list(range(ndim - len(self.inputs)))
        inputs, outputs = list(self.inputs), list(self.outputs)
        if self.elided_left:
            return elided + inputs, elided + outputs
        return inputs + elided, outputs + elided


class EinsumDense(Quantizable):
    """Weighted sums along any axes: ``activation(einsum(equation, x, kernel) + bias)``.

    Args:
        equation: such as ``"abc,cd->abd"``; the first letter of the input stands for the batch.
        output_shape: the output's sizes without the batch axis and without those behind dots; None where the input says.
        bias_axes: the letters of the output along which the bias has its own values; None for no bias.

    Raises:
        ArgumentError: an equation of another form, or letters that match nothing.
        ShapeError: sizes that contradict each other.

    Source: keras.layers.EinsumDense, Keras 3.15.
    """

    def __init__(
        self,
        equation,
        output_shape,
        activation=None,
        bias_axes=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        gptq_unpacked_column_size=None,
        quantization_config=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.partial_output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.keep({name: value for name, value in locals().items() if name != "output_shape"})
        self.input_spec = None

    kernel = in_effect("kernel")
    _may_quantize = True

    def build(self, input_shape):
        equation = Equation(self.equation)
        inputs, outputs = equation.letters(len(input_shape))
        if len(inputs) != len(input_shape):
            raise ShapeError(
                f"'{self.equation}' does not name the axes of this input.",
                got=f"shape {tuple(input_shape)}, {len(input_shape)} axes",
                expected=f"{len(inputs)} axes: {', '.join(inputs)}",
                fix="a letter for each axis of the input, the batch first",
            )
        sizes = self._sizes(inputs, outputs, input_shape)
        self.input_spec = InputSpec(ndim=len(input_shape))
        summed = [k for k, letter in enumerate(equation.kernel) if letter not in equation.outputs]
        kept = [k for k, letter in enumerate(equation.kernel) if letter in equation.outputs]
        shape = tuple(sizes[letter] for letter in equation.kernel)
        if None in shape:
            raise ShapeError(
                f"'{self.name}' needs every size of its kernel.",
                got=f"{equation.kernel} of {shape}",
                fix="Input(shape=...)",
            )
        self.make_main(shape, self._with_axes(summed, kept))
        self.bias = None
        if self.bias_axes is not None:
            self.bias = self.add_weight(
                self._bias_shape(equation, outputs, sizes),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )

    def _with_axes(self, summed, kept):
        """The initializer, told which of the kernel's axes are summed over."""
        initializer = self.kernel_initializer
        if isinstance(initializer, initializers.VarianceScaling) and None in (
            initializer.input_axes,
            initializer.output_axes,
        ):
            facts = {"seed": initializer.seed, "input_axes": summed, "output_axes": kept}
            return type(initializer).from_config({**initializer.get_config(), **facts})
        return initializer

    def _sizes(self, inputs, outputs, input_shape) -> dict:
        """The size that each letter stands for."""
        sizes = dict(zip(inputs, input_shape, strict=True))
        # The first axis is the batch, which `output_shape` leaves out; numbers stand for axes behind the dots.
        named = [letter for letter in outputs[1:] if isinstance(letter, str)]
        if len(named) > len(self.partial_output_shape):
            raise ShapeError(
                f"`output_shape` of '{self.name}' does not fit its equation.",
                got=self.partial_output_shape,
                expected=f"{len(named)} sizes, for {', '.join(named)}",
            )
        for letter, size in zip(named, self.partial_output_shape, strict=False):
            known = sizes.get(letter)
            if letter in inputs and size is not None and size != known:
                raise ShapeError(
                    f"Input and output of '{self.name}' disagree on '{letter}'.",
                    got=f"{known} in the input",
                    expected=f"{size}, as in output_shape",
                )
            sizes.setdefault(letter, size)
        return sizes

    def _bias_shape(self, equation, outputs, sizes) -> tuple:
        for letter in self.bias_axes:
            if letter not in equation.outputs:
                raise ArgumentError(
                    f"`bias_axes` of '{self.name}' names '{letter}', which is not in the output.", got=self.equation
                )
        first = min(outputs.index(letter) for letter in self.bias_axes)
        return tuple(sizes[letter] if letter in tuple(self.bias_axes) else 1 for letter in outputs[first:])

    def call(self, inputs, training=None):
        y = torch.einsum(self.equation, *tensors((inputs, self.main_value())))
        return self.activation(y if self.bias is None else y + self.bias.value)

    def parts(self):
        equation, shape = Equation(self.equation), self._part_shape
        axes = {letter: axis for axis, letter in enumerate(equation.kernel)}
        kept = tuple(axes[letter] for letter in equation.outputs if letter in axes)
        # As the output lies, so that the two can be divided; axes behind dots on the right count too.
        scale = [shape[axes[letter]] if letter in axes else 1 for letter in equation.outputs]
        behind = 0 if equation.elided_left else self.input_spec.ndim - len(equation.inputs)
        columns = math.prod(shape[axis] for axis in kept)
        matrix = (math.prod(shape) // columns, columns)
        return [Part("kernel", "_kernel", shape, kept, (*scale, *[1] * behind), matrix)]

    def combine(self, x, weight):
        return torch.einsum(self.equation, *tensors((x, weight)))

    def finish(self, y):
        return self.activation(y if self.bias is None else y + self.bias.value)

    def input_axes(self, ndim):
        inputs, outputs = Equation(self.equation).letters(ndim)
        return tuple(axis for axis, letter in enumerate(inputs) if letter not in outputs)

    def compute_output_shape(self, input_shape):
        inputs, outputs = Equation(self.equation).letters(len(input_shape))
        sizes = self._sizes(inputs, outputs, input_shape)
        return tuple(sizes[letter] for letter in outputs)

    def get_config(self):
        config = {**super().get_config(), "output_shape": self.partial_output_shape}
        if not self.gptq_unpacked_column_size:
            config.pop("gptq_unpacked_column_size", None)
        return config

    def links(self):
        inputs, outputs = Equation(self.equation).letters(self.input_spec.ndim)
        at = {letter: k - 1 for k, letter in enumerate(outputs)}
        return Follow(tuple((Keep(), at[x]) if x in at else (Whole(), None) for x in inputs[1:]))
