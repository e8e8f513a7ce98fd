"""TextVectorization: texts as the places of their words in a vocabulary.

Below: lookup.py knows the vocabulary; here texts become words, and rows one length.
"""

from __future__ import annotations

import re

import numpy as np
import torch

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.graph.symbol import KerasTensor
from pellucid.layers.base import Layer
from pellucid.layers.categories import mode_named
from pellucid.layers.lookup import MODES, StringLookup
from pellucid.layers.vocabulary import refuse_named_file
from pellucid.layers.words import as_array, text_of
from pellucid.settings import floatx

_PUNCTUATION = re.compile(r"""[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']""")
_WAYS = ("lower_and_strip_punctuation", "lower", "strip_punctuation")
_SPLITS = ("whitespace", "character")


class TextVectorization(Layer):
    """Texts to rows of numbers: made alike, split into words (and runs of them), looked up.

    Shapes:
        input   (batch,) or (batch, 1), of strings; any, where `split` is None
        output  (batch, longest) or (batch, output_sequence_length) for "int", 0 behind a text's end; else (batch, depth)

    Args:
        max_tokens: how large the vocabulary may become; None for no limit.
        standardize: how texts are made alike: "lower_and_strip_punctuation", "lower", "strip_punctuation", None, or a
            function of an array of strings.
        split: "whitespace", "character", None, or a function from an array of strings to lists of words.
        ngrams: also runs of up to so many words, or of the lengths of a tuple, joined by a blank.
        output_mode: "int", "multi_hot", "count" or "tf_idf", as in StringLookup.
        output_sequence_length: the length of a row of "int"; longer ones are cut.
        vocabulary, idf_weights, pad_to_max_tokens: as in StringLookup.

    Raises:
        ArgumentError: arguments that have no sense, or not together.
        ShapeError: several strings in a row where each is to be split.

    Source: keras.layers.TextVectorization, Keras 3.15.
    """

    def __init__(
        self,
        max_tokens=None,
        standardize="lower_and_strip_punctuation",
        split="whitespace",
        ngrams=None,
        output_mode="int",
        output_sequence_length=None,
        pad_to_max_tokens=False,
        vocabulary=None,
        idf_weights=None,
        sparse=False,
        ragged=False,
        encoding="utf-8",
        name=None,
        **kwargs,
    ):
        size, given = kwargs.pop("vocabulary_size", None), kwargs.pop("has_input_vocabulary", vocabulary is not None)
        kwargs.pop("dtype", None)
        super().__init__(name=name, **kwargs)
        self._convert_input_args, self._allow_non_tensor_positional_args = False, True
        self._standardize, self._split, self._ngrams_given = standardize, split, ngrams
        self._output_mode = mode_named(output_mode, MODES, sparse)
        self._length, self._ragged, self._encoding = output_sequence_length, ragged, encoding
        self._check_arguments()
        self._ngrams = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else ngrams
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens,
            mask_token="",
            output_mode=self._output_mode,
            has_input_vocabulary=given,
            encoding=encoding,
            vocabulary_size=size,
        )
        self._build_at_init()

    def _check_arguments(self):
        for word, value, known in (("standardize", self._standardize, _WAYS), ("split", self._split, _SPLITS)):
            if value is not None and not callable(value) and value not in known:
                raise ArgumentError(
                    f"This `{word}` is not known.", got=repr(value), expected=f"{', '.join(known)}, None or a function"
                )
        ngrams = self._ngrams_given
        is_lengths = isinstance(ngrams, tuple) and all(isinstance(n, int) for n in ngrams)
        if not (ngrams is None or isinstance(ngrams, int) or is_lengths):
            raise ArgumentError("`ngrams` is a length, or a tuple of lengths.", got=repr(ngrams), fix="ngrams=2")
        if self._ragged:
            raise ArgumentError("Rows of different lengths are not to be had.", got="ragged=True", fix="ragged=False")
        if self._length is not None and (self._output_mode != "int" or not isinstance(self._length, int)):
            raise ArgumentError(
                "`output_sequence_length` is a number, for rows of places.",
                got=f"{self._length!r}, output_mode={self._output_mode!r}",
            )

    # ---- the vocabulary

    def adapt(self, data, batch_size=None, steps=None) -> None:
        """Learn the vocabulary from texts: an array or list; or batches of them, of which `steps` are taken."""
        self.reset_state()
        if isinstance(data, (np.ndarray, torch.Tensor, list, tuple)):
            data = [data]
        for at, batch in enumerate(data):
            if steps is not None and at >= steps:
                break
            self.update_state(batch[0] if isinstance(batch, tuple) else batch)
        self.finalize_state()

    def update_state(self, data) -> None:
        """Count the words of one more batch."""
        self._lookup_layer._count(self._words(data))

    def finalize_state(self) -> None:
        """Make the vocabulary of what was counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forget what was counted."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens=True) -> list:
        """Its words in order."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def set_vocabulary(self, vocabulary, idf_weights=None) -> None:
        """Take over a vocabulary."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    def vocabulary_size(self) -> int:
        """Its words, with the mask and the unknown one."""
        return self._lookup_layer.vocabulary_size()

    # ---- texts

    def call(self, inputs):
        rows = self._words(inputs)
        lookup = self._lookup_layer
        if self._output_mode != "int":
            if isinstance(rows, np.ndarray):
                return lookup.call(rows)
            return torch.stack([lookup.call(np.array(row or [""], object)) for row in rows])
        if isinstance(rows, np.ndarray):
            return self._cut(lookup.call(rows))
        return lookup.call(self._rectangle(rows))

    def _words(self, inputs):
        """Lists of words, one for each text; an array of texts where nothing splits them."""
        texts = self._alike(as_array(inputs, self._encoding))
        if self._split is None:
            rows = texts
        elif texts.ndim > 1 and texts.shape[-1] != 1:
            raise ShapeError("Each text is split by itself.", got=texts.shape, expected="(batch,) or (batch, 1)")
        else:
            rows = self._parted(texts.reshape(texts.shape[:-1] if texts.ndim > 1 else -1))
        return rows if self._ngrams is None else [_runs(list(row), self._ngrams) for row in rows]

    def _alike(self, texts: np.ndarray) -> np.ndarray:
        if callable(self._standardize):
            return as_array(self._standardize(texts.astype(str)), self._encoding)
        if self._standardize is None:
            return texts
        lower, strip = "lower" in self._standardize, "strip" in self._standardize
        result = np.empty(texts.shape, object)
        for at, text in np.ndenumerate(texts):
            text = text.lower() if lower else text
            result[at] = _PUNCTUATION.sub("", text) if strip else text
        return result

    def _parted(self, texts: np.ndarray) -> list[list[str]]:
        if callable(self._split):
            rows = self._split(texts.astype(str))
            rows = rows.to_list() if hasattr(rows, "to_list") else rows  # a ragged tensor, of tf.strings.split
            return [[text_of(word, self._encoding) for word in row] for row in rows]
        return [text.split() if self._split == "whitespace" else list(text) for text in texts]

    def _rectangle(self, rows) -> np.ndarray:
        """Rows of one length, with the mask behind their ends."""
        length = max((len(row) for row in rows), default=0) if self._length is None else self._length
        result = np.full((len(rows), length), "", object)
        for at, row in enumerate(rows):
            result[at, : min(len(row), length)] = row[:length]
        return result

    def _cut(self, places: torch.Tensor) -> torch.Tensor:
        if self._length is None:
            return places
        places = places[..., : self._length]
        return torch.nn.functional.pad(places, (0, self._length - places.shape[-1]))

    def compute_output_shape(self, input_shape):
        if self._output_mode == "int":
            return (input_shape[0], self._length)
        shape = tuple(input_shape)
        return self._lookup_layer.compute_output_shape((shape[0], None))

    def compute_output_spec(self, inputs):
        dtype = "int64" if self._output_mode == "int" else floatx()
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=dtype)

    @property
    def compute_dtype(self) -> str:
        return "string"

    @property
    def variable_dtype(self) -> str:
        return "string"

    # ---- files

    def get_config(self):
        lookup = self._lookup_layer.get_config()
        shared = (
            "max_tokens",
            "output_mode",
            "pad_to_max_tokens",
            "sparse",
            "vocabulary",
            "idf_weights",
            "vocabulary_size",
        )
        return {
            **super().get_config(),
            **{name: lookup[name] for name in shared},
            "standardize": _written(self._standardize),
            "split": _written(self._split),
            "ngrams": self._ngrams_given,
            "output_sequence_length": self._length,
            "ragged": self._ragged,
            "encoding": self._encoding,
        }

    @classmethod
    def from_config(cls, config):
        refuse_named_file(config)
        config = dict(config)
        for name in ("standardize", "split"):
            if isinstance(config.get(name), dict):
                config[name] = deserialize_keras_object(config[name])
        if isinstance(config.get("ngrams"), list):
            config["ngrams"] = tuple(config["ngrams"])
        return cls(**config)

    def save_own_variables(self, store):
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store):
        self._lookup_layer.load_own_variables(store)

    def asset_texts(self) -> dict[str, str]:
        return self._lookup_layer.asset_texts()

    def take_asset_texts(self, texts):
        self._lookup_layer.take_asset_texts(texts)

    def save_assets(self, dir_path):
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path):
        self._lookup_layer.load_assets(dir_path)


def _runs(words: list[str], lengths: tuple[int, ...]) -> list[str]:
    return [" ".join(words[at : at + n]) for n in lengths for at in range(len(words) - n + 1)]


def _written(way):
    return serialize_keras_object(way) if callable(way) else way
