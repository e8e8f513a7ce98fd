"""A proof that two networks are the same function, as parts.

Above: convert/proof.py asks for it; a proof is only read here.
"""

from __future__ import annotations

from pellucid.report.parts import Column, Heading, Paragraph, Part, Span, Table


def parts(proof) -> list[Part]:
    """The whole proof."""
    verdict = Span("equal", "yes") if proof.equal else Span("not equal", "no")
    drawn: list[Part] = [Heading((f"{proof.names[0]} and {proof.names[1]}: ", verdict)), _rounds(proof.rounds)]
    if proof.difference is not None:
        drawn += [Heading("Where they part"), Paragraph("\n".join(_difference(proof.difference)))]
    if proof.controls:
        drawn += [Heading("Wrong on purpose"), _controls(proof.controls)]
    if proof.notes:
        drawn += [Heading("Notes"), Paragraph("\n".join(proof.notes))]
    return drawn


def _rounds(rounds) -> Table:
    rows = tuple(
        (one.what, one.how, f"{one.largest:g}", Span("yes", "yes") if one.equal else Span("no", "no")) for one in rounds
    )
    return Table(
        tuple(map(Column, ("weights and inputs", "compared", "largest difference", "equal"))), rows, is_boxed=False
    )


def _controls(controls) -> Table:
    rows = tuple(
        (one.what, Span("seen to differ", "yes") if one.seen else Span("not seen: this test could not tell", "no"))
        for one in controls
    )
    return Table(tuple(map(Column, ("left undone", "outputs"))), rows, is_boxed=False)


def _difference(found) -> list[str]:
    first, second = found.values
    lines = [f"first layer that differs: {found.layer}"] if found.layer else []
    return [
        *lines,
        f"first element: {found.place} in the first, {found.other_place} in the second: {first:g} and {second:g}",
        f"elements that differ: {found.count} of {found.size}",
        f"likely cause: {found.cause}",
    ]
