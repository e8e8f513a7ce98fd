"""Moving models between frameworks, layouts and orders."""

from pellucid.convert.ledger import Arranged, Ledger, Left, Move
from pellucid.convert.permutation import move_rows, permutation
from pellucid.convert.relayout import relayout

__all__ = ["Arranged", "Ledger", "Left", "Move", "move_rows", "permutation", "relayout"]
