"""CTC against Keras, PyTorch and sums by hand."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import itertools
import math

import keras
import numpy as np
import pytest
import torch

from pellucid.errors import ArgumentError, ShapeError
from pellucid.graph.symbol import KerasTensor
from pellucid.ops import sequences

LOGITS = (np.random.default_rng(6).normal(size=(3, 7, 4)) * 2).astype("float32")
LENGTHS = np.array([7, 5, 6])


def read(alignment, blank):
    """An alignment with repetitions and blanks taken out."""
    return tuple(k for k, _ in itertools.groupby(alignment) if k != blank)


def by_all_alignments(logits, blank):
    """The probability of each labelling of one row, by adding up every alignment."""
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    found = {}
    for alignment in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        share = math.prod(probabilities[step, k] for step, k in enumerate(alignment))
        found[read(alignment, blank)] = found.get(read(alignment, blank), 0) + share
    return sorted(found.items(), key=lambda pair: -pair[1])


@pytest.mark.parametrize("mask_index", [0, 3, None])
def test_a_wide_beam_finds_the_likeliest_labellings(mask_index):
    logits = LOGITS[:1, :5]
    paths, scores = sequences.ctc_decode(logits, [5], "beam_search", 500, 4, mask_index=mask_index)
    wanted = by_all_alignments(logits[0], 3 if mask_index is None else mask_index)[:4]
    assert [tuple(k for k in path if k >= 0) for path in paths[:, 0].tolist()] == [path for path, _ in wanted]
    np.testing.assert_allclose(scores[0], np.log([share for _, share in wanted]), rtol=1e-4)


@pytest.mark.parametrize("beam_width", [1, 3, 20])
def test_narrow_beams_are_kerass(beam_width):
    top = min(beam_width, 3)
    ours = sequences.ctc_decode(LOGITS, LENGTHS, "beam_search", beam_width, top)
    theirs = keras.ops.ctc_decode(LOGITS, LENGTHS, "beam_search", beam_width, top)
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-5)
    assert [x.dtype for x in ours] == [x.dtype for x in theirs]


@pytest.mark.parametrize("merge_repeated", [True, False])
@pytest.mark.parametrize("mask_index", [0, None])
def test_the_greedy_way_is_kerass(merge_repeated, mask_index):
    arguments = {"merge_repeated": merge_repeated, "mask_index": mask_index}
    ours, theirs = (one.ctc_decode(LOGITS, LENGTHS, **arguments) for one in (sequences, keras.ops))
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-6)
        assert our.dtype == their.dtype


def test_repetitions_merge_unless_a_blank_lies_between():
    steps = torch.nn.functional.one_hot(torch.tensor([[1, 1, 0, 1, 2]]), 3).float()
    assert sequences.ctc_decode(steps, [5])[0].tolist() == [[[1, 1, 2, -1, -1]]]
    assert sequences.ctc_decode(steps, [5], merge_repeated=False)[0].tolist() == [[[1, 1, 1, 2, -1]]]
    assert sequences.ctc_decode(steps, [2])[0].tolist() == [[[1, -1, -1, -1, -1]]]


def test_the_loss_is_minus_the_log_of_all_alignments():
    wanted = dict(by_all_alignments(LOGITS[0, :5], 0))[(1, 2)]
    loss = sequences.ctc_loss([[1, 2]], LOGITS[:1, :5], [2], [5])
    assert loss.item() == pytest.approx(-math.log(wanted), rel=1e-5)
    target = np.array([[1, 2, 2], [3, 1, 0], [1, 0, 0]])
    ours, theirs = (one.ctc_loss(target, LOGITS, np.array([3, 2, 1]), LENGTHS) for one in (sequences, keras.ops))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_symbols_keep_unknown_sizes():
    logits, lengths = KerasTensor((None, 7, 4)), KerasTensor((None,), "int32")
    assert [x.shape for x in sequences.ctc_decode(logits, lengths)] == [(1, None, 7), (None, 1)]
    assert [x.shape for x in sequences.ctc_decode(logits, lengths, "beam_search", 5, 2)] == [(2, None, 7), (None, 2)]
    assert sequences.ctc_loss(KerasTensor((None, 3), "int32"), logits, lengths, lengths).shape == (None,)


def test_what_does_not_fit_is_told():
    with pytest.raises(ArgumentError, match="'best'"):
        sequences.ctc_decode(LOGITS, LENGTHS, "best")
    with pytest.raises(ShapeError, match="same number of rows"):
        sequences.ctc_loss([[1, 2]], LOGITS, [2], LENGTHS)
