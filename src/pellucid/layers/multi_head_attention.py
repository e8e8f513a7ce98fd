"""MultiHeadAttention: several heads, over one axis of steps or several axes.

Below:  heads.py has what it shares with grouped_query_attention.py.
"""

from __future__ import annotations

import operator
import string

from pellucid.errors import ArgumentError
from pellucid.layers.heads import Headed, check_lengths
from pellucid.links import Follow, Keep, Slide, Whole


class MultiHeadAttention(Headed):
    """Attention with several heads, each with its own projections of query, key and value. See Headed.

    Shapes:
        query   (batch, ..., features), with as many axes as the value
        kernel  (features, num_heads, key_dim), for values (features, num_heads, value_dim)
        output  (batch, ..., *output_shape)
        scores  (batch, axes that attention leaves alone, num_heads, targets, sources)

    Args:
        key_dim: features of a head's queries and keys; of its values too if `value_dim` is None.
        output_shape: what takes the place of the query's features; None for as many.
        attention_axes: the axes that hold the steps, counted with the batch; None for all but batch and features.

    Source: Vaswani et al. 2017, arXiv 1706.03762; keras.layers.MultiHeadAttention, Keras 3.15.
    """

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        dropout=0.0,
        use_bias=True,
        output_shape=None,
        attention_axes=None,
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
        value_dim = key_dim if value_dim is None else value_dim
        self.start(locals(), "num_heads", "key_dim", "value_dim")
        self.partial_output_shape = _tuple("output_shape", output_shape)
        self.attention_axes = _tuple("attention_axes", attention_axes)

    def build(self, query_shape, value_shape, key_shape=None):
        query_shape, value_shape = tuple(query_shape), tuple(value_shape)
        key_shape = value_shape if key_shape is None else tuple(key_shape)
        self._ndim = len(query_shape)
        self._axes = self._attended(self._ndim)
        self.mask_axes = 2 * len(self._axes)
        self.dot_product_equation, self.combine_equation = _equations(self._ndim + 1, self._axes)
        output_shape = self.partial_output_shape or (query_shape[-1],)
        shapes = (query_shape, key_shape, value_shape)
        heads, sizes = (self.num_heads, self.num_heads), (self.key_dim, self.value_dim)
        self.make_projections(shapes, heads, sizes, output_shape)

    def _attended(self, ndim: int) -> tuple:
        if self.attention_axes is None:
            return tuple(range(1, ndim - 1))
        return tuple(axis % ndim for axis in self.attention_axes)

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        check_lengths(value_shape, value_shape if key_shape is None else key_shape)
        return (*query_shape[:-1], *(self.partial_output_shape or (query_shape[-1],)))

    def scores_shape(self, query_shape, value_shape):
        axes = self._attended(len(query_shape))
        alone = [size for axis, size in enumerate(query_shape[:-1]) if axis not in axes]
        return (*alone, self.num_heads, *(query_shape[axis] for axis in axes), *(value_shape[axis] for axis in axes))

    def get_config(self):
        return {**super().get_config(), "output_shape": self.partial_output_shape}

    def links_of_inputs(self):
        """The links of the query, and of value and key."""
        last = (Whole(), None)
        seen = Whole() if self.sliding_window is None else Slide(2 * self.sliding_window - 1, padding="same")
        beside = [(Keep(), axis - 1) for axis in range(1, self._ndim - 1)]
        source = [
            (seen if axis in self._axes else Keep(), axis - 1 if axis not in self._axes or seen != Whole() else None)
            for axis in range(1, self._ndim - 1)
        ]
        return Follow((*beside, last)), Follow((*source, last))


# Subclasses written for Keras read the arguments and the projections under these names.
for _word in ("num_heads", "key_dim", "value_dim", "dropout", "use_bias", "use_gate", "sliding_window"):
    setattr(MultiHeadAttention, f"_{_word}", property(operator.attrgetter(_word)))
for _word in ("query_dense", "key_dense", "value_dense", "output_dense"):
    setattr(MultiHeadAttention, _word, property(operator.attrgetter(f"_{_word}")))


def _tuple(word: str, given) -> tuple | None:
    """One number or several as a tuple; None where nothing is given."""
    if given is None:
        return None
    given = (given,) if isinstance(given, int) else given
    if not isinstance(given, (list, tuple)):
        raise ArgumentError(f"`{word}` is one number or several.", got=repr(given), expected="an int or a tuple")
    return tuple(given)


def _equations(ndim: int, attended: tuple) -> tuple[str, str]:
    """For torch.einsum: from keys and queries to scores, and from scores and values to outputs.

    The values have the axes (batch, ..., heads, features), `ndim` of them.
    """
    target = string.ascii_lowercase[:ndim]
    source = "".join(x.upper() if axis in attended else x for axis, x in enumerate(target))
    alone = "".join(x for axis, x in enumerate(target[:-1]) if axis not in attended)
    scores = alone + "".join(target[axis] for axis in attended) + "".join(source[axis] for axis in attended)
    return f"{source},{target}->{scores}", f"{scores},{source}->{target}"
