"""Moving models between frameworks, layouts and orders."""

from pellucid.convert.ledger import Arranged, Ledger, Left, Move
from pellucid.convert.onnx.to_onnx import to_onnx
from pellucid.convert.permutation import move_rows, permutation
from pellucid.convert.relayout import relayout
from pellucid.convert.torch.to_torch import to_torch

__all__ = ["Arranged", "Ledger", "Left", "Move", "move_rows", "permutation", "relayout", "to_onnx", "to_torch"]
