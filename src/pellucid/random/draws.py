"""Draws of random values from distributions, each from one seed.

Below:  seed.py gives the two numbers that a draw starts from.
Kept true: the same int seed gives the same values, on one kind of device; the same as Keras's on PyTorch,
           truncated normals apart. PyTorch's own random state is left alone, but for dropout without a seed.
"""

from __future__ import annotations

import math

import torch

from pellucid import axes
from pellucid.distribution.share import open_share
from pellucid.dtypes import is_float_dtype, is_int_dtype, standardize_dtype, to_torch
from pellucid.errors import ArgumentError, DtypeError, ShapeError
from pellucid.graph.operation import operation
from pellucid.graph.scopes import current_device, here
from pellucid.graph.values import convert_to_tensor
from pellucid.random.seed import SeedGenerator, draw_seed

# Between the seeds of two processes: far more than draws of a training.
_APART = 0x9E3779B1


def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None) -> torch.Tensor:
    """Values around `mean`, normally distributed."""
    return torch.randn(tuple(shape), **_drawn(dtype, seed)).mul_(stddev).add_(mean)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None) -> torch.Tensor:
    """Values around `mean`, normally distributed, and none further off than twice `stddev`."""
    # Evenly spread shares of the distribution's inner part, each then turned into the value below which it lies.
    inner = math.erf(2 / math.sqrt(2))
    share = torch.rand(tuple(shape), **_drawn("float32", seed)).mul_(2 * inner).sub_(inner)
    standard = share.erfinv_().mul_(math.sqrt(2)).clamp_(-2, 2)
    return standard.to(to_torch(dtype)).mul_(stddev).add_(mean)


def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None) -> torch.Tensor:
    """Values from `minval` up to, and without, `maxval`, all equally likely.

    Raises:
        DtypeError: `dtype` is no floating-point one.
    """
    if dtype and not is_float_dtype(dtype):
        raise DtypeError("`uniform` draws floating-point values.", got=repr(dtype), fix="random.randint(...)")
    return torch.rand(tuple(shape), **_drawn(dtype, seed)).mul_(maxval - minval).add_(minval)


def randint(shape, minval, maxval, dtype="int32", seed=None) -> torch.Tensor:
    """Whole numbers from `minval` up to, and without, `maxval`, all equally likely.

    Raises:
        DtypeError: `dtype` is no integer one.
    """
    if dtype and not is_int_dtype(dtype):
        raise DtypeError("`randint` draws whole numbers.", got=repr(dtype), fix="random.uniform(...)")
    return torch.randint(int(minval), int(maxval), tuple(shape), **_drawn(dtype or "int32", seed))


def gamma(shape, alpha, dtype=None, seed=None) -> torch.Tensor:
    """Values of a gamma distribution with shape `alpha`, which is broadcast to `shape`, and scale 1."""
    drawn = _sampled(torch._standard_gamma, seed, _float_parameter(alpha, shape))
    return drawn.clamp(min=torch.finfo(drawn.dtype).tiny).to(to_torch(dtype))


def beta(shape, alpha, beta, dtype=None, seed=None) -> torch.Tensor:
    """Values between 0 and 1 of a beta distribution; `alpha` and `beta` are broadcast to `shape`."""
    both = torch.stack([_float_parameter(alpha, shape), _float_parameter(beta, shape)], -1)
    return _sampled(torch._sample_dirichlet, seed, both)[..., 0].to(to_torch(dtype))


def binomial(shape, counts, probabilities, dtype=None, seed=None) -> torch.Tensor:
    """How many of `counts` trials succeed, each with one of `probabilities`; both are broadcast to `shape`."""
    parameters = _float_parameter(counts, shape), _float_parameter(probabilities, shape)
    return _sampled(torch.binomial, seed, *parameters).to(to_torch(dtype))


@operation
def categorical(logits, num_samples, dtype="int32", seed=None):
    """Indices of classes, drawn with probabilities ``softmax(logits)``.

    Shapes:
        logits  (batch, classes)
        output  (batch, num_samples)

    Raises:
        ShapeError: `logits` has another number of axes.
    """
    logits = convert_to_tensor(logits)
    if logits.ndim != 2:
        raise ShapeError("Logits have two axes.", got=tuple(logits.shape), expected="(batch, classes)")
    probabilities = torch.softmax(logits, dim=-1)
    drawn = torch.multinomial(probabilities, num_samples, replacement=True, generator=_generator(seed, logits.device))
    return drawn.to(to_torch(dtype))


@operation
def dropout(inputs, rate, noise_shape=None, seed=None):
    """`inputs` with a share of `rate` of its values set to 0, and the others divided by ``1 - rate``.

    Args:
        noise_shape: the shape of what is drawn, broadcast to the inputs'; None is a size of the inputs.

    Raises:
        ArgumentError: `rate` is not within 0 and 1.
    """
    if not 0 <= rate <= 1:
        raise ArgumentError("`rate` is a share.", got=rate, expected="0 to 1", fix="rate=0.5")
    x = convert_to_tensor(inputs)
    if rate == 0:
        return x
    if rate == 1:
        return torch.zeros_like(x)
    if noise_shape is None and _is_unseeded(seed):
        return torch.nn.functional.dropout(x, rate)  # one fused step, from PyTorch's own random state
    sizes = (
        x.shape if noise_shape is None else [m if n is None else n for m, n in zip(x.shape, noise_shape, strict=True)]
    )
    shares = torch.full(tuple(sizes), 1.0 - rate, device=x.device)
    kept = torch.bernoulli(shares, generator=_generator(seed, x.device)).bool()
    return torch.where(kept, x / (1.0 - rate), torch.zeros((), dtype=x.dtype, device=x.device))


@operation
def shuffle(x, axis=0, seed=None):
    """The same values in another order along `axis`."""
    x = convert_to_tensor(x)
    axis = axes.canonical(axis, x.ndim)
    keys = torch.rand(x.shape[: axis + 1], generator=_generator(seed, x.device), device=x.device)
    order = keys.argsort(axis)
    return x.gather(axis, order.reshape(*order.shape, *[1] * (x.ndim - axis - 1)).expand_as(x))


def _is_unseeded(seed) -> bool:
    return seed is None or (isinstance(seed, SeedGenerator) and seed._initial_seed is None)


def _drawn(dtype, seed) -> dict:
    """The arguments by which PyTorch's functions draw."""
    device = current_device()
    return {"dtype": to_torch(dtype), "device": device, "generator": _generator(seed, device)}


def _generator(seed, where=None) -> torch.Generator | None:
    """PyTorch's generator for one draw; None while only shapes are inferred."""
    where = torch.device(where or current_device())
    if where.type == "meta":
        return None
    generator = torch.Generator(where)
    # Inference on trial values must not use up seeds.
    first, count = (0, 0) if here.symbolic else draw_seed(seed).tolist()
    share = open_share()
    own = 0 if share is None else _APART * share.team.rank  # rows of several processes are not dropped alike
    return generator.manual_seed((first + count + own) & 0xFFFFFFFF)


def _float_parameter(x, shape) -> torch.Tensor:
    x = convert_to_tensor(x)
    if not is_float_dtype(standardize_dtype(x.dtype)):
        x = x.to(to_torch(None))
    return x.broadcast_to(tuple(shape)).contiguous()


def _sampled(function, seed, *parameters) -> torch.Tensor:
    """What PyTorch draws with parameters that have the shape of the result."""
    # Without values PyTorch cannot tell even the shape of these draws.
    return parameters[0] if parameters[0].is_meta else function(*parameters, _generator(seed, parameters[0].device))
