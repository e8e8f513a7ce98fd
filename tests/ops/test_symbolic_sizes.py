"""Unknown sizes: what the array functions know of their results' shapes, and what they refuse to guess."""

import pytest

from pellucid import ops
from pellucid.errors import ShapeError
from pellucid.graph.symbol import KerasTensor

ROWS = KerasTensor((None, 4))
IMAGES = KerasTensor((None, None, 3))

SHAPES = [
    (lambda: ops.reshape(ROWS, (-1, 2)), (None, 2)),
    (lambda: ops.reshape(ROWS, (3, -1)), (3, None)),
    (lambda: ops.reshape(ROWS, (3, 2)), (3, 2)),
    (lambda: ops.reshape(ROWS, KerasTensor((3,), "int32")), (None, None, None)),
    (lambda: ops.reshape(KerasTensor((2, 6)), (-1, 3)), (4, 3)),
    (lambda: ops.sum(IMAGES, axis=1), (None, 3)),
    (lambda: ops.concatenate([ROWS, ROWS], axis=0), (None, 4)),
    (lambda: ops.stack([ROWS, ROWS], axis=1), (None, 2, 4)),
    (lambda: ops.split(IMAGES, 3, axis=-1)[1], (None, None, 1)),
    (lambda: ops.split(ROWS, 2)[0], (None, 4)),
    (lambda: ops.unstack(IMAGES, num=2, axis=1)[1], (None, 3)),
    (lambda: ops.transpose(IMAGES, (2, 0, 1)), (3, None, None)),
    (lambda: ops.matmul(ROWS, KerasTensor((4, 7))), (None, 7)),
    (lambda: ops.matmul(KerasTensor((None, None)), KerasTensor((4, 7))), (None, 7)),
    (lambda: ops.einsum("ij,jk->ki", KerasTensor((None, None)), KerasTensor((4, 7))), (7, None)),
    (lambda: ops.einsum("...j,jk->...k", IMAGES, KerasTensor((None, 2))), (None, None, 2)),
    (lambda: ops.tensordot(IMAGES, KerasTensor((None, 5)), axes=1), (None, None, 5)),
    (lambda: ops.broadcast_to(ROWS, (2, 5, 4)), (2, 5, 4)),
    (lambda: ROWS[0], (4,)),
    (lambda: ROWS[:, 1:3], (None, 2)),
    (lambda: ROWS[:2], (None, 4)),
    (lambda: ROWS[..., None, ::-1], (None, 1, 4)),
    (lambda: ops.diagonal(ROWS), (None,)),
    (lambda: ops.diag(ROWS), (None,)),
    (lambda: ops.take(IMAGES, [0, 1], axis=2), (None, None, 2)),
    (lambda: ops.repeat(ROWS, 3, axis=0), (None, 4)),
    (lambda: ops.pad(IMAGES, ((0, 0), (1, 1), (2, 0)), mode="reflect"), (None, None, 5)),
    (lambda: ops.slice(IMAGES, (0, 0, 1), (-1, 2, 2)), (None, 2, 2)),
    (lambda: ops.slice(ROWS, KerasTensor((2,), "int32"), (2, 3)), (2, 3)),
    (lambda: ops.slice_update(ROWS, KerasTensor((2,), "int32"), KerasTensor((1, 1))), (None, 4)),
    (lambda: ops.nonzero(IMAGES)[2], (None,)),
    (lambda: ops.where(IMAGES), (3, None)),
    (lambda: ops.unique(ROWS, return_inverse=True)[1], (None, 4)),
    (lambda: ops.unique(ROWS, size=3, axis=0), (3, 4)),
    (lambda: ops.bincount(KerasTensor((None, 4), "int32")), (None, None)),
    (lambda: ops.segment_sum(IMAGES, KerasTensor((None,), "int32")), (None, None, 3)),
    (lambda: ops.segment_max(IMAGES, KerasTensor((None,), "int32"), num_segments=5), (5, None, 3)),
    (lambda: ops.top_k(ROWS, 2).indices, (None, 2)),
    (lambda: ops.rearrange(IMAGES, "b h (c d) -> b (h d) c", d=3), (None, None, 1)),
    (lambda: ops.cond(KerasTensor((), "bool"), lambda: ROWS * 2, lambda: ROWS + 1), (None, 4)),
    (lambda: ops.while_loop(lambda x: x < 3, lambda x: x + 1, ROWS), (None, 4)),
    (lambda: ops.fori_loop(0, KerasTensor((), "int32"), lambda i, x: x + i, ROWS), (None, 4)),
    (lambda: ops.scan(lambda s, x: (s + x, s), KerasTensor((4,)), ROWS)[1], (None, 4)),
    (lambda: ops.map(lambda row: ops.sum(row), ROWS), (None,)),
    (lambda: ops.vectorized_map(lambda row: row[:3], ROWS), (None, 3)),
    (lambda: ops.associative_scan(ops.add, ROWS, axis=1), (None, 4)),
    (lambda: ops.switch(KerasTensor((), "int32"), [lambda x: x[0], lambda x: x[1]], ROWS), (4,)),
    (lambda: ops.stft(KerasTensor((None, 64)), 16, 4, 16)[0], (None, 17, 9)),
    (lambda: ops.svd(KerasTensor((None, 4, 3)))[0], (None, 4, 4)),
]


@pytest.mark.parametrize(("call", "shape"), SHAPES)
def test_what_is_known_of_a_shape_is_told(call, shape):
    assert call().shape == shape


REFUSED = [
    lambda: ops.reshape(KerasTensor((2, 6)), (5, -1)),
    lambda: ops.split(KerasTensor((2, 3)), 2, axis=1),
    lambda: ops.unstack(ROWS, axis=0),
    lambda: ops.repeat(KerasTensor((2, 3)), [1, 2, 3], axis=0),
    lambda: ops.svd(ROWS),
    lambda: ops.matmul(KerasTensor((2, 3)), KerasTensor((2, 3))),
    lambda: ROWS[:, 9],
    lambda: ROWS[..., 0, ...],
    lambda: ops.sort(ROWS, axis=2),
    lambda: ops.cond(KerasTensor((), "bool"), lambda: ROWS, lambda: ROWS[0]),
]


@pytest.mark.parametrize("call", REFUSED)
def test_what_cannot_be_is_a_value_error(call):
    with pytest.raises(ValueError):
        call()


def test_an_unknown_number_of_values_says_what_to_type():
    with pytest.raises(ShapeError, match=r"fix +ops.unstack\(x, num=3\)"):
        ops.unstack(ROWS, axis=0)
