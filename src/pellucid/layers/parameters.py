"""Parameters: what PyTorch programs ask of a layer, as if it were a module.

Above: base.py. A real module comes from `model.to_torch()`.
"""

from __future__ import annotations

import torch


class Parameters:
    """Something whose weights PyTorch programs see by their paths."""

    @property
    def torch_params(self) -> dict[str, torch.Tensor]:
        """The tensors of all variables, by path."""
        return {v.path: v.value for v in self.variables}

    def named_parameters(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True):
        """Pairs (path, tensor), as of `torch.nn.Module.named_parameters`."""
        before = f"{prefix}." if prefix else ""
        return ((before + path, value) for path, value in self.torch_params.items())

    def parameters(self, recurse: bool = True):
        """The tensors of all variables, as of `torch.nn.Module.parameters`."""
        return iter(self.torch_params.values())

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all weights, as `torch.nn.Module.zero_grad` does."""
        for value in self.torch_params.values():
            if set_to_none or value.grad is None:
                value.grad = None
            else:
                value.grad.zero_()
