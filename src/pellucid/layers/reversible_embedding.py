"""ReversibleEmbedding: an Embedding that also goes back, from rows of the table to a number for each row.

Below: embedding.py, the way there.
"""

from __future__ import annotations

import torch

from pellucid.dtypes import to_torch
from pellucid.graph.symbol import KerasTensor
from pellucid.layers.embedding import Embedding
from pellucid.layers.quantized.part import Part
from pellucid.ops import products
from pellucid.quantizers import AbsMaxQuantizer, QuantizationConfig


class ReversibleEmbedding(Embedding):
    """An Embedding that also projects back: ``x @ embeddings.T`` with `reverse=True`.

    Shapes:
        input       (batch, ...), whole numbers; with `reverse` (batch, ..., output_dim)
        embeddings  (input_dim, output_dim)
        output      (batch, ..., output_dim); with `reverse` (batch, ..., input_dim)

    Args:
        tie_weights: whether both ways share one table; else the way back has its own, (output_dim, input_dim).
        reverse_dtype: of the way back; the compute dtype if None.
        logit_soft_cap: the way back ends in ``tanh(y / cap) * cap``.

    Source: keras.layers.ReversibleEmbedding, Keras 3.15; weight tying, arXiv 1608.05859.
    """

    _may_quantize = True

    def __init__(
        self,
        input_dim,
        output_dim,
        tie_weights=True,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        reverse_dtype=None,
        logit_soft_cap=None,
        **kwargs,
    ):
        # Before the parent's, which builds at once where a table is given.
        self._own = {"tie_weights": tie_weights, "reverse_dtype": reverse_dtype, "logit_soft_cap": logit_soft_cap}
        for word, value in self._own.items():
            setattr(self, word, value)
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )
        self.keep(self._own)

    def build(self, input_shape=None):
        if self.built:
            return
        super().build(input_shape)
        if not self.tie_weights and not self._is_quantized:
            self.reverse_embeddings = self.add_weight(
                (self.output_dim, self.input_dim), self.embeddings_initializer, name="reverse_embeddings"
            )

    def call(self, inputs, reverse=False):
        if reverse:
            return self.capped(self.projected(inputs, self.reverse_value()))
        return self.masked(super().call(inputs), inputs)

    def reverse_value(self):
        """The matrix of the way back."""
        return self.main_value().T if self.tie_weights else self.reverse_embeddings.value

    def projected(self, x, matrix):
        """The product of the way back."""
        if self.reverse_dtype is not None:
            dtype = to_torch(self.reverse_dtype)
            x, matrix = x.to(dtype), matrix.to(dtype)
        return products.matmul(x, matrix)

    def capped(self, y):
        """Numbers kept softly within the cap."""
        return y if self.logit_soft_cap is None else torch.tanh(y / self.logit_soft_cap) * self.logit_soft_cap

    def masked(self, rows, inputs):
        """Rows with the mask of their numbers: only on the way there is there one."""
        mask = super().compute_mask(inputs)
        if mask is not None:
            rows._keras_mask = mask
        return rows

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape, reverse=False):
        return (*input_shape[:-1], self.input_dim) if reverse else (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs, reverse=False):
        return KerasTensor(self.compute_output_shape(inputs.shape, reverse), dtype=self.compute_dtype)

    # ---- quantized

    def parts(self):
        there = super().parts()
        if self.tie_weights:
            return there
        shape, name = (self.output_dim, self.input_dim), "reverse_embeddings"
        return [*there, Part(name, name, shape, (1,), (self.input_dim,), shape, pack_axis=0)]

    def quantized_build(self, input_shape, mode, config=None):
        super().quantized_build(input_shape, mode, config)
        own = AbsMaxQuantizer(axis=-1)
        self.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(config, own)

    def quantized_call(self, inputs, reverse=False):
        if not reverse:
            return super().quantized_call(inputs)
        weight = self._mode.weight(self, self.parts()[-1])
        return self.capped(products.matmul(self.rounded(inputs), weight.T if self.tie_weights else weight))

    def _saved(self):
        if self.tie_weights:
            return super()._saved()
        if not self._is_quantized:
            return [*super()._saved(), "reverse_embeddings"]
        back = self.parts()[-1]
        more = [name for name in self._mode.saved(self, back) if name != "g_idx"]
        return [*super()._saved(), "reverse_embeddings", *more]
