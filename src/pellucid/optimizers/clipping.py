"""Clipping: gradients made smaller before they move anything, one by one or all together.

Above: base.py calls one of these, by the argument that the user gave. `variables` are those of the gradients.
Kept true: gradients given are left alone, and no number leaves its device.
"""

from __future__ import annotations

import torch


def clip_by_norm(gradients: list, limit: float, variables=()) -> list:
    """Each gradient scaled down so that its own norm is at most `limit`."""
    norms = torch._foreach_clamp_min(_norms(gradients, variables), limit)
    return list(torch._foreach_div(torch._foreach_mul(gradients, limit), norms))


def _norms(gradients: list, variables) -> list:
    """The norm of each gradient; of one that is a part, the norm of the whole."""
    norms = list(torch._foreach_norm(gradients))
    for k, variable in enumerate(variables):
        if (sharding := getattr(variable, "sharding", None)) is not None:
            norms[k] = sharding.total_over_parts(norms[k].square()).sqrt()
    return norms


def clip_by_value(gradients: list, limit: float, variables=()) -> list:
    """Each element cut to `-limit` to `limit`."""
    clipped = torch._foreach_clamp_max(gradients, limit)
    torch._foreach_clamp_min_(clipped, -limit)
    return list(clipped)


def clip_by_global_norm(gradients: list, limit: float, variables=()) -> list:
    """All gradients scaled by one number, so that the norm of all together is at most `limit`.

    An infinite or missing norm makes every gradient NaN, which shows, instead of a step into nowhere.
    """
    norms = _norms(gradients, variables)
    first = norms[0]
    whole = torch.linalg.vector_norm(torch.stack([norm.to(first.device, first.dtype) for norm in norms]))
    scale = limit * torch.clamp_max(1.0 / whole, 1.0 / limit) + (whole - whole)
    if all(gradient.device == first.device for gradient in gradients):
        return list(torch._foreach_mul(gradients, scale))
    return [gradient * scale.to(gradient.device) for gradient in gradients]
