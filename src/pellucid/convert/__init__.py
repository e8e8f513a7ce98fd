"""Moving models between frameworks, layouts and orders."""

from pellucid.convert.ledger import Arranged, Ledger, Left, Move
from pellucid.convert.permutation import move_rows, permutation

__all__ = ["Arranged", "Ledger", "Left", "Move", "move_rows", "permutation"]
