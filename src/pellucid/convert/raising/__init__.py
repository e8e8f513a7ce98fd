"""From flows to models: operations in the words of PyTorch and ONNX as layers of ours, channels first."""

from pellucid.convert.raising.walk import raised

__all__ = ["raised"]
