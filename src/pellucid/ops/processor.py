"""The processor, and which of PyTorch's routes through it is quick: known from its maker and what it can do.

Above:  pieces.py and products.py choose by this.
Source: measured on two cores. AMD, float32 products: MKL 195 GFLOP/s, oneDNN 430; bfloat16 900. Intel with avx512_bf16
        but without AMX: float32 305, bfloat16 165, since its bfloat16 unit does half of what the two others do.
"""

from __future__ import annotations

import functools
import pathlib


@functools.cache
def _told() -> str:
    """What Linux tells of the first processor; nothing elsewhere."""
    try:
        return pathlib.Path("/proc/cpuinfo").read_text(errors="replace").split("\n\n")[0]
    except OSError:
        return ""


@functools.cache
def _read(told: str) -> tuple[str, frozenset[str]]:
    """The processor's maker, and what it can do."""
    lines = (line.partition(":")[::2] for line in told.splitlines())
    found = {name.strip(): value.strip() for name, value in lines}
    return found.get("vendor_id", ""), frozenset(found.get("flags", "").split())


def is_onednn_quicker() -> bool:
    """Whether float32 products should go to oneDNN instead of MKL."""
    maker, _ = _read(_told())
    return maker == "AuthenticAMD"


def is_bfloat16_slower() -> bool:
    """Whether products in bfloat16 take longer than in float32."""
    maker, can = _read(_told())
    return maker == "GenuineIntel" and "amx_bf16" not in can
