"""StringLookup and IntegerLookup: words and numbers as their places in a vocabulary, which is given or learned.

Below:  vocabulary.py knows the tokens.
Beside: words.py reads words, hashing.py spreads unknown ones, categories.py puts places into rows.
"""

from __future__ import annotations

import numpy as np
import torch

from pellucid.errors import ArgumentError, FileError, OrderError
from pellucid.graph.scopes import current_device
from pellucid.graph.symbol import KerasTensor
from pellucid.layers.categories import encoded, encoded_shape, encoding_links, mode_named
from pellucid.layers.hashing import bins, salted
from pellucid.layers.vocabulary import Vocabulary, as_list, plain
from pellucid.layers.words import as_array
from pellucid.settings import floatx

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class IndexLookup(Vocabulary):
    """What StringLookup and IntegerLookup share.

    Shapes:
        input   any; for "multi_hot", "count" and "tf_idf" (batch, tokens)
        output  as the input ("int"), or as CategoryEncoding gives it

    Args:
        max_tokens: how large the vocabulary may become, mask and unknown ones counted; None for no limit.
        num_oov_indices: places for tokens that are not in the vocabulary; 0 refuses them.
        mask_token: the token that gets place 0; None for no mask.
        oov_token: the token that stands for unknown ones where the lookup is inverted.
        vocabulary: tokens, the most frequent first; or a text file with one in a line.
        idf_weights: how much each token weighs in "tf_idf".
        invert: from places to tokens.
        output_mode: "int", or as CategoryEncoding; "tf_idf" counts and weighs.
        pad_to_max_tokens: rows as long as `max_tokens`.

    Raises:
        ArgumentError: arguments that have no sense, or not together.
        OrderError: called in a mode with rows before there is a vocabulary; learning where it was given.
    """

    def __init__(
        self,
        max_tokens,
        num_oov_indices,
        mask_token,
        oov_token,
        vocabulary,
        idf_weights,
        invert,
        output_mode,
        sparse,
        pad_to_max_tokens,
        salt=None,
        oov_method="floormod",
        name=None,
        vocabulary_size=None,
        has_input_vocabulary=None,
        trainable=None,
        dtype=None,
    ):
        super().__init__(name=name)
        self.output_mode = mode_named(output_mode, MODES, sparse)
        self.max_tokens, self.num_oov_indices, self.pad_to_max_tokens = max_tokens, num_oov_indices, pad_to_max_tokens
        self.mask_token, self.oov_token, self.invert, self.sparse = mask_token, oov_token, invert, sparse
        self.salt, self.oov_method = salted(salt), oov_method
        self._check_arguments(idf_weights, salt)
        self._convert_input_args, self._allow_non_tensor_positional_args = False, True
        self._begin(vocabulary, idf_weights, vocabulary_size, has_input_vocabulary)
        self._build_at_init()

    def _check_arguments(self, idf_weights, salt):
        if self.max_tokens is not None and self.max_tokens <= 1:
            raise ArgumentError("`max_tokens` is the size of a vocabulary.", got=self.max_tokens, expected="2 or more")
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ArgumentError("Rows are padded to a size that is not given.", fix="max_tokens=...")
        if self.num_oov_indices < 0:
            raise ArgumentError(
                "`num_oov_indices` is a number of places.", got=self.num_oov_indices, expected="0 or more"
            )
        if self.oov_method not in ("floormod", "farmhash"):
            raise ArgumentError("This `oov_method` is not known.", got=self.oov_method, expected="floormod or farmhash")
        if salt is not None and self.vocabulary_dtype != "string" and self.oov_method != "farmhash":
            raise ArgumentError("A salt is for hashes.", got="oov_method='floormod'", fix='oov_method="farmhash"')
        if self.invert and self.output_mode != "int":
            raise ArgumentError(
                "Only places can be turned back into tokens.", got=self.output_mode, fix='output_mode="int"'
            )
        if idf_weights is not None and self.output_mode != "tf_idf":
            raise ArgumentError("`idf_weights` are for tf_idf.", got=self.output_mode, fix='output_mode="tf_idf"')

    # ---- looking up

    def call(self, inputs):
        if self.output_mode != "int" and not self.pad_to_max_tokens and self._frozen_size is None:
            raise OrderError("There is no vocabulary yet.", fix="layer.adapt(data), or vocabulary=[...]")
        values = as_array(inputs)
        if self.invert:
            return self._shaped(self._tokens_at(values), values.shape)
        index = torch.as_tensor(self._look_up(values), device=current_device())
        if self.output_mode == "int":
            return index
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        rows = encoded(index, mode, self._depth, floatx() if mode == "count" else "int64")
        if self.output_mode == "tf_idf":
            return rows * torch.as_tensor(self.idf_weights, device=rows.device)
        return rows

    @property
    def _depth(self):
        return self.max_tokens if self.pad_to_max_tokens else self._frozen_size

    def _look_up(self, values: np.ndarray) -> np.ndarray:
        different, at = np.unique(values.reshape(-1), return_inverse=True)
        mask = 0 if self.output_mode == "int" else np.iinfo("int64").max
        found = [
            mask if self.mask_token is not None and token == self.mask_token else self._places.get(plain(token), -1)
            for token in different
        ]
        index = np.array(found, np.int64)
        unknown = index == -1
        if unknown.any():
            index[unknown] = self._unknown(different[unknown])
        return index[at].reshape(values.shape)

    def _unknown(self, tokens: np.ndarray) -> np.ndarray:
        if self.num_oov_indices == 0:
            raise ArgumentError(
                "These are not in the vocabulary, and there is no place for unknown ones.",
                got=", ".join(map(str, tokens[:5])),
                fix="num_oov_indices=1",
            )
        if tokens.dtype.kind != "O" and self.oov_method == "floormod":
            return tokens % self.num_oov_indices + self._oov_start
        return bins(tokens, self.num_oov_indices, self.salt) + self._oov_start

    def _tokens_at(self, places: np.ndarray) -> list:
        vocabulary = dict(enumerate(self.get_vocabulary()))
        return [vocabulary.get(place, self.oov_token) for place in places.reshape(-1).tolist()]

    def compute_output_shape(self, input_shape):
        mode = "multi_hot" if self.output_mode in ("tf_idf", "count") else self.output_mode
        return encoded_shape(input_shape, mode, self._depth)

    def compute_output_spec(self, inputs):
        dtype = "int64" if self.output_mode == "int" else floatx()
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=dtype)

    def links(self):
        return encoding_links(self.output_mode)

    @property
    def compute_dtype(self) -> str:
        return self.vocabulary_dtype

    @property
    def variable_dtype(self) -> str:
        return self.vocabulary_dtype

    # ---- files

    def get_config(self):
        own = (
            "invert", "max_tokens", "num_oov_indices", "oov_token", "mask_token", "output_mode", "sparse",
            "pad_to_max_tokens", "vocabulary_dtype", "oov_method", "salt",
        )  # fmt: skip
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in own},
            "vocabulary": as_list(self.input_vocabulary),
            "idf_weights": as_list(self.input_idf_weights),
            "vocabulary_size": self._frozen_size,
        }


class StringLookup(IndexLookup):
    __doc__ = (IndexLookup.__doc__ or "").replace(
        "What StringLookup and IntegerLookup share.", "Words as their places in a vocabulary."
    ) + "\n    Source: keras.layers.StringLookup, Keras 3.15.\n"

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token="[UNK]",
        vocabulary=None,
        idf_weights=None,
        invert=False,
        output_mode="int",
        pad_to_max_tokens=False,
        sparse=False,
        encoding="utf-8",
        name=None,
        salt=None,
        **kwargs,
    ):
        self.encoding = encoding
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, salt, name=name, **kwargs,
        )  # fmt: skip

    def _shaped(self, tokens, shape):
        return np.array(tokens, object).reshape(shape).tolist()

    def get_config(self):
        config = {**super().get_config(), "encoding": self.encoding}
        del config["vocabulary_dtype"]
        return config


class IntegerLookup(IndexLookup):
    __doc__ = (IndexLookup.__doc__ or "").replace(
        "What StringLookup and IntegerLookup share.", "Whole numbers as their places in a vocabulary."
    ) + "\n    Source: keras.layers.IntegerLookup, Keras 3.15.\n"

    vocabulary_dtype = "int64"

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token=-1,
        vocabulary=None,
        vocabulary_dtype="int64",
        idf_weights=None,
        invert=False,
        output_mode="int",
        sparse=False,
        pad_to_max_tokens=False,
        oov_method="floormod",
        salt=None,
        name=None,
        **kwargs,
    ):
        if vocabulary_dtype != "int64":
            raise ArgumentError("Numbers of a vocabulary are int64.", got=vocabulary_dtype, expected="int64")
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, salt, oov_method, name=name, **kwargs,
        )  # fmt: skip

    def _parsed(self, lines):
        try:
            return [int(line) for line in lines]
        except ValueError as error:
            raise FileError(f"A vocabulary of whole numbers has a whole number in each line: {error}") from error

    def _shaped(self, tokens, shape):
        return torch.tensor(tokens, device=current_device()).reshape(shape)
