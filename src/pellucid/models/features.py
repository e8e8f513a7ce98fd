"""Features: how one column of a table, or several crossed, becomes numbers.

Below:  layers do the arithmetic: lookups, hashing, bins, normalization.
Above:  feature_space.py joins features.

Source: keras.utils.FeatureSpace, Keras 3.15.
"""

from __future__ import annotations

import builtins

from pellucid.errors import ArgumentError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.layers import (
    CategoryEncoding,
    Discretization,
    HashedCrossing,
    Hashing,
    Identity,
    IntegerLookup,
    Normalization,
    Rescaling,
    StringLookup,
    TextVectorization,
)
from pellucid.layers.base import Layer
from pellucid.layers.lookup import IndexLookup
from pellucid.naming import auto_name


class Told:
    """A feature or a cross: what its config says, and nothing else."""

    @classmethod
    def from_config(cls, config: dict):
        """Make it again from what `get_config` gave."""
        return cls(**config)


class Feature(Told):
    """One column: its dtype, the layer that prepares it, and the form it leaves in.

    Args:
        dtype: "float32", "int32" or "string".
        preprocessor: a layer from a column (batch, 1) to numbers.
        output_mode: "int", "one_hot" or "float".

    Raises:
        ArgumentError: another `output_mode`.
    """

    def __init__(self, dtype, preprocessor, output_mode):
        _check_mode(output_mode, ("int", "one_hot", "float"))
        self.dtype = dtype
        self.preprocessor = deserialize_keras_object(preprocessor) if isinstance(preprocessor, dict) else preprocessor
        self.output_mode = output_mode

    def get_config(self) -> dict:
        preprocessor = serialize_keras_object(self.preprocessor)
        return {"dtype": self.dtype, "preprocessor": preprocessor, "output_mode": self.output_mode}


class Cross(Told):
    """Several columns at once, hashed into bins.

    Args:
        feature_names: the columns.
        crossing_dim: how many bins.
        output_mode: "int" or "one_hot".

    Raises:
        ArgumentError: another `output_mode`.
    """

    def __init__(self, feature_names, crossing_dim, output_mode="one_hot"):
        _check_mode(output_mode, ("int", "one_hot"))
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = output_mode

    @property
    def name(self) -> str:
        return "_X_".join(self.feature_names)

    def get_config(self) -> dict:
        return {name: getattr(self, name) for name in ("feature_names", "crossing_dim", "output_mode")}


def _check_mode(mode, known):
    if mode not in known:
        raise ArgumentError("This `output_mode` is not known.", got=repr(mode), expected=", ".join(known))


class Kinds:
    """The kinds of features that have a name: each is a function that makes one."""

    @classmethod
    def cross(cls, feature_names, crossing_dim, output_mode="one_hot"):
        """Several columns at once, hashed into `crossing_dim` bins."""
        return Cross(feature_names, crossing_dim, output_mode=output_mode)

    @classmethod
    def feature(cls, dtype, preprocessor, output_mode):
        """A column that a layer of your own prepares."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name=None):
        """Numbers as they are."""
        return Feature("float32", Identity(dtype="float32", name=_named(name, "float")), "float")

    @classmethod
    def float_rescaled(cls, scale=1.0, offset=0.0, name=None):
        """Numbers times `scale` plus `offset`."""
        return Feature("float32", Rescaling(scale, offset, name=_named(name, "float_rescaled")), "float")

    @classmethod
    def float_normalized(cls, name=None):
        """Numbers with the mean 0 and the variance 1, both learned."""
        return Feature("float32", Normalization(axis=-1, name=_named(name, "float_normalized")), "float")

    @classmethod
    def float_discretized(cls, num_bins, bin_boundaries=None, output_mode="one_hot", name=None):
        """The bins that numbers fall into; their bounds given or learned."""
        layer = Discretization(bin_boundaries, num_bins, name=_named(name, "float_discretized"))
        return Feature("float32", layer, output_mode)

    @classmethod
    def integer_categorical(cls, max_tokens=None, num_oov_indices=1, output_mode="one_hot", name=None):
        """The places of whole numbers in a vocabulary that is learned."""
        name = _named(name, "integer_categorical")
        layer = IntegerLookup(max_tokens=max_tokens, num_oov_indices=num_oov_indices, name=name)
        return Feature("int32", layer, output_mode)

    @classmethod
    def string_categorical(cls, max_tokens=None, num_oov_indices=1, output_mode="one_hot", name=None):
        """The places of words in a vocabulary that is learned."""
        name = _named(name, "string_categorical")
        layer = StringLookup(max_tokens=max_tokens, num_oov_indices=num_oov_indices, name=name)
        return Feature("string", layer, output_mode)

    @classmethod
    def integer_hashed(cls, num_bins, output_mode="one_hot", name=None):
        """The bins that whole numbers are hashed into."""
        return Feature("int32", Hashing(num_bins, name=_named(name, "integer_hashed")), output_mode)

    @classmethod
    def string_hashed(cls, num_bins, output_mode="one_hot", name=None):
        """The bins that words are hashed into."""
        return Feature("string", Hashing(num_bins, name=_named(name, "string_hashed")), output_mode)


def _named(name, kind: str) -> str:
    return f"{name or auto_name(kind)}_preprocessor"


# A kind that is told by its name alone takes its number of bins, if it needs one, from this attribute of the space.
_DEFAULTS = {
    "float": None,
    "float_normalized": None,
    "float_rescaled": None,
    "float_discretized": "num_discretization_bins",
    "integer_categorical": None,
    "string_categorical": None,
    "integer_hashed": "hashing_dim",
    "string_hashed": "hashing_dim",
}


def feature_of(told, name: str, space) -> Feature:
    """The feature that a user described: as one, as its config, or by the name of its kind.

    Raises:
        ArgumentError: a kind that is not known.
    """
    if isinstance(told, Feature):
        return told
    if isinstance(told, dict):
        return deserialize_keras_object(told)
    if told not in _DEFAULTS:
        raise ArgumentError(
            f"The feature '{name}' is of a kind that is not known.", got=repr(told), expected=", ".join(_DEFAULTS)
        )
    default = _DEFAULTS[told]
    return getattr(space, told)(*([getattr(space, default)] if default else []), name=name)


def learns(layer: Layer) -> bool:
    """Whether a layer has something to learn from data: it can, and was not given it."""
    if isinstance(layer, Normalization):
        return layer.input_mean is None
    if isinstance(layer, Discretization):
        return layer.num_bins is not None
    if isinstance(layer, TextVectorization):
        return learns(layer._lookup_layer)
    return not layer._is_given if isinstance(layer, IndexLookup) else hasattr(layer, "adapt")


def categories(layer: Layer) -> builtins.int | None:
    """How many different whole numbers come out of a layer; None where nobody knows."""
    if isinstance(layer, IndexLookup):
        return layer.vocabulary_size()
    if isinstance(layer, Discretization):
        return layer.num_bins or len(layer.bin_boundaries) + 1
    if isinstance(layer, CategoryEncoding):
        return layer.num_tokens
    return layer.num_bins if isinstance(layer, (Hashing, HashedCrossing)) else None
