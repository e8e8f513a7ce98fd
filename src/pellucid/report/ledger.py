"""What a conversion did, as parts: a table of the weights, and the transposes that were left.

Above: convert/ledger.py asks for it; a ledger is only read here.
"""

from __future__ import annotations

from pellucid.report.parts import Column, Heading, Paragraph, Part, Span, Table


def parts(ledger) -> list[Part]:
    """The whole ledger."""
    moved = sum(not move.stays for move in ledger.moves)
    said = f"{len(ledger.moves)} weights, {moved} moved, {len(ledger.left)} transposes left"
    drawn: list[Part] = [Heading(f"{ledger.source} to {ledger.target}"), Paragraph(said)]
    if ledger.moves:
        drawn.append(_moves(ledger.moves))
    if ledger.left:
        drawn += [Heading("Transposes left"), _left(ledger.left)]
    if ledger.notes:
        drawn += [Heading("Notes"), Paragraph("\n".join(ledger.notes))]
    return drawn


def _moves(moves) -> Table:
    columns = tuple(map(Column, ("weight", "moved", "why", "folded through")))
    rows = tuple((move.weight, _moved(move), move.why, ", ".join(move.through)) for move in moves)
    return Table(columns, rows, is_boxed=False)


def _moved(move):
    if move.stays:
        return Span("stays", "faint")
    told = [move.axes] if "->" in move.axes else []
    names = move.axes.split("->")[0].split()
    told += [
        f"{len(order)} indices of {names[axis] if names else f'axis {axis}'}" for axis, order in move.orders.items()
    ]
    return "; ".join([*told, *([move.note] if move.note else [])])


def _left(left) -> Table:
    columns = tuple(map(Column, ("layer", "moves the output of", "for", "Permute", "why")))
    rows = tuple((one.name, one.value, one.before or "the model's output", str(one.dims), one.why) for one in left)
    return Table(columns, rows, is_boxed=False)
