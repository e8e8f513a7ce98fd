"""Skip-grams: pairs of words that stand near each other, and of words that do not, to learn what words mean.

Above:  the door ``pellucid.preprocessing.sequence``.
Source: Mikolov et al. 2013, arXiv:1301.3781; keras.preprocessing.sequence, Keras 2.15.
"""

from __future__ import annotations

import random

import numpy as np

_EULER = 0.577  # Euler's constant, as word2vec has it


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> np.ndarray:
    """How likely the word of each rank is kept, where frequent ones are kept less often.

    ``sqrt(factor / frequency)``, at most 1, where by Zipf's law a word of rank r has the frequency
    ``1 / (r (log r + 0.577) + 1/2 - 1/(12 r))``. Rank 0, which is no word, counts as 1.
    """
    rank = np.maximum(np.arange(size), 1)
    one_in = rank * (np.log(rank) + _EULER) + 0.5 - 1 / (12 * rank)
    return np.minimum(1.0, np.sqrt(sampling_factor * one_in))


def skipgrams(
    sequence,
    vocabulary_size,
    window_size=4,
    negative_samples=1.0,
    shuffle=True,
    categorical=False,
    sampling_table=None,
    seed=None,
):
    """Pairs of numbers of words, and whether they stood near each other: 1 or 0.

    Args:
        sequence: numbers of words; 0 is no word.
        window_size: how many words away is near.
        negative_samples: pairs with a random word, for each pair of near ones.
        shuffle, seed: whether pairs come in random order, and of which seed; drawn by Python's `random`.
        categorical: labels ``[0, 1]`` and ``[1, 0]`` in place of 1 and 0.
        sampling_table: how likely a word of each number is kept, as from `make_sampling_table`; all are if None.

    Returns:
        A list of pairs, and a list of labels.
    """
    pairs = [[word, other] for word, other in _near(sequence, window_size, sampling_table)]
    labels: list = [[0, 1] if categorical else 1] * len(pairs)
    if negative_samples > 0:
        count = int(len(labels) * negative_samples)
        words = [word for word, _ in pairs]
        random.shuffle(words)
        pairs += [[words[k % len(words)], random.randint(1, vocabulary_size - 1)] for k in range(count)]
        labels += [[1, 0] if categorical else 0] * count
    if shuffle:
        seed = random.randint(0, int(10e6)) if seed is None else seed
        for each in (pairs, labels):  # the same order for both
            random.seed(seed)
            random.shuffle(each)
    return pairs, labels


def _near(sequence, window_size: int, sampling_table):
    for k, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        for j in range(max(0, k - window_size), min(len(sequence), k + window_size + 1)):
            if j != k and sequence[j]:
                yield word, sequence[j]
