"""Vocabulary: the half of a lookup that knows tokens: given or learned, counted and weighed, in files.

Beside: words.py reads words.
Above:  lookup.py joins this with looking up.
Kept true: the vocabulary is (mask), unknown ones, then tokens from the most frequent on; the mask is there for "int" alone.
"""

from __future__ import annotations

import collections
import os

import numpy as np
import torch

from pellucid.errors import ArgumentError, MissingFileError, OrderError, StateError
from pellucid.layers.base import Layer
from pellucid.layers.words import as_array
from pellucid.settings import floatx

# The file of words, among a layer's assets.
_ASSET = "vocabulary.txt"


class Vocabulary(Layer):
    """Something with tokens in an order."""

    max_tokens: int | None
    num_oov_indices: int
    _learned: collections.Counter

    def _begin(self, vocabulary, idf_weights, size, is_given):
        self.input_vocabulary = None if isinstance(vocabulary, str) else vocabulary
        self.input_idf_weights = idf_weights
        self.idf_weights: np.ndarray | None = None
        self._tokens: list = []
        self._places: dict = {}
        self._frozen_size = size
        self._is_given = vocabulary is not None if is_given is None else is_given
        self._forget()
        if vocabulary is not None:
            if self.output_mode == "tf_idf" and idf_weights is None:
                raise ArgumentError("A vocabulary for tf_idf comes with weights.", fix="idf_weights=[...]")
            self.set_vocabulary(vocabulary, idf_weights)

    vocabulary_dtype = "string"

    @classmethod
    def from_config(cls, config):
        """Make it again from what `get_config` gave.

        Raises:
            ArgumentError: the config names a file.
        """
        refuse_named_file(config)
        return super().from_config(config)

    @property
    def _oov_start(self) -> int:
        return 1 if self.mask_token is not None and self.output_mode == "int" else 0

    @property
    def _token_start(self) -> int:
        return self._oov_start + self.num_oov_indices

    def vocabulary_size(self) -> int:
        """Its tokens, mask and unknown ones counted."""
        return len(self._tokens) + self._token_start

    def get_vocabulary(self, include_special_tokens=True) -> list:
        """Its tokens in order; mask and unknown ones first, if wanted."""
        special = [self.mask_token] * self._oov_start + [self.oov_token] * self.num_oov_indices
        return (special if include_special_tokens else []) + list(self._tokens)

    def set_vocabulary(self, vocabulary, idf_weights=None) -> None:
        """Take over a vocabulary; mask and unknown ones may stand at its beginning.

        Raises:
            ArgumentError: it is empty, has a token twice or a mask elsewhere, is too large, or has no weights for tf_idf.
            StateError: a row's length would change after the layer was used.
        """
        if (idf_weights is not None) != (self.output_mode == "tf_idf"):
            raise ArgumentError(
                "`idf_weights` belong to tf_idf, and tf_idf to them.", got=f"output_mode={self.output_mode!r}"
            )
        if isinstance(vocabulary, str):
            vocabulary = self._read(vocabulary)
        given = as_array(vocabulary).reshape(-1).tolist()
        if not given:
            raise ArgumentError("A vocabulary has tokens.", got="an empty one")
        special = self.get_vocabulary()[: self._token_start]
        begins_with_special = given[: len(special)] == special
        tokens = given[len(special) :] if begins_with_special else given
        self._check_tokens(tokens, special)
        weights = None if idf_weights is None else np.asarray(idf_weights, floatx())
        if weights is not None and weights.shape != (len(given),):
            raise ArgumentError("There is one weight for each token.", got=weights.shape, expected=f"({len(given)},)")
        self._take(tokens)
        if weights is not None:
            self._weigh(weights if begins_with_special else np.pad(weights, (len(special), 0), mode="mean"))

    def _check_tokens(self, tokens, special):
        twice = [token for token, count in collections.Counter(tokens).items() if count > 1]
        if twice:
            raise ArgumentError("Tokens stand in a vocabulary more than once.", got=", ".join(map(str, twice[:5])))
        reserved = [self.mask_token] + [self.oov_token] * self.invert
        for token in reserved:
            if token is not None and token in tokens:
                raise ArgumentError(
                    "Mask and unknown tokens stand at the beginning of a vocabulary, or not at all.",
                    got=f"{token!r} among the tokens",
                    expected=f"beginning with {special}",
                )
        if self.max_tokens is not None and len(tokens) + self._token_start > self.max_tokens:
            raise ArgumentError(
                "The vocabulary is too large.",
                got=len(tokens) + self._token_start,
                expected=f"at most {self.max_tokens}",
            )

    def _take(self, tokens: list):
        size = len(tokens) + self._token_start
        is_fixed = self.output_mode != "int" and not self.pad_to_max_tokens
        if is_fixed and self._frozen_size is not None and size != self._frozen_size:
            raise StateError(
                "The size of the vocabulary is the length of a row, and cannot change any more.",
                got=size,
                expected=self._frozen_size,
                fix="pad_to_max_tokens=True",
            )
        self._tokens, self._frozen_size = tokens, size
        self._places = {token: at for at, token in enumerate(tokens, self._token_start)}

    def _weigh(self, weights: np.ndarray):
        if self.pad_to_max_tokens:
            assert self.max_tokens is not None
            weights = np.pad(weights, (0, self.max_tokens - len(weights)))
        self.idf_weights = weights

    def _read(self, path: str) -> list:
        """Tokens from a text file that the caller, and no file, has named."""
        if self.output_mode == "tf_idf":
            raise ArgumentError("A vocabulary for tf_idf is given as a list.", got=f"the file {path!r}")
        if not os.path.isfile(path):
            raise MissingFileError("There is no such vocabulary.", got=path)
        with open(path, encoding="utf-8") as file:
            return self._parsed(file.read().splitlines())

    def _parsed(self, lines: list[str]) -> list:
        return lines

    # ---- learning it

    def adapt(self, data, steps=None) -> None:
        """Learn the vocabulary from data, in place of what was learned before.

        Args:
            data: words in an array, tensor or list; or batches of them, of which `steps` are taken.

        Raises:
            OrderError: the vocabulary was given.
        """
        self.reset_state()
        for batch in _batches(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data) -> None:
        """Count the tokens of one more batch."""
        self._count(np.atleast_1d(as_array(data)))

    def _count(self, rows):
        """Rows are documents; a flat array is one."""
        if self._is_given:
            raise OrderError("The vocabulary was given: there is nothing to learn.", fix="leave `vocabulary` out")
        documents = [rows] if getattr(rows, "ndim", 2) == 1 else rows
        for document in documents:
            tokens = [plain(token) for token in np.asarray(document, object).reshape(-1)]
            self._learned.update(tokens)
            self._documents.update(set(tokens))
            self._document_count += 1

    def finalize_state(self) -> None:
        """Make the vocabulary of what was counted: the most frequent first, of equals the larger."""
        counts = {token: n for token, n in self._learned.items() if token not in (self.mask_token, self.oov_token)}
        if self._is_given or not counts:
            return
        tokens = sorted(counts, key=lambda token: (counts[token], _bytes(token)), reverse=True)
        tokens = tokens[: self.max_tokens - self._token_start] if self.max_tokens else tokens
        self._take(tokens)
        if self.output_mode == "tf_idf":
            seen = np.array([self._documents[token] for token in tokens], "float64")
            weights = np.log(1 + self._document_count / (1 + seen)).astype(floatx())
            self._weigh(np.pad(weights, (self._token_start, 0), constant_values=weights.mean()))
        self._forget()

    def reset_state(self) -> None:
        """Forget what was counted."""
        if not self._is_given:
            self._forget()

    def _forget(self):
        self._learned, self._documents, self._document_count = collections.Counter(), collections.Counter(), 0

    # ---- files

    def save_own_variables(self, store):
        if self.output_mode == "tf_idf" and self.idf_weights is not None:
            store["idf_weights"] = np.asarray(self.idf_weights)

    def load_own_variables(self, store):
        if self.output_mode == "tf_idf":
            self.idf_weights = np.asarray(store["idf_weights"])

    def asset_texts(self) -> dict[str, str]:
        """What a file keeps beside the weights, by names of its own: the vocabulary, if it was learned."""
        if self.input_vocabulary is not None:
            return {}
        return {_ASSET: "\n".join(str(token) for token in self.get_vocabulary())}

    def save_assets(self, dir_path):
        for name, text in self.asset_texts().items():
            with open(os.path.join(dir_path, name), "w", encoding="utf-8") as file:
                file.write(text)

    def load_assets(self, dir_path):
        with open(os.path.join(dir_path, _ASSET), encoding="utf-8") as file:
            self.take_asset_texts({_ASSET: file.read()})

    def take_asset_texts(self, texts: dict[str, str]) -> None:
        """Take what `asset_texts` gave."""
        if self.input_vocabulary is not None:
            return
        lines = texts[_ASSET].splitlines()
        while lines and not lines[-1]:
            lines.pop()
        if lines:
            self.set_vocabulary(self._parsed(lines), self.idf_weights if self.output_mode == "tf_idf" else None)


def _batches(data, steps):
    if isinstance(data, (np.ndarray, torch.Tensor, list, tuple)):
        array = as_array(data)
        yield array[:, None] if array.ndim == 1 else array
        return
    for at, batch in enumerate(data):
        if steps is not None and at >= steps:
            return
        yield batch[0] if isinstance(batch, tuple) else batch


def plain(token):
    return token.item() if isinstance(token, np.generic) else token


def _bytes(token):
    return token.encode() if isinstance(token, str) else token


def as_list(values):
    if values is None:
        return None
    return [plain(value) for value in np.asarray(as_array(values)).reshape(-1).tolist()]


def refuse_named_file(config: dict) -> None:
    """Refuse a config that names a file of words: a model's file opens no other.

    Raises:
        ArgumentError: it does.
    """
    if isinstance(config.get("vocabulary"), str):
        raise ArgumentError(
            "The config names a file for its vocabulary, and no file is opened because a config says so.",
            got=config["vocabulary"][:200],
            expected="a list of tokens, or None",
            fix="layer.set_vocabulary(path)",
        )
