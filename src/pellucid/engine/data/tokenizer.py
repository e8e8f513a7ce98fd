"""Tokenizer: texts as lists of numbers, and as rows, by how frequent words are; of Keras 1 and 2.

Above: the door ``pellucid.preprocessing.text``. TextVectorization (layers/) is today's way.
Kept true: number 1 is the most frequent word (the unknown one where there is one); 0 stands for no word.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from pellucid.errors import ArgumentError, ConfigError, OrderError, UnknownArgumentError

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_KEPT = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")


def text_to_word_sequence(input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text: what stands between splits, and between the characters of `filters`."""
    text = input_text.lower() if lower else input_text
    parted = text.translate({ord(character): split for character in filters})
    return [word for word in parted.split(split) if word]


def hashing_trick(text, n, hash_function=None, filters=FILTERS, lower=True, split=" ", analyzer=None) -> list[int]:
    """A number from 1 to n - 1 for each word, by its hash; two words may share one.

    Args:
        hash_function: from a word to a number; "md5" for one that is the same in every process, Python's own if None.
        analyzer: from a text to its words, in place of the rest.
    """
    if hash_function == "md5":
        hash_function = _md5
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [(hash_function or hash)(word) % (n - 1) + 1 for word in words]


def one_hot(input_text, n, filters=FILTERS, lower=True, split=" ", analyzer=None) -> list[int]:
    """`hashing_trick` by Python's own hash."""
    return hashing_trick(input_text, n, None, filters, lower, split, analyzer)


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode()).hexdigest(), 16)


class Tokenizer:
    """Numbers for words, learned from texts.

    Args:
        num_words: only words with numbers below this count; None for all.
        filters, lower, split: as in `text_to_word_sequence`.
        char_level: whether each character is a word.
        oov_token: a word that stands for all that are not known.
        analyzer: from a text to its words, in place of the rest.

    A text may be a list of words already.

    Source: keras.preprocessing.text.Tokenizer, Keras 2.15.
    """

    def __init__(
        self,
        num_words=None,
        filters=FILTERS,
        lower=True,
        split=" ",
        char_level=False,
        oov_token=None,
        analyzer=None,
        **kwargs,
    ):
        num_words = kwargs.pop("nb_words", num_words)
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise UnknownArgumentError("A Tokenizer does not take this.", got=", ".join(kwargs), fix="num_words=...")
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts: Counter = Counter()
        self.word_docs: Counter = Counter()
        self.index_docs: Counter = Counter()
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    # ---- learning

    def fit_on_texts(self, texts: Iterable) -> None:
        """Count the words of more texts, and number them anew."""
        for text in texts:
            words = self._words(text)
            self.document_count += 1
            self.word_counts.update(words)
            self.word_docs.update(set(words))
        ordered = [word for word, _ in self.word_counts.most_common()]
        ordered = ordered if self.oov_token is None else [self.oov_token, *ordered]
        self.word_index = dict(zip(ordered, range(1, len(ordered) + 1), strict=True))
        self.index_word = {index: word for word, index in self.word_index.items()}
        self.index_docs.update({self.word_index[word]: 0 for word in self.word_docs})
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences) -> None:
        """Count in how many lists of numbers each stands; for "tfidf" without `fit_on_texts`."""
        self.document_count += len(sequences)
        for numbers in sequences:
            self.index_docs.update(set(numbers))

    def _words(self, text) -> list[str]:
        if isinstance(text, list):
            return [word.lower() for word in text] if self.lower else text
        if self.char_level:
            return list(text.lower() if self.lower else text)
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    # ---- texts and numbers

    def texts_to_sequences(self, texts: Iterable) -> list[list[int]]:
        """A list of numbers for each text; words that are not known are left out, or the unknown one's number."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable) -> Iterator[list[int]]:
        """The same, one text after the other."""
        for text in texts:
            numbers = (self._known(self.word_index.get(word)) for word in self._words(text))
            yield [number for number in numbers if number is not None]

    def sequences_to_texts(self, sequences: Iterable) -> list[str]:
        """The words of lists of numbers, with blanks between."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable) -> Iterator[str]:
        """The same, one list after the other."""
        for numbers in sequences:
            known = (self._known(number if number in self.index_word else None) for number in numbers)
            yield " ".join(self.index_word[number] for number in known if number is not None)

    def _known(self, number: int | None) -> int | None:
        """The number itself; that of the unknown word for one that does not count, if there is such a word."""
        if number is not None and not (self.num_words and number >= self.num_words):
            return number
        return self.word_index.get(self.oov_token) if self.oov_token is not None else None

    # ---- rows

    def texts_to_matrix(self, texts, mode="binary") -> np.ndarray:
        """A row over all words for each text, as in `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences, mode="binary") -> np.ndarray:
        """A row over all words for each list of numbers.

        Args:
            mode: "binary" (whether a word comes), "count" (how often), "freq" (its share), or "tfidf": ``1 + log(count)``
                times ``log(1 + texts / (1 + texts with the word))``.

        Raises:
            OrderError: nothing was learned yet.
            ArgumentError: a mode that is not known.
        """
        if not self.num_words and not self.word_index:
            raise OrderError("How long a row is, is not known.", fix="Tokenizer(num_words=...), or fit_on_texts(texts)")
        if mode == "tfidf" and not self.document_count:
            raise OrderError("tfidf needs texts to count.", fix="fit_on_texts(texts)")
        weigh = {"count": self._count, "freq": self._share, "binary": self._once, "tfidf": self._weight}.get(mode)
        if weigh is None:
            raise ArgumentError("This `mode` is not known.", got=repr(mode), expected="binary, count, freq, tfidf")
        rows = np.zeros((len(sequences), self.num_words or len(self.word_index) + 1))
        for row, numbers in zip(rows, sequences, strict=True):
            for number, count in Counter(number for number in numbers if number < rows.shape[1]).items():
                row[number] = weigh(number, count, len(numbers))
        return rows

    def _once(self, number, count, length) -> float:
        return 1

    def _count(self, number, count, length) -> float:
        return count

    def _share(self, number, count, length) -> float:
        return count / length

    def _weight(self, number, count, length) -> float:
        seen = self.index_docs.get(number, 0)
        return (1 + np.log(count)) * np.log(1 + self.document_count / (1 + seen))

    # ---- JSON

    def get_config(self) -> dict:
        """What is needed to make it again; what was learned as JSON inside, as Keras writes it."""
        own = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        learned = {name: json.dumps(getattr(self, name)) for name in _KEPT}
        return {**{name: getattr(self, name) for name in own}, **learned}

    def to_json(self, **kwargs) -> str:
        """Config and class as JSON; `kwargs` are those of ``json.dumps``."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The tokenizer that `to_json` told of.

    Raises:
        ConfigError: JSON of something else.
    """
    try:
        config = dict(json.loads(json_string)["config"])
        learned = {name: json.loads(config.pop(name)) for name in _KEPT}
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError("This JSON tells of no tokenizer.", got=str(error), fix="tokenizer.to_json()") from error
    tokenizer = Tokenizer(**config)
    for name, table in learned.items():
        keys = {int(key): value for key, value in table.items()} if name.startswith("index_") else table
        setattr(tokenizer, name, keys if name.endswith(("_index", "_word")) else Counter(keys))
    return tokenizer
