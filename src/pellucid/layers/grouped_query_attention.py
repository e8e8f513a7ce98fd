"""GroupQueryAttention: several heads of the query share one of key and value.

Below:  heads.py has what it shares with multi_head_attention.py.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError, ShapeError
from pellucid.layers.heads import Headed, check_lengths
from pellucid.links import Along, Slide, Whole


class GroupedQueryAttention(Headed):
    """Attention in which each head of key and value serves several heads of the query. See Headed.

    Shapes:
        kernel  (features, num_query_heads, head_dim), for key and value (features, num_key_value_heads, head_dim)
        output  (batch, targets, features)
        scores  (batch, num_query_heads, targets, sources)

    Raises:
        ArgumentError: heads of the query that cannot be shared out evenly.

    Source: Ainslie et al. 2023, arXiv 2305.13245; keras.layers.GroupQueryAttention, Keras 3.15.
    """

    def __init__(
        self,
        head_dim,
        num_query_heads,
        num_key_value_heads,
        dropout=0.0,
        use_bias=True,
        sliding_window=None,
        flash_attention=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        use_gate=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.start(locals(), "head_dim", "num_query_heads", "num_key_value_heads")
        if num_query_heads % num_key_value_heads:
            raise ArgumentError(
                "Each head of key and value serves equally many of the query.",
                got=f"num_query_heads={num_query_heads}, num_key_value_heads={num_key_value_heads}",
                expected="a multiple of the second",
            )

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        heads = (self.num_query_heads, self.num_key_value_heads)
        shapes = (query_shape, key_shape, value_shape)
        self.make_projections(shapes, heads, (self.head_dim, self.head_dim), (query_shape[-1],))

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        if query_shape[-1] != value_shape[-1]:
            raise ShapeError(
                "Query and value have equally many features here.",
                got=f"query {tuple(query_shape)}, value {tuple(value_shape)}",
                expected="the same last size",
            )
        check_lengths(value_shape, value_shape if key_shape is None else key_shape)
        return tuple(query_shape)

    def scores_shape(self, query_shape, value_shape):
        return (query_shape[0], self.num_query_heads, query_shape[1], value_shape[1])

    def links_of_inputs(self):
        """The links of the query, and of value and key."""
        seen = Whole() if self.sliding_window is None else Slide(2 * self.sliding_window - 1, padding="same")
        return Along({-1: Whole()}), Along({0: seen, -1: Whole()})
