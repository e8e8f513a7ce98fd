"""A tape run by PyTorch, on any device.

Below: tape.py.
"""

from __future__ import annotations

import torch

from pellucid.engine.inference.tape import Tape


class TorchEngine:
    """Runs a tape without the model's Python. Inputs and outputs are tensors."""

    name = "PyTorch"

    def __init__(self, tape: Tape):
        graph = torch.fx.Graph()
        graph.output(graph.graph_copy(tape.graph, {}))
        self._run = torch.fx.GraphModule(tape.weights, graph).forward

    def __call__(self, *inputs: torch.Tensor) -> list[torch.Tensor]:
        """The outputs, flat."""
        return self._run(*inputs)
