"""Foreign code: whether a run of a model left our own Python and PyTorch's, so that a recording could miss something.

Above: choosing.py watches one run of the model before it records a tape.
"""

from __future__ import annotations

import gc
import sys

import torch

# Code of these computes the same from the same, each time.
OUR_OWN = frozenset({"pellucid", "torch", "numpy", "sympy", "optree", *sys.stdlib_module_names})
# By these a value leaves PyTorch, and what is computed from it is not recorded.
EXITS = frozenset({"numpy", "tolist", "__array__", "__dlpack__"})


class Watching:
    """``with Watching() as watching: ...``, then `watching.foreign` names what ran, or is None."""

    foreign: str | None = None

    def __enter__(self):
        self._before = sys.getprofile()
        self._collects = gc.isenabled()
        gc.disable()  # what somebody else left behind would be finished in here
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_):
        sys.setprofile(self._before)
        if self._collects:
            gc.enable()

    def _see(self, frame, event, called):
        if self.foreign is not None:
            return
        if event == "call":
            root = _package(frame)
            if root not in OUR_OWN and not root.startswith("namedtuple_") and _package(frame.f_back) != "importlib":
                self.foreign = f"{root}.{frame.f_code.co_name}"
        elif event == "c_call" and called.__name__ in EXITS and isinstance(called.__self__, torch.Tensor):
            self.foreign = f"Tensor.{called.__name__}"


def _package(frame) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
