"""Calls of the array functions of keras.ops, one table: each is judged by Keras itself, on values and on symbols.

A case is a function's name, its positional arguments and its keyword arguments. Arguments in `X(...)` are arrays, made
from a shape or from numbers, in each dtype that the case is run in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

FLOATS = ("float32", "float16", "bfloat16", "float64")
INTS = ("int32", "int8", "uint8", "int16", "int64")
ALL = (*FLOATS, *INTS, "bool")
SHORT = ("float32", "float16", "bfloat16", "int32", "int8", "uint8", "bool")
NUMBERS = tuple(dtype for dtype in SHORT if dtype != "bool")
REAL = ("float32", "float64")


@dataclass(frozen=True)
class X:
    """An array argument: numbers, or a shape to be filled with numbers, and a dtype if it is always the same."""

    what: object
    dtype: str | None = None
    low: float = 0.0
    high: float = 5.0

    def array(self, dtype: str) -> np.ndarray:
        """The numbers; those made up are quarters between `low` and `high`, each time the same."""
        if isinstance(self.what, tuple):
            random = np.random.RandomState(sum(self.what) + len(self.what))
            numbers = random.randint(int(self.low * 4), int(self.high * 4) + 1, size=self.what) / 4
        else:
            numbers = np.array(self.what)
        name = self.dtype or dtype
        if name == "bool":
            return numbers > 1
        return numbers.astype("float32" if name == "bfloat16" else name)


@dataclass(frozen=True)
class Case:
    name: str
    args: tuple
    kwargs: dict = field(default_factory=dict)
    dtypes: tuple = ("float32",)

    def __str__(self):
        return f"{self.name}-{self.kwargs}" if self.kwargs else self.name


def case(name, *args, dtypes=("float32",), **kwargs):
    return Case(name, args, kwargs, dtypes)


def each(names, *args, dtypes=("float32",), **kwargs):
    return [Case(name, args, kwargs, dtypes) for name in names.split()]


A, B, V, CUBE = X((3, 4)), X((3, 4), low=1), X((5,)), X((2, 3, 4))
SIGNED = X((3, 4), low=-3, high=3)
SMALL = X((3, 4), low=-1, high=1)
ABOVE = X((3, 4), low=1, high=4)
SQUARE = X([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 1.0, 5.0]])
SYMMETRIC = X([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 5.0]])
NANS = X([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan], [4.0, 0.5, np.nan]])
INFINITE = X([np.nan, np.inf, -np.inf, 0.0, -1.5])
WAVE = X((2, 64), low=-1, high=1)

ELEMENTWISE = [
    *each("abs absolute fabs square sqrt exp exp2 expm1 cbrt trunc copy log1p", ABOVE, dtypes=ALL),
    *each("ceil floor", ABOVE, dtypes=SHORT),
    *each("log log2 log10 rsqrt reciprocal", ABOVE, dtypes=SHORT),
    *each("negative sign", SIGNED, dtypes=NUMBERS),
    *each("sin cos tan arctan sinh cosh tanh arcsinh sinc deg2rad rad2deg angle erf erfc i0", A, dtypes=SHORT),
    *each("arcsin arccos arctanh erfinv", SMALL, dtypes=FLOATS),
    *each("arccosh", ABOVE, dtypes=SHORT),
    *each("isfinite isinf isnan isneginf isposinf isreal", INFINITE),
    *each("isfinite isnan isinf isreal logical_not", A, dtypes=SHORT),
    *each("signbit", SIGNED, dtypes=("float32", "int32", "bool")),
    *each("real conj conjugate imag", X([1 + 2j, 3 - 1j], "complex64")),
    case("round", X([0.5, 1.5, -2.5, 1.25]), dtypes=(*FLOATS, "int32")),
    case("round", X([0.126, 1.234]), decimals=2),
    case("round", X([126, 1234]), decimals=-2, dtypes=("int32", "float32")),
    case("nan_to_num", INFINITE),
    case("nan_to_num", INFINITE, nan=1.0, posinf=5.0, neginf=-5.0),
    case("clip", SIGNED, -1, 2, dtypes=NUMBERS),
    case("clip", A, 1, 2, dtypes=("bool",)),
    case("clip", SIGNED, -1.5, X((4,), low=1), dtypes=("float32",)),
    case("saturate_cast", X([-300.0, 0.5, 70000.0, 3e9]), "uint8"),
    case("saturate_cast", X([-300.0, 0.5, 70000.0]), "float16"),
    case("saturate_cast", X([-300, 5, 70000], "int32"), "int8"),
    case("cast", SIGNED, "int32", dtypes=ALL),
    case("cast", A, "float16", dtypes=ALL),
    case("stop_gradient", A),
    case("view", X([1.0, 2.0]), "int32"),
    case("view", X([[1.0, 2.0]]), "int16"),
]

BINARY = [
    *each("add multiply", A, B, dtypes=ALL),
    *each("subtract", A, B, dtypes=tuple(d for d in ALL if d != "bool")),
    *each("divide true_divide divide_no_nan arctan2 logaddexp logaddexp2", A, B, dtypes=SHORT),
    *each("hypot", A, B, dtypes=NUMBERS),
    *each("floor_divide mod fmod power", A, B, dtypes=NUMBERS),
    *each("maximum minimum fmax fmin", SIGNED, B, dtypes=NUMBERS),
    *each("equal not_equal less less_equal greater greater_equal", A, B, dtypes=SHORT),
    *each("logical_and logical_or logical_xor", A, B, dtypes=SHORT),
    *each("isclose allclose", A, A, dtypes=("float32", "int32", "float16")),
    *each("isin", A, V, dtypes=("float32", "int32", "bool")),
    *each("gcd lcm", A, B, dtypes=("int32", "int8", "uint8")),
    *each("nextafter", A, B, dtypes=("float32", "int32")),
    *each("heaviside", SIGNED, A, dtypes=("float32", "float16", "int32")),
    *each("bitwise_and bitwise_or bitwise_xor", A, B, dtypes=("int32", "uint8", "int8", "bool")),
    *each(
        "bitwise_left_shift bitwise_right_shift left_shift right_shift", A, X((3, 4), high=2), dtypes=("int32", "uint8")
    ),
    *each("bitwise_invert bitwise_not", A, dtypes=("int32", "uint8", "bool")),
    case("ldexp", A, X((3, 4), "int32"), dtypes=("float32", "float16")),
    case("divide_no_nan", A, X([0.0, 1.0, 2.0, 0.0])),
    # Python's own numbers yield to arrays.
    *each("add multiply subtract maximum minimum", A, 2, dtypes=NUMBERS),
    *each("add multiply subtract divide power maximum", A, 1.5, dtypes=NUMBERS),
    *each("less equal", 2, A, dtypes=NUMBERS),
    *each("mod floor_divide", A, 2, dtypes=NUMBERS),
]

REDUCTIONS = [
    *each("sum prod mean max min all any var std amax amin ptp", B, dtypes=("float32", "int32")),
    *each("sum prod mean max min all any var std amax amin ptp", CUBE, axis=1, dtypes=("float32", "float16", "int8")),
    *each("sum prod mean max min all any amax amin ptp", CUBE, axis=-1, keepdims=True, dtypes=("bfloat16", "uint8")),
    *each("sum mean max all any var std count_nonzero logsumexp", CUBE, axis=(0, 2)),
    *each("sum prod mean all any count_nonzero argmax argmin", A, dtypes=("bool",)),
    *each("sum mean all any max", A, axis=()),
    *each("count_nonzero", A, dtypes=("int32",)),
    *each("argmax argmin", A, dtypes=SHORT),
    *each("argmax argmin", CUBE, axis=1, keepdims=True),
    *each("logsumexp", A),
    *each("max min", A, axis=0, initial=2.5),
    case("prod", A, dtype="float16", dtypes=("int32",)),
    case("average", A, dtypes=("float32", "int32", "float16")),
    case("average", A, axis=1, weights=X([1.0, 2.0, 3.0, 4.0])),
    *each("median nanmedian nanmean nansum nanprod nanmax nanmin nanvar nanstd", A, dtypes=("float32", "int32")),
    *each("nansum nanprod nanmean nanmax nanmin nanmedian nanargmax nanargmin nanvar nanstd", NANS, axis=1),
    *each("nansum nanmean nanmax nanargmin nanvar", NANS, axis=0, keepdims=True),
    *each("nancumsum nancumprod", NANS, axis=1),
    *each("cumsum cumprod", A, dtypes=SHORT),
    *each("cumsum cumprod", CUBE, axis=1, dtype="float16"),
    *each("quantile nanquantile", A, 0.3, axis=1),
    *each("quantile", CUBE, X([0.25, 0.5]), axis=(0, 2), keepdims=True, dtypes=("float32", "int32", "float16")),
    *each("quantile", A, 0.3, method="nearest"),
    *each("percentile nanpercentile", A, 30, axis=0),
    case("median", CUBE, axis=(0, 1), keepdims=True),
    case("diff", A, dtypes=("float32", "int32", "bool")),
    case("diff", A, n=2, axis=0),
    case("trapezoid", A, dtypes=("float32", "int32")),
    case("trapezoid", A, dx=0.5, axis=0),
    case("trapezoid", A, x=X([0.0, 1.0, 3.0, 4.0])),
]

SHAPES = [
    case("reshape", A, (2, -1), dtypes=ALL),
    case("reshape", A, -1),
    case("ravel", A),
    case("transpose", CUBE),
    case("transpose", CUBE, (1, 2, 0)),
    case("moveaxis", CUBE, 0, -1),
    case("moveaxis", CUBE, (0, 1), (1, 2)),
    case("swapaxes", CUBE, 0, 2),
    case("expand_dims", A, 1),
    case("expand_dims", A, (0, -1)),
    case("squeeze", X((1, 3, 1))),
    case("squeeze", X((1, 3, 1)), axis=0),
    case("squeeze", X((1, 3, 1)), axis=(0, 2)),
    case("broadcast_to", V, (3, 5)),
    case("tile", A, 2),
    case("tile", A, (2, 1, 3)),
    case("repeat", A, 2),
    case("repeat", A, 3, axis=1),
    case("flip", CUBE),
    case("flip", CUBE, axis=1),
    case("flip", CUBE, axis=(0, 2)),
    *each("fliplr flipud", A),
    case("rot90", A),
    case("rot90", CUBE, k=3, axes=(1, 2)),
    case("roll", A, 2),
    case("roll", A, 1, axis=1),
    case("roll", A, (1, 2), axis=(0, 1)),
    case("pad", A, ((1, 2), (0, 3)), dtypes=SHORT),
    case("pad", A, ((1, 0), (2, 1)), constant_values=7),
    case("pad", A, ((1, 2), (3, 2)), mode="reflect", dtypes=("float32", "int32")),
    case("concatenate", [A, B], dtypes=ALL),
    case("concatenate", [A, X((3, 2))], axis=-1),
    case("stack", [A, B], axis=1, dtypes=SHORT),
    case("append", A, B, dtypes=SHORT),
    case("append", A, B, axis=1),
    *each("hstack vstack dstack", [A, B]),
    *each("hstack vstack dstack", [V, V]),
    case("split", A, 2, axis=1),
    case("split", A, [1, 3], axis=1),
    case("array_split", A, 3, axis=1),
    case("hsplit", A, 2),
    case("vsplit", A, 3),
    case("dsplit", CUBE, [1]),
    case("unstack", A, axis=1),
    case("meshgrid", V, X((3,))),
    case("meshgrid", V, X((3,)), X((2,)), indexing="ij"),
    case("rearrange", CUBE, "a b c -> c (a b)"),
    case("rearrange", CUBE, "a b (c d) -> (a d) b c", d=2),
    *each("diag", V, k=1),
    *each("diag diagflat", A, k=0, dtypes=("float32",))[:1],
    case("diagflat", A, k=-1),
    *each("tril triu", CUBE, k=1, dtypes=SHORT),
    case("diagonal", CUBE, offset=1, axis1=1, axis2=2),
    case("trace", CUBE, axis1=1, axis2=2, dtypes=SHORT),
    case("vander", V, dtypes=("float32", "int32")),
    case("vander", V, N=3, increasing=True),
    *each("zeros_like ones_like", A, dtypes=ALL),
    *each("zeros_like ones_like", A, dtype="int32"),
    case("full_like", A, 2, dtypes=SHORT),
    case("array", A, dtypes=ALL),
    case("size", A),
]

PLACES = [
    case("take", A, X([0, 2, -1], "int32"), axis=0, dtypes=SHORT),
    case("take", CUBE, X([[0, 2], [1, -1]], "int32"), axis=2),
    case("take", A, X([3, 7], "int32")),
    case("take_along_axis", A, X([[0, 1], [2, -1], [3, 3]], "int32"), axis=1),
    case("take_along_axis", A, X([3, 7], "int32")),
    case("get_item", CUBE, (slice(None), 1, slice(0, 4, 2))),
    case("get_item", CUBE, (Ellipsis, None, -1)),
    case("get_item", CUBE, 1),
    case("where", X((3, 4), "bool"), A, B, dtypes=SHORT),
    case("where", X((3, 4), "bool"), A, 0),
    case("where", X((3, 4), "bool"), A, 0.5, dtypes=("int32",)),
    case("select", [X((3, 4), "bool"), X((4,), "bool")], [A, B], 9),
    case("scatter", X([[0, 1], [2, 0]], "int32"), X([5.0, 6.0]), (3, 2)),
    case("scatter", X([[1], [1]], "int32"), X([[5.0, 6.0], [1.0, 2.0]]), (3, 2)),
    *[
        case("scatter_update", A, X([[0, 1], [2, 0], [0, 1]], "int32"), X([2.0, 0.0, 7.0]), reduction=reduction)
        for reduction in ("add", "max", "min", "mul")
    ],
    case("scatter_update", A, X([[0], [2]], "int32"), X([[1.0] * 4, [2.0] * 4])),
    case("slice", CUBE, (0, 1, 2), (2, 2, 1)),
    case("slice_update", CUBE, (0, 1, 2), X((2, 2, 1))),
    case("unravel_index", X([0, 5, 11], "int32"), (3, 4)),
    *each("sort argsort", A, dtypes=SHORT),
    *each("sort argsort", CUBE, axis=1),
    *each("sort argsort", A, axis=None),
    case("top_k", X([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0]]), 2, dtypes=("float32", "int32")),
    case("in_top_k", X([0, 2], "int32"), X([[3.0, 1.0, 2.0], [4.0, 6.0, 5.0]]), 2),
    *each("searchsorted", X([1.0, 2.0, 4.0]), X([0.0, 2.0, 3.0, 9.0])),
    *each("searchsorted", X([1.0, 2.0, 4.0]), X([0.0, 2.0, 3.0, 9.0]), side="right"),
    case("digitize", A, X([1.0, 2.0, 4.0]), dtypes=("float32", "int32")),
    *each(
        "segment_sum segment_max segment_min segment_prod",
        A,
        X([0, 1, 1], "int32"),
        num_segments=2,
        dtypes=("float32", "int32"),
    ),
]

PRODUCTS = [
    *each("matmul", A, X((4, 2)), dtypes=SHORT),
    *each("matmul", CUBE, X((4, 2))),
    *each("dot", A, X((4, 2)), dtypes=NUMBERS),
    *each("dot", A, X((4,))),
    *each("inner", A, X((2, 4)), dtypes=NUMBERS),
    *each("outer", V, X((3,)), dtypes=SHORT),
    *each("vdot", V, V, dtypes=NUMBERS),
    *each("kron", A, X((2, 2))),
    *each("tensordot", CUBE, X((3, 4, 5)), dtypes=NUMBERS),
    *each("tensordot", CUBE, X((3, 5)), axes=(1, 0)),
    *each("tensordot", CUBE, X((4, 3, 5)), axes=((1, 2), (1, 0))),
    *each("cross", X((2, 3)), X((2, 3)), dtypes=("float32", "int32")),
    case("einsum", "ij,jk->ik", A, X((4, 2)), dtypes=NUMBERS),
    case("einsum", "...ij->...ji", CUBE),
    case("cdist", A, X((2, 4))),
    *each("det inv cholesky eigh slogdet logdet pinv", SYMMETRIC, dtypes=REAL),
    case("cholesky", SYMMETRIC, upper=True),
    case("cholesky_inverse", SYMMETRIC),
    case("lu_factor", SQUARE),
    case("matrix_rank", SQUARE),
    *each("norm", A, dtypes=("float32", "int32", "float16")),
    case("norm", A, ord=1, axis=1, keepdims=True),
    case("norm", A, ord="nuc"),
    case("norm", CUBE, ord="fro", axis=(1, 2)),
    case("norm", CUBE, axis=-1),
    case("qr", X((4, 3))),
    case("qr", X((4, 3)), mode="complete"),
    case("solve", SQUARE, X((3,))),
    case("solve", SQUARE, X((3, 2))),
    case("solve_triangular", SQUARE, X((3, 2)), lower=True),
    case("lstsq", X((4, 3)), X((4,))),
    case("lstsq", X((4, 3)), X((4, 2)), rcond=1e-6),
    case("svd", X((4, 3)), compute_uv=False),
    case("corrcoef", A, dtypes=("float32", "int32")),
    *[case("correlate", V, X((3,)), mode=mode) for mode in ("valid", "same", "full")],
    case("fft", (WAVE, WAVE)),
    *each("fft2 ifft2", (WAVE, WAVE)),
    case("rfft", WAVE),
    case("rfft", WAVE, fft_length=20),
    case("irfft", (X((2, 9)), X((2, 9)))),
    case("irfft", (X((2, 9)), X((2, 9))), fft_length=12),
    case("stft", WAVE, 16, 4, 16),
    case("stft", WAVE, 12, 5, 16, window="hamming", center=False),
    case("stft", WAVE, 12, 5, 16, window=None),
    case("istft", (X((2, 17, 9)), X((2, 17, 9))), 16, 4, 16),
    case("istft", (X((2, 9, 9)), X((2, 9, 9))), 12, 5, 16, window="hamming", center=False),
    case("extract_sequences", WAVE, 8, 4),
    case("view_as_real", X([1 + 2j, 3 - 1j], "complex64")),
    case("view_as_complex", X([[1.0, 2.0], [3.0, 4.0]])),
]

# Shapes that depend on values: judged on values only.
BY_VALUE = [
    *each("nonzero", A, dtypes=("float32", "bool")),
    *each("unique", X([3.0, 1.0, 3.0, 2.0])),
    case("unique", X([[1.0, 2.0], [1.0, 2.0], [0.0, 1.0]]), return_counts=True, axis=0),
    case("unique", X([3.0, 1.0, 3.0, 2.0]), size=5, fill_value=9.0),
    *each("bincount", X([1, 2, 2, 5], "int32")),
    case("bincount", X([1, 2, 2, 5], "int32"), weights=X([0.5, 1.0, 2.0, 3.0]), minlength=8),
    case("bincount", X([[1, 2, 2], [0, 0, 1]], "int32"), minlength=4),
    *each("histogram", V, bins=4),
    case("histogram", V, bins=4, range=(0.0, 3.0)),
]

CREATED = [
    *each("zeros ones", (2, 3)),
    *each("zeros ones", (2, 3), dtype="int32"),
    *each("empty", (0, 3)),
    case("full", (2, 3), 7),
    case("full", (2, 3), 7, dtype="int32"),
    case("full", (2, 3), [1, 2, 3], dtype="float16"),
    case("arange", 5),
    case("arange", 1, 5, 2),
    case("arange", 0.5, 3),
    case("arange", 0, 1, 0.25, dtype="float16"),
    case("eye", 3),
    case("eye", 3, 4, k=1, dtype="int32"),
    case("eye", 3, 4, k=-1, dtype="bfloat16"),
    case("identity", 3),
    case("tri", 3, 4, k=1),
    case("linspace", 0, 1, num=5),
    case("linspace", 0, 10, num=5, endpoint=False),
    case("linspace", X([0.0, 1.0]), X([1.0, 5.0]), num=4),
    case("logspace", 0, 2, num=5),
    case("logspace", 0, 2, num=4, endpoint=False, base=2),
    case("geomspace", 1, 1000, num=4),
    case("geomspace", -1.0, -1000.0, num=4, endpoint=False),
    *each("bartlett blackman hamming hanning", 7),
    case("kaiser", 7, 2.5),
]

SYMBOLIC = [*ELEMENTWISE, *BINARY, *REDUCTIONS, *SHAPES, *PLACES, *PRODUCTS]
CASES = [*SYMBOLIC, *BY_VALUE, *CREATED]
