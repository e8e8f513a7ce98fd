"""Functions on tensors, under the names of ``keras.ops``: those of its parts, and the ones that belong to none."""

from pellucid.ops import image, linalg, nn, numpy
from pellucid.ops.linalg import *
from pellucid.ops.nn import *
from pellucid.ops.numpy import *
from pellucid.ops.core import (
    cast,
    convert_to_numpy,
    convert_to_tensor,
    custom_gradient,
    dtype,
    is_tensor,
    saturate_cast,
    shape,
    stop_gradient,
)
from pellucid.ops.control import associative_scan, cond, fori_loop, map, scan, switch, vectorized_map, while_loop
from pellucid.ops.products import cdist
from pellucid.ops.elementwise import erf, erfc, erfinv, rsqrt
from pellucid.ops.fourier import (
    extract_sequences,
    fft,
    fft2,
    ifft2,
    irfft,
    istft,
    rfft,
    stft,
    view_as_complex,
    view_as_real,
)
from pellucid.ops.sorting import in_top_k, top_k
from pellucid.ops.linear_algebra import logdet
from pellucid.ops.reductions import logsumexp
from pellucid.ops.einops import rearrange
from pellucid.ops.scattering import scatter, scatter_update, slice, slice_update
from pellucid.ops.segments import segment_max, segment_min, segment_prod, segment_sum
from pellucid.ops.joining import unstack

__all__ = [
    "associative_scan",
    "cast",
    "cdist",
    "cond",
    "convert_to_numpy",
    "convert_to_tensor",
    "custom_gradient",
    "dtype",
    "erf",
    "erfc",
    "erfinv",
    "extract_sequences",
    "fft",
    "fft2",
    "fori_loop",
    "ifft2",
    "image",
    "in_top_k",
    "irfft",
    "is_tensor",
    "istft",
    "linalg",
    "logdet",
    "logsumexp",
    "map",
    "nn",
    "numpy",
    "rearrange",
    "rfft",
    "rsqrt",
    "saturate_cast",
    "scan",
    "scatter",
    "scatter_update",
    "segment_max",
    "segment_min",
    "segment_prod",
    "segment_sum",
    "shape",
    "slice",
    "slice_update",
    "stft",
    "stop_gradient",
    "switch",
    "top_k",
    "unstack",
    "vectorized_map",
    "view_as_complex",
    "view_as_real",
    "while_loop",
]
__all__ += linalg.__all__
__all__ += nn.__all__
__all__ += numpy.__all__
