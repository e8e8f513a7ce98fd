"""From models to flows: each layer in the words that PyTorch and ONNX share."""

from pellucid.convert.lowering.walk import lowered

__all__ = ["lowered"]
