"""Embedding: whole numbers to rows of a table.

Below: links.py: an output depends on the number at its own place; which row that is, the number says.
"""

from __future__ import annotations

import warnings

import torch
import torch.nn.functional as F

from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, PlaceError
from pellucid.layers.adapting import in_effect
from pellucid.layers.quantizable import Quantizable
from pellucid.layers.quantized.part import Part
from pellucid.links import Axiswise, Keep
from pellucid.ops import comparing


class Embedding(Quantizable):
    """A row of a table for each whole number: ``embeddings[x]``.

    Shapes:
        input       (batch, ...), whole numbers below `input_dim`
        embeddings  (input_dim, output_dim)
        output      (batch, ..., output_dim)

    Args:
        input_dim: rows: the largest number plus 1.
        output_dim: values in each row.
        mask_zero: whether 0 marks padding, masked for the layers after it.
        weights: a table to begin with.

    Raises:
        ArgumentError: sizes that are no positive whole numbers.

    Source: keras.layers.Embedding, Keras 3.15.
    """

    def __init__(
        self,
        input_dim,
        output_dim,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        weights=None,
        lora_rank=None,
        lora_alpha=None,
        quantization_config=None,
        **kwargs,
    ):
        for word, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise ArgumentError(
                    f"`{word}` of Embedding is a positive whole number.", got=repr(value), fix="Embedding(1000, 64)"
                )
        if kwargs.pop("input_length", None) is not None:
            warnings.warn("`input_length` of Embedding is not needed any more.", stacklevel=2)
        super().__init__(**kwargs)
        self.keep({name: value for name, value in locals().items() if name not in ("weights", "word", "value")})
        self.supports_masking = mask_zero
        self.autocast = False
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    main = "embeddings"
    embeddings = in_effect("embeddings")
    quantization_modes = ("int8", "int4")
    rounds_inputs = False
    _may_quantize = True

    def build(self, input_shape=None):
        if self.built:
            return
        self.make_main((self.input_dim, self.output_dim))

    def parts(self):
        shape = (self.input_dim, self.output_dim)
        return [Part("embeddings", "_embeddings", shape, (0,), (self.input_dim,), shape, group_axis=1)]

    def call(self, inputs):
        return self.combine(inputs, self.main_value())

    def combine(self, x, weight):
        whole = x if x.dtype in (torch.int32, torch.int64) else x.to(torch.int32)
        try:
            rows = F.embedding(whole, weight)
        except IndexError as error:
            least, most = int(whole.min()), int(whole.max())
            raise PlaceError(
                f"'{self.name}' has no row for some of these numbers.",
                got=f"numbers from {least} to {most}",
                expected=f"0 to {self.input_dim - 1}",
                fix=f"Embedding({most + 1}, {self.output_dim})" if least >= 0 else f"x + {-least}, to count from 0",
            ) from error
        return rows.to(to_torch(self.compute_dtype))

    def compute_mask(self, inputs, mask=None):
        return comparing.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.output_dim)

    def links(self):
        return Lookup()


class Lookup(Axiswise):
    """Each output place is fed by the input place of the same coordinates, its last axis left out."""

    def rules(self, in_shape, out_shape):
        return [(Keep(), axis) for axis in range(len(in_shape))]
