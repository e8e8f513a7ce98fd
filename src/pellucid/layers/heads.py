"""What attention layers with several heads share: projections, masks, and the way through PyTorch's kernel.

Below:  einsum_dense.py projects, ops/attention.py attends.
Above:  multi_head_attention.py and grouped_query_attention.py.
Axes:   (batch, length, heads, features) behind the projections. A mask is True where a source counts.
"""

from __future__ import annotations

import torch

from pellucid import regularizers
from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.activation import Softmax
from pellucid.layers.described import Described
from pellucid.layers.einsum_dense import EinsumDense
from pellucid.layers.regularization import Dropout
from pellucid.links import Each
from pellucid.ops.attention import dot_product_attention
from pellucid.settings import is_flash_attention_enabled


class Headed(Described):
    """The parent of attention layers with several heads.

    Shapes:
        query           (batch, targets, features)
        value           (batch, sources, features)
        key             (batch, sources, features); the value where there is none
        query_mask ...  (batch, length of that one); taken from the inputs where not given
        attention_mask  (batch, targets, sources), or what broadcasts to (batch, heads, targets, sources)
        output          (batch, targets, features of the query)
        scores          (batch, heads, targets, sources), only with return_attention_scores

    Args:
        sliding_window: targets see only sources that are less than this many places away.
        flash_attention: True insists on PyTorch's flash kernel; None takes the global setting.
        use_gate: whether the heads' outputs are multiplied by a sigmoid of a projection of the query.

    Raises:
        ArgumentError: sizes that are no positive ints; flash attention with dropout or scores.
        ShapeError: keys and values of different lengths.
    """

    mask_axes = 2  # of the scores, at the end: those of the targets and those of the sources
    dot_product_equation, combine_equation = "bsnd,btnd->bnts", "bnts,bsnd->btnd"

    def start(self, arguments: dict, *sizes: str):
        """Keep and check the arguments of `__init__`; those named in `sizes` are positive ints."""
        flash = arguments["flash_attention"] or is_flash_attention_enabled()
        self.keep({word: value for word, value in arguments.items() if word not in ("flash_attention", "output_shape")})
        for word in (*sizes, *([] if self.sliding_window is None else ["sliding_window"])):
            value = getattr(self, word)
            if not isinstance(value, int) or value <= 0:
                raise ArgumentError(
                    f"`{word}` of {type(self).__name__} is a size.", got=repr(value), expected="a positive int"
                )
        self._flash_attention = flash
        if flash and self.dropout > 0:
            raise ArgumentError("Flash attention has no dropout.", got=f"dropout={self.dropout}", fix="dropout=0.0")
        # It acts on the projections, where Keras has it, not on this layer's output.
        self._activity_regularizer = regularizers.get(arguments["activity_regularizer"])
        self.supports_masking = True

    def project(self, name: str, equation: str, output_shape: tuple, bias_axes: str, activation=None) -> EinsumDense:
        """A projection with this layer's initializers, regularizers and constraints."""
        return EinsumDense(
            equation,
            output_shape=output_shape,
            bias_axes=bias_axes if self.use_bias else None,
            activation=activation,
            name=name,
            kernel_initializer=_anew(self.kernel_initializer),
            bias_initializer=_anew(self.bias_initializer),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            activity_regularizer=self._activity_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            dtype=self.dtype_policy,
        )

    def make_projections(self, shapes: tuple, heads: tuple, sizes: tuple, output_shape: tuple):
        """Make all projections and their weights.

        Args:
            shapes: of query, key and value.
            heads: of query and gate; of key and value.
            sizes: of a head of query and key; of value and gate.
            output_shape: the sizes that take the place of the query's features.
        """
        query_shape, key_shape, value_shape = shapes
        check_lengths(value_shape, key_shape)
        equation = "...x,xhd->...hd"
        self._query_dense = self.project("query", equation, (heads[0], sizes[0]), "hd")
        self._key_dense = self.project("key", equation, (heads[1], sizes[0]), "hd")
        if self.use_gate:
            self._gate_dense = self.project("gate", equation, (heads[0], sizes[1]), "hd", activation="sigmoid")
            self._gate_dense.build(query_shape)
        self._value_dense = self.project("value", equation, (heads[1], sizes[1]), "hd")
        for dense, shape in zip((self._query_dense, self._key_dense, self._value_dense), shapes, strict=True):
            dense.build((shape[0], *shape[1:-1], shape[-1]))
        self._softmax = Softmax(axis=tuple(range(-(self.mask_axes // 2), 0)), dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        letters = "opqrstuvw"[: len(output_shape)]
        self._output_dense = self.project("attention_output", f"...hd,hd{letters}->...{letters}", output_shape, letters)
        self._output_dense.build((*query_shape[:-1], heads[0], sizes[1]))

    # ---- the way of the values

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        query, value, key = (_without_mask(x) for x in (query, value, value if key is None else key))
        kwargs = {}
        masks = (query_mask, value_mask, key_mask, attention_mask, self.sliding_window)
        is_ours = type(self)._compute_attention is Headed._compute_attention
        if use_causal_mask and is_ours and all(mask is None for mask in masks):
            kwargs["use_causal_mask"] = True  # PyTorch's kernel needs no mask for that
        else:
            attention_mask = self._compute_attention_mask(
                query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask
            )
        if return_attention_scores:
            kwargs["return_attention_scores"] = True
        gate = self._gate_dense(query) if self.use_gate else None
        query, key, value = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        if not is_ours:  # a subclass knows nothing of heads that serve several others
            key, value = self._for_all_heads(query, key), self._for_all_heads(query, value)
        output, scores = self._compute_attention(query, key, value, attention_mask, training, **kwargs)
        output = self._output_dense(output if gate is None else output * gate)
        return (output, scores) if return_attention_scores else output

    def _compute_attention(
        self,
        query,
        key,
        value,
        attention_mask=None,
        training=None,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        """The heads' outputs and, where computed, their scores; a subclass may override this."""
        if self._flash_attention and return_attention_scores:
            raise ArgumentError(
                "Flash attention never has all scores at once.",
                got="return_attention_scores=True",
                fix="flash_attention=False, and config.disable_flash_attention()",
            )
        query, key, value = (convert_to_tensor(x) for x in (query, key, value))
        drops = self.dropout > 0 and (training or attention_mask is not None)
        if query.ndim == 4 and not return_attention_scores and not drops:
            mask = None if attention_mask is None else self._spread(attention_mask, 4)
            flash = self._flash_attention
            scale = self._scale()
            output = dot_product_attention(query, key, value, None, mask, scale, use_causal_mask, flash)
            return output, None
        if use_causal_mask:
            past = self._compute_causal_mask(query, value)
            attention_mask = past if attention_mask is None else convert_to_tensor(attention_mask).to(torch.bool) & past
        key, value = self._for_all_heads(query, key), self._for_all_heads(query, value)
        scores = torch.einsum(self.dot_product_equation, key, query * self._scale())
        scores = self._masked_softmax(scores, attention_mask)
        dropped = self._dropout_layer(scores, training=training) if self.dropout > 0 else scores
        return torch.einsum(self.combine_equation, dropped, value), scores

    def _scale(self) -> float:
        return self._query_dense.kernel.shape[-1] ** -0.5

    def _masked_softmax(self, attention_scores, attention_mask=None):
        if attention_mask is not None:
            attention_mask = self._spread(attention_mask, attention_scores.ndim)
        return self._softmax(attention_scores, mask=attention_mask)

    def _for_all_heads(self, query, x):
        return x if x.shape[-2] == query.shape[-2] else x.repeat_interleave(query.shape[-2] // x.shape[-2], dim=-2)

    # ---- masks

    def _compute_attention_mask(
        self,
        query,
        value,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        use_causal_mask=False,
    ):
        """All masks as one, (batch, targets, sources); None where nothing is hidden."""
        found = [] if attention_mask is None else [attention_mask]
        found += [mask.unsqueeze(-1) for mask in (query_mask,) if mask is not None]
        found += [mask.unsqueeze(-2) for mask in (value_mask, key_mask) if mask is not None]
        if use_causal_mask:
            found.append(self._compute_causal_mask(query, value))
        if self.sliding_window is not None:
            found.append(self._compute_sliding_window_mask(query, value))
        shown = None
        for mask in found:
            mask = convert_to_tensor(mask).to(torch.bool)
            shown = mask if shown is None else shown & mask
        return shown

    def _compute_causal_mask(self, query, value=None):
        return self._far(query, value) <= 0

    def _compute_sliding_window_mask(self, query, value=None):
        return self._far(query, value).abs() < self.sliding_window

    def _far(self, query, value):
        """How many places each source lies behind each target: (1, targets, sources)."""
        targets = torch.arange(query.shape[1], device=query.device)
        sources = targets if value is None else torch.arange(value.shape[1], device=query.device)
        return (sources - targets.unsqueeze(-1)).unsqueeze(0)

    def _spread(self, mask, ndim: int):
        """A mask with axes of size 1 put in before those of targets and sources, until it has as many as the scores."""
        mask = convert_to_tensor(mask).to(torch.bool)
        for _ in range(ndim - mask.ndim):
            mask = mask.unsqueeze(-self.mask_axes - 1)
        return mask

    # ---- shapes, config, links

    def compute_output_spec(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        shapes = tuple(query.shape), tuple(value.shape), None if key is None else tuple(key.shape)
        output = KerasTensor(self.compute_output_shape(*shapes), dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        return output, KerasTensor(self.scores_shape(*shapes[:2]), dtype=self.compute_dtype)

    def scores_shape(self, query_shape, value_shape) -> tuple:
        """The shape of the scores."""
        raise NotImplementedError

    def get_config(self):
        config = super().get_config()
        if self._activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self._activity_regularizer)
        return config

    def links(self):
        query, source = self.links_of_inputs()
        return Each((query, source), rest=source)


def check_lengths(value_shape, key_shape):
    """Raise unless values and keys belong together."""
    pairs = zip(value_shape[1:-1], key_shape[1:-1], strict=False)
    if len(value_shape) != len(key_shape) or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise ShapeError(
            "Each key belongs to a value.",
            got=f"values {tuple(value_shape)}, keys {tuple(key_shape)}",
            expected="the same sizes, but for the last axis",
        )


def _without_mask(x):
    """The same value as a tensor of its own, without the mask that was taken from it already."""
    return x if getattr(x, "_keras_mask", None) is None else x.view_as(x)


def _anew(initializer):
    """The same initializer made again, so that two weights do not begin alike."""
    if not hasattr(initializer, "get_config"):
        return initializer
    return type(initializer).from_config(initializer.get_config())
