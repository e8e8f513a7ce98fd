"""What the array functions refuse, in words; and where they do better than Keras's PyTorch run."""

import numpy as np
import pytest
import torch

from pellucid import ops
from pellucid.errors import ArgumentError, ArgumentTypeError, AxisError, OperationError, ShapeError
from pellucid.graph.symbol import KerasTensor

X = np.arange(12.0, dtype="float32").reshape(3, 4)

REFUSED = [
    (lambda: ops.reshape(X, (5, -1)), ShapeError, r"12 elements do not fill .*\(5, -1\)"),
    (lambda: ops.squeeze(X, axis=0), ShapeError, "more than one element"),
    (lambda: ops.expand_dims(X, 7), ArgumentError, "no axis 7"),
    (lambda: ops.split(X, 3, axis=1), ShapeError, "equal parts"),
    (lambda: ops.array_split(X, 0), ArgumentError, "at least one part"),
    (lambda: ops.array_split(X, 2.5), ArgumentTypeError, "whole number"),
    (lambda: ops.concatenate([X, X], axis=None), ArgumentError, "needs an axis"),
    (lambda: ops.repeat(X, [1, 2], axis=0), ShapeError, "one number of repeats"),
    (lambda: ops.pad(X, ((1, 1),) * 3), ArgumentError, "2 pairs"),
    (lambda: ops.pad(X, 1, mode="mirror"), ArgumentError, "padding mode"),
    (lambda: ops.pad(X, 1, mode="reflect", constant_values=1), ArgumentError, "constant padding"),
    (lambda: ops.rot90(X[0]), ArgumentError, "plane"),
    (lambda: ops.rot90(X, axes=(1, 1)), ArgumentError, "two different axes"),
    (lambda: ops.meshgrid(X[0], indexing="ab"), ArgumentError, "indexing"),
    (lambda: ops.max(X[:0]), ArgumentError, "empty value"),
    (lambda: ops.where(X, X), ArgumentError, "both values"),
    (lambda: ops.select([X], []), ArgumentError, "one choice"),
    (lambda: ops.eye(2.5), ArgumentTypeError, "`N` is a whole number"),
    (lambda: ops.hanning(KerasTensor((), "int32")), ArgumentTypeError, "whole number"),
    (lambda: ops.diag(X[None]), ShapeError, "vector or a matrix"),
    (lambda: ops.diagonal(X[0]), ShapeError, "planes"),
    (lambda: ops.vander(X), ShapeError, "vector"),
    (lambda: ops.vander(X[0], N=-1), ArgumentError, "negative"),
    (lambda: ops.searchsorted(X, X), ShapeError, "in a vector"),
    (lambda: ops.digitize(X, X), ShapeError, "vector of edges"),
    (lambda: ops.argpartition(X, 1.5), ArgumentError, "`kth`"),
    (lambda: ops.histogram(X[0], bins=2.5), ArgumentTypeError, "`bins`"),
    (lambda: ops.histogram(X[0], range=(2, 1)), ArgumentError, "rising order"),
    (lambda: ops.histogram(X), ShapeError, "of a vector"),
    (lambda: ops.bincount([1], sparse=True), ArgumentError, "dense"),
    (lambda: ops.correlate(X[0], X[0], mode="some"), ArgumentError, "`mode`"),
    (lambda: ops.correlate(X, X), ShapeError, "Vectors"),
    (lambda: ops.scatter_update(X, [[0, 0]], [1.0], reduction="mean"), ArgumentError, "`reduction`"),
    (lambda: ops.slice(X, (0,), (1, 1)), ShapeError, "one start and one size"),
    (lambda: ops.segment_sum(X, X), ShapeError, "vector"),
    (lambda: ops.segment_sum(X, [0, 1]), ShapeError, "one segment id"),
    (lambda: ops.ldexp(X, 0.5), ArgumentTypeError, "exponent"),
    (lambda: ops.fabs(np.array([1j], "complex64")), ArgumentTypeError, "real numbers"),
    (lambda: ops.einsum(X, X), ArgumentError, "`subscripts`"),
    (lambda: ops.cross(X, X), ShapeError, "2 or 3 numbers"),
    (lambda: ops.cdist(X, X[:, :3]), ShapeError, "one length"),
    (lambda: ops.cholesky(-np.eye(2, dtype="float32")), OperationError, "positive definite"),
    (lambda: ops.inv(np.zeros((2, 2), "float32")), OperationError, "no inverse"),
    (lambda: ops.det(X), ShapeError, "square"),
    (lambda: ops.solve(np.eye(2), np.ones(3)), ShapeError, "numbers of rows"),
    (lambda: ops.lstsq(X, X[:2]), ShapeError, "two sides"),
    (lambda: ops.norm(X, ord="max"), OperationError, "no such norm"),
    (lambda: ops.norm(X, ord=3), OperationError, "no such matrix norm"),
    (lambda: ops.norm(X[0], axis=1), AxisError, "out of range"),
    (lambda: ops.qr(X, mode="full"), ArgumentError, "`mode`"),
    (lambda: ops.fft(X), ArgumentError, "pair"),
    (lambda: ops.fft((X, X[:1])), ShapeError, "one shape"),
    (lambda: ops.rfft(X, fft_length=0), ArgumentError, "`fft_length`"),
    (lambda: ops.stft(X, 4, 0, 4), ArgumentError, "`sequence_stride`"),
    (lambda: ops.stft(X, 4, 1, 3), ArgumentError, "not longer"),
    (lambda: ops.stft(X, 2, 1, 3, window="flat"), ArgumentError, "window"),
    (lambda: ops.stft(X.astype("int32"), 2, 1, 3), ArgumentTypeError, "float32"),
    (lambda: ops.view_as_complex(X), ShapeError, "two parts"),
    (lambda: ops.rearrange(X, "a b c -> a"), ArgumentError, "same axes"),
    (lambda: ops.rearrange(X, "a b c -> c b a"), ShapeError, "3 axes"),
    (lambda: ops.rearrange(X, "a (b c) -> a b c", b=3), ShapeError, "cannot be split"),
    (lambda: ops.convert_to_numpy(KerasTensor((2,))), ArgumentError, "no values yet"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED)
def test_a_refusal_says_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_pytorchs_refusals_tell_the_shapes():
    with pytest.raises(OperationError, match=r"got +ndarray\(3, 4\) of float32, ndarray\(3, 4\) of float32"):
        ops.matmul(X, X)


# Keras's PyTorch run fails on these, or gives something else than NumPy: NumPy judges.
BY_NUMPY = [
    (ops.average, np.average, (X,), {"axis": 0, "weights": np.array([1.0, 2.0, 3.0])}),
    (ops.repeat, np.repeat, (X, [1, 2, 0]), {"axis": 0}),
    (ops.floor, np.floor, (X.astype("float64") / 3,), {}),
    (ops.matmul, np.matmul, (X.astype("float64"), X.T.astype("float64")), {}),
    (ops.pad, np.pad, (X, ((1, 2), (3, 1))), {"mode": "symmetric"}),
    (ops.pad, np.pad, (X, ((0, 5), (9, 0))), {"mode": "reflect"}),
    (ops.linspace, np.linspace, (X[0], X[1]), {"num": 5, "axis": 1, "endpoint": False}),
    (ops.cross, np.cross, (X[:, :3], X[:, 1:4]), {}),
    (ops.cross, np.cross, (X[:, :3].T.copy(), X[:, 1:4]), {"axisa": 0}),
    (ops.dot, np.dot, (X, np.ones((2, 4, 3), "float32")), {}),
    (ops.roll, np.roll, (X, 1), {"axis": [0, 1]}),
    (ops.size, np.size, (X,), {}),
    (ops.ndim, np.ndim, (X,), {}),
    (ops.logspace, np.logspace, (0.0, X[0]), {"num": 3, "axis": -1}),
    (ops.round, np.round, (np.array([True, False]),), {}),
]


@pytest.mark.parametrize(("ours", "numpys", "args", "kwargs"), BY_NUMPY)
def test_numpy_gives_the_same(ours, numpys, args, kwargs):
    mine, theirs = ops.convert_to_numpy(ours(*args, **kwargs)), np.asarray(numpys(*args, **kwargs))
    assert mine.shape == theirs.shape
    np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_slices_may_step_backwards():
    assert ops.get_item(X, (slice(None, None, -2), slice(2, 0, -1))).tolist() == X[::-2, 2:0:-1].tolist()


def test_argpartition_puts_the_smallest_first():
    x = [[7, 3, 9, 1, 5]]
    places = ops.argpartition(x, 1)
    assert sorted(np.take_along_axis(np.array(x), places.numpy(), 1)[0, :2]) == [1, 3]
    assert sorted(places[0].tolist()) == [0, 1, 2, 3, 4]


def test_matrix_factors_multiply_back():
    q, r = ops.qr(X)
    u, s, vt = ops.svd(X, full_matrices=False)
    values, vectors = ops.eigh([[2.0, 1.0], [1.0, 3.0]])
    torch.testing.assert_close(q @ r, torch.tensor(X), atol=1e-5, rtol=0)
    torch.testing.assert_close(u * s @ vt, torch.tensor(X), atol=1e-5, rtol=0)
    torch.testing.assert_close(vectors * values @ vectors.T, torch.tensor([[2.0, 1.0], [1.0, 3.0]]))
    assert sorted(ops.eig([[0.0, 1.0], [-1.0, 0.0]])[0].imag.tolist()) == [-1, 1]


def test_saturate_cast_never_wraps_around():
    for dtype in ("int8", "uint8", "int16", "int32", "int64"):
        limits = torch.iinfo(getattr(torch, dtype))
        low, high = ops.saturate_cast(torch.tensor([-1e30, 1e30]), dtype).tolist()
        assert low == limits.min
        assert 0.99 * limits.max < high <= limits.max


def test_istft_gives_the_signal_back():
    x = torch.sin(torch.arange(64.0))[None]
    back = ops.istft(ops.stft(x, 16, 4, 16), 16, 4, 16)
    torch.testing.assert_close(back, x, atol=1e-5, rtol=0)


def test_tensors_of_one_dtype_pass_unconverted():
    x = torch.ones(2, 3)
    assert ops.reshape(x, (6,)).data_ptr() == x.data_ptr()
    assert ops.cast(x, "float32") is x
    assert ops.convert_to_tensor(x) is x
