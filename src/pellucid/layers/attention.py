"""Attention and AdditiveAttention: each query's mean of values, weighted by how well its key fits. One head, no kernels.

Below:  PyTorch's fused attention, where the scores are plain products and nobody asks for them.
Beside: heads.py, multi_head_attention.py and grouped_query_attention.py have several heads and kernels.
Axes:   (batch, length, features). A mask is True where a value counts.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from pellucid import nest, random
from pellucid.errors import ArgumentError
from pellucid.graph.symbol import KerasTensor
from pellucid.graph.values import convert_to_tensor
from pellucid.layers.calls import TENSORS
from pellucid.layers.described import Described
from pellucid.links import Along, Each, Whole
from pellucid.random.seed import SeedGenerator


class Scoring(Described):
    """The parent of attention layers that take their values as a list. A sister computes scores.

    Shapes:
        query   (batch, targets, features)
        value   (batch, sources, features of the output)
        key     (batch, sources, features); the value where there is none
        mask    a list of (batch, targets) and (batch, sources); each may be None
        output  (batch, targets, features of the output); 0 where the query's mask hides the target
        scores  (batch, targets, sources), only with return_attention_scores

    Raises:
        ArgumentError: no list of two or three values, or masks.
    """

    def start(self, arguments: dict):
        """Keep the arguments of `__init__`."""
        self.keep(arguments)
        if self.dropout > 0:
            self.seed_generator = SeedGenerator(self.seed)

    def call(self, inputs, mask=None, training=False, return_attention_scores=False, use_causal_mask=False):
        self._check(inputs, mask)
        query, value, key = inputs[0], inputs[1], inputs[-1]  # the last is the value itself, where there are two
        query_mask, value_mask = mask[:2] if mask else (None, None)
        drops = training and self.dropout > 0
        if return_attention_scores or drops or not self.scores_are_products():
            scores = self._calculate_scores(query, key)
            shown = self._calculate_score_mask(scores, value_mask, use_causal_mask)
            output, scores = self._apply_scores(scores, value, shown, training)
        else:
            shown = self._score_mask(query.shape[-2], key.shape[-2], value_mask, use_causal_mask, query.device)
            query = query if self.scale is None else query * self.scale.value
            output = F.scaled_dot_product_attention(query, key, value, _bias(shown, query.dtype), scale=1.0)
        if query_mask is not None:
            output = output.masked_fill(~query_mask.to(torch.bool).unsqueeze(-1), 0)
        return (output, scores) if return_attention_scores else output

    def scores_are_products(self) -> bool:
        """Whether the scores are products of query and key, which PyTorch need not show."""
        return False

    def _calculate_scores(self, query, key):
        """How well each key fits each query: (batch, targets, sources)."""
        raise NotImplementedError

    def _calculate_score_mask(self, scores, v_mask, use_causal_mask):
        """Which sources each target may see, in a shape that broadcasts to the scores; None for all."""
        device = scores.device if isinstance(scores, torch.Tensor) else None
        return self._score_mask(scores.shape[-2], scores.shape[-1], v_mask, use_causal_mask, device)

    def _score_mask(self, targets, sources, value_mask, causal, device):
        shown = None if value_mask is None else convert_to_tensor(value_mask).to(torch.bool).unsqueeze(-2)
        if causal:
            past = torch.ones((1, targets, sources), dtype=torch.bool, device=device).tril()
            shown = past if shown is None else past & shown
        return shown

    def _apply_scores(self, scores, value, scores_mask=None, training=False):
        """The mean of values weighted by the scores' softmax, and these weights."""
        bias = _bias(scores_mask, scores.dtype)
        weights = torch.softmax(scores if bias is None else scores + bias, dim=-1)
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        return weights @ value, weights

    def compute_mask(self, inputs, mask=None):
        self._check(inputs, mask)
        if mask is None or mask[0] is None:
            return None
        return mask[0] if isinstance(mask[0], TENSORS) else convert_to_tensor(mask[0])

    def compute_output_shape(self, input_shape):
        self._check(input_shape)
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self, inputs, mask=None, return_attention_scores=False, training=None, use_causal_mask=False
    ):
        self._check(inputs, mask)
        shapes = [tuple(x.shape) for x in inputs]
        output = KerasTensor(self.compute_output_shape(shapes), dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        return output, KerasTensor((*shapes[0][:-1], shapes[-1][-2]), dtype=self.compute_dtype)

    def _check(self, inputs, mask=None):
        for word, given in (("inputs", inputs), ("masks", mask)):
            if given is None and word == "masks":
                continue
            is_list = isinstance(given, (list, tuple)) and not (word == "inputs" and nest.is_shape(given))
            if not is_list or len(given) not in (2, 3):
                raise ArgumentError(
                    f"{type(self).__name__} takes a list of two or three {word}.",
                    got=f"{len(given)} of them" if is_list else type(given).__name__,
                    expected="[query, value] or [query, value, key]",
                    fix=f"{type(self).__name__}()([query, value])",
                )

    def links(self):
        beside = Along({-1: Whole()})
        everything = Along({-2: Whole(), -1: Whole()})
        return Each((beside, Along({-2: Whole()}), everything) if self._has_key else (beside, everything))


def _bias(shown, dtype):
    """A mask as numbers to add to scores: 0, or so little that the softmax gives 0; None where nothing is hidden."""
    if shown is None:
        return None
    # Finite, so that a target which may see nothing gets a mean over all, as in Keras.
    lowest = max(-1e9, torch.finfo(dtype).min)
    return torch.zeros(shown.shape, dtype=dtype, device=shown.device).masked_fill_(~shown, lowest)


class Attention(Scoring):
    """Attention by products, after Luong: ``softmax(query @ key.T) @ value``. See Scoring.

    Args:
        use_scale: whether the scores are multiplied by a learned number.
        score_mode: "dot" for products, "concat" for a learned number times the sum of ``tanh(query + key)``.
        dropout: the share of weights that are set to 0 in training.

    Source: Luong et al. 2015, arXiv 1508.04025; keras.layers.Attention, Keras 3.15.
    """

    def __init__(self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        if score_mode not in ("dot", "concat"):
            raise ArgumentError("`score_mode` is unknown.", got=repr(score_mode), expected='"dot" or "concat"')
        self.start(locals())

    def build(self, input_shape):
        self._check(input_shape)
        self._has_key = len(input_shape) == 3
        self.scale = self.add_weight((), "ones", name="scale") if self.use_scale else None
        self.concat_score_weight = None
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight")

    def scores_are_products(self):
        return self.score_mode == "dot" and type(self)._calculate_scores is Attention._calculate_scores

    def _calculate_scores(self, query, key):
        query, key = convert_to_tensor(query), convert_to_tensor(key)
        scale = 1 if self.scale is None else self.scale.value
        if self.score_mode == "dot":
            return query @ key.mT * scale
        return self.concat_score_weight.value * torch.tanh(scale * _sums(query, key)).sum(-1)


class AdditiveAttention(Scoring):
    """Attention by sums, after Bahdanau: scores are ``sum(scale * tanh(query + key))``. See Scoring.

    Args:
        use_scale: whether each feature has a learned weight in the sum.
        dropout: the share of weights that are set to 0 in training.

    Source: Bahdanau et al. 2014, arXiv 1409.0473; keras.layers.AdditiveAttention, Keras 3.15.
    """

    def __init__(self, use_scale=True, dropout=0.0, **kwargs):
        seed = kwargs.pop("seed", None)
        super().__init__(**kwargs)
        self.start(locals())

    def build(self, input_shape):
        self._check(input_shape)
        self._has_key = len(input_shape) == 3
        features = input_shape[0][-1]
        self.scale = self.add_weight((features,), "glorot_uniform", name="scale") if self.use_scale else None

    def _calculate_scores(self, query, key):
        scores = torch.tanh(_sums(convert_to_tensor(query), convert_to_tensor(key)))
        return (scores if self.scale is None else scores * self.scale.value).sum(-1)


def _sums(query, key):
    """Each query plus each key: (batch, targets, sources, features)."""
    return query.unsqueeze(-2) + key.unsqueeze(-3)
