"""Dense, Identity, Activation, Lambda and Masking: the plainest layers.

Below:  described.py keeps arguments, links.py says which places feed which.
Beside: embedding.py, einsum_dense.py.
Axes:   a Dense acts on the last axis; its kernel is (features, units), as Keras stores it.
"""

from __future__ import annotations

from pellucid import activations, nest
from pellucid.errors import ArgumentError, ArgumentTypeError, ShapeError, UnsupportedError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.symbol import KerasTensor
from pellucid.layers.adapting import in_effect
from pellucid.layers.base import Layer
from pellucid.layers.described import Described
from pellucid.layers.input_spec import InputSpec
from pellucid.layers.quantizable import Quantizable
from pellucid.layers.quantized.part import Part
from pellucid.links import Mix, Same
from pellucid.ops import comparing, products, reductions
from pellucid.ops.matrices import linear
from pellucid.ops.pieces import Piece, Product, Recorded, Relu
from pellucid.ops.promotion import tensors


class Dense(Quantizable):
    """Weighted sums of the last axis: ``activation(x @ kernel + bias)``.

    Shapes:
        input   (batch, ..., features)
        kernel  (features, units)        torch.nn.Linear keeps (units, features)
        bias    (units,)
        output  (batch, ..., units)

    Raises:
        ArgumentError: `units` is no positive whole number.
        ShapeError: the number of features is unknown.

    Source: keras.layers.Dense, Keras 3.15.
    """

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        quantization_config=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.keep(locals())
        if not isinstance(units, int) or units <= 0:
            raise ArgumentError(
                "`units` is how many values come out.", got=repr(units), expected="a positive int", fix="Dense(10)"
            )
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    kernel = in_effect("kernel")
    _may_quantize = True

    def build(self, input_shape):
        features = _known_features(self, input_shape)
        self.make_main((features, self.units))
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs, training=None):
        x, kernel = tensors((inputs, self.main_value()))
        return self.activation(linear(x, kernel, None if self.bias is None else self.bias.value))

    def pieces(self):
        after = activation_pieces(self.activation)
        if after is None or not self.is_plain:
            return None
        return [Product(self._kernel, *(() if self.bias is None else (self.bias,))), *after]

    def parts(self):
        shape = self._part_shape
        return [Part("kernel", "_kernel", shape, (1,), (shape[1],), shape)]

    def combine(self, x, weight):
        return products.matmul(x, weight)

    def finish(self, y):
        return self.activation(y if self.bias is None else y + self.bias.value)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def links(self):
        return Mix(-1)


def _known_features(layer, input_shape) -> int:
    features = input_shape[-1]
    if features is None:
        raise ShapeError(
            f"'{layer.name}' needs to know how many values the last axis has.",
            got=f"{tuple(input_shape)}: axis {len(input_shape) - 1} (the last) is None, unknown",
            expected="a whole number there",
            fix="GlobalAveragePooling2D() in place of Flatten(), or an Input with every size known",
        )
    return features


class Identity(Layer):
    """Gives back what it gets.

    Source: keras.layers.Identity, Keras 3.15.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def compute_output_spec(self, inputs):
        return nest.map_structure(lambda x: KerasTensor(x.shape, dtype=x.dtype), inputs)

    def links(self):
        return Same()


class Activation(Described):
    """Applies a function to each value: ``Activation("relu")``.

    Source: keras.layers.Activation, Keras 3.15.
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.keep(locals())
        self.supports_masking = True
        self._build_at_init()

    def call(self, inputs):
        return self.activation(inputs)

    def pieces(self):
        return activation_pieces(self.activation) or None

    def compute_output_shape(self, input_shape):
        if self.activation is activations.glu:
            return (*input_shape[:-1], input_shape[-1] and input_shape[-1] // 2)
        return input_shape

    def links(self):
        return activation_link(self.activation)


# Activations that look at more than one value; all others work on each by itself.
_MIXING = ("softmax", "log_softmax", "sparsemax")


def activation_link(activation):
    """The link of an activation function; None for one of the user's own, which may do anything."""
    name = getattr(activation, "__name__", None)
    if getattr(activations, str(name), None) is not activation or name == "glu":
        return None
    return Mix(-1) if name in _MIXING else Same()


def activation_pieces(activation) -> list[Piece] | None:
    """The pieces of an activation function; None for one of the user's own, which may own weights."""
    if activation is activations.linear:
        return []
    if activation is activations.relu:
        return [Relu()]
    return None if activation_link(activation) is None else [Recorded(activation)]


class Lambda(Layer):
    """A function as a layer.

    Args:
        function: ``x -> y``, on tensors.
        output_shape: the output's shape without the batch axis, or a function from input to output shape;
            found by running the function on shapes alone if None.
        mask: a mask for the output, or a function ``(inputs, mask) -> mask``.
        arguments: further arguments for the function.

    Raises:
        UnsupportedError: the function cannot run on shapes alone, and `output_shape` is not given.

    Source: keras.layers.Lambda, Keras 3.15.
    """

    def __init__(self, function, output_shape=None, mask=None, arguments=None, **kwargs):
        super().__init__(**kwargs)
        if not callable(function):
            raise ArgumentTypeError("A Lambda takes a function.", got=repr(function), fix="Lambda(lambda x: x * 2)")
        self.function, self.mask, self.arguments = function, mask, arguments or {}
        self._output_shape = output_shape
        self.supports_masking = mask is not None

    def call(self, inputs, mask=None, training=None):
        code = getattr(self.function, "__code__", None)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()
        context = {"mask": mask, "training": training}
        taken = {word: value for word, value in context.items() if value is not None and word in names}
        return self.function(inputs, **{**self.arguments, **taken})

    def compute_output_shape(self, input_shape):
        if self._output_shape is None:
            try:
                return super().compute_output_shape(input_shape)
            except Exception as error:
                raise UnsupportedError(
                    f"The output shape of '{self.name}' cannot be told from its function: {error}",
                    fix="Lambda(function, output_shape=(10,))",
                ) from error
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        shapes = self._output_shape
        if shapes and isinstance(shapes[0], (tuple, list)):
            return shapes
        first = input_shape if nest.is_shape(input_shape) else nest.flatten(input_shape)
        return (first[0], *shapes)

    def compute_output_spec(self, inputs, **context):
        if self._output_shape is None:
            return super(Layer, self).compute_output_spec(inputs, **context)
        return super().compute_output_spec(inputs)

    def compute_mask(self, inputs, mask=None):
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self):
        return {
            **super().get_config(),
            "function": serialize_keras_object(self.function),
            "arguments": serialize_keras_object(self.arguments),
            **({} if self._output_shape is None else {"output_shape": serialize_keras_object(self._output_shape)}),
            **({} if self.mask is None else {"mask": serialize_keras_object(self.mask)}),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None, safe_mode=None):
        words = ("function", "output_shape", "mask", "arguments")
        safe = True if safe_mode is None else safe_mode
        read = {
            word: deserialize_keras_object(config[word], custom_objects=custom_objects, safe_mode=safe)
            for word in words
            if config.get(word) is not None
        }
        return super().from_config({**config, **read})


class Masking(Described):
    """Marks steps at which every value equals `mask_value`: layers after it skip them.

    Shapes:
        input, output  (batch, steps, features)
        mask           (batch, steps), True where a step counts

    Source: keras.layers.Masking, Keras 3.15.
    """

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        if isinstance(mask_value, dict):
            mask_value = deserialize_keras_object(mask_value)
        self.keep(locals())
        self.mask_value = mask_value
        self.supports_masking = True
        self._build_at_init()

    def compute_mask(self, inputs, mask=None):
        return reductions.any(comparing.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs):
        mask = self.compute_mask(inputs)
        outputs = inputs * mask.unsqueeze(-1).to(inputs.dtype)
        outputs._keras_mask = mask
        return outputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def links(self):
        # A value that hides nothing by itself is hidden where all values beside it hide; a hidden 0 stays 0.
        return Same() if self.mask_value == 0 else Mix(-1)
