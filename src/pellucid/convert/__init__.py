"""Moving models between frameworks, layouts and orders."""

from pellucid.convert.ledger import Arranged, Ledger, Left, Move
from pellucid.convert.onnx.from_onnx import from_onnx
from pellucid.convert.onnx.to_onnx import to_onnx
from pellucid.convert.permutation import move_rows, permutation
from pellucid.convert.proof import Proof
from pellucid.convert.proving import prove
from pellucid.convert.relayout import relayout
from pellucid.convert.torch.from_torch import from_torch
from pellucid.convert.torch.to_torch import to_torch

__all__ = [
    "Arranged", "Ledger", "Left", "Move", "Proof", "from_onnx", "from_torch", "move_rows", "permutation", "prove",
    "relayout", "to_onnx", "to_torch",
]  # fmt: skip
