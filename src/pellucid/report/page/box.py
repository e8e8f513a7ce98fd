"""The box: numbers packed for a page, as far as its budget goes.

Below:  numbers.py packs.
Above:  content.py and chosen.py fill it.
Kept true: what found no room is noted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from pellucid.report.page.numbers import is_packable, packed


@dataclass
class Box:
    """What has been packed so far, and how many bytes are left."""

    left: float
    values: dict[int, list] = field(default_factory=dict)
    weights: dict[str, dict] = field(default_factory=dict)
    made: dict[str, dict] = field(default_factory=dict)
    no_room: list[str] = field(default_factory=list)
    partly: dict[str, None] = field(default_factory=dict)

    def packed(self, tensor: torch.Tensor) -> dict | None:
        """The numbers packed, if they fit."""
        if tensor.numel() > self.left or not is_packable(tensor):  # a byte for each number at least
            return None
        made = packed(tensor)
        if len(made["data"]) > self.left:
            return None
        self.left -= len(made["data"])
        return made
