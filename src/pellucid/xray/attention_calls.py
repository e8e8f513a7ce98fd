"""Calls of attention layers with masks, of the past alone, or for their scores: what feeds what.

Below:  layers say their links for a plain call.
Above:  linking.py.
Kept true: where a target may see no source at all it takes the mean of all of them, hidden or not; such calls have no link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid import nest
from pellucid.links import Along, Chosen, Follow, Keep, Link, Nothing, Slide, Whole

if TYPE_CHECKING:
    from pellucid.xray.sites import Site


def scoring(site: Site, link: Link, k: int, training: bool) -> Link | None:
    """Attention and AdditiveAttention."""
    words = site.words()
    is_causal, masks = bool(words.get("use_causal_mask")), nest.flatten(words.get("mask"))
    hides = any(mask is not None for mask in masks[1:2])
    if is_causal and (hides or k):
        return None  # a target that sees nothing takes the mean of all; scores of hidden sources are 0, whatever comes
    sizes = site.input_shapes[0][1], site.input_shapes[1][1]
    has_key = len(nest.flatten(words["inputs"])) == 3
    seen, keys = (_past(*sizes, first) if is_causal else Whole() for first in (True, False))
    targets = _beyond_the_first(sizes[0]) if is_causal else Keep()

    def of_scores(word: str, number: int, rank: int) -> Link | None:
        """Softmaxes over all keys that are seen."""
        if word == "mask":
            return Follow(((Whole(), None),)) if number == 1 else Nothing(rank)
        if number == 0:
            return Follow(((Keep(), 0), (Whole(), None)))
        is_key = number == (2 if has_key else 1)
        return Follow(((Whole(), None), (Whole(), None))) if is_key else Nothing(rank)

    def of_output(word: str, number: int, rank: int) -> Link | None:
        if word == "mask":
            return [Follow(((Keep(), 0),)), Follow(((Whole(), None),)), Nothing(rank)][number]
        if number == 0:
            return Along({-2: targets, -1: Whole()})
        if has_key and number == 1:
            return Along({-2: seen})
        return Along({-2: keys if has_key else seen, -1: Whole()})

    known = all(
        len(shape) == 3 for shape, (word, _) in zip(site.input_shapes, site.roles(), strict=True) if word == "inputs"
    )
    return site.each_read(of_scores if k else of_output) if known else None


def _beyond_the_first(targets: int | None) -> Chosen:
    """The same step; none at the first, which sees one source alone, and so takes it whole whatever it asks."""
    return Chosen(tuple((i,) if i else () for i in range(targets or 1)))


def _past(targets: int | None, sources: int | None, first: bool) -> Chosen:
    """All steps up to this one, of as many as there are; at the first step itself, or none where it makes no difference."""
    table = [tuple(range(min(i + 1, sources or 1))) for i in range(targets or 1)]
    return Chosen(tuple(row if i or first else () for i, row in enumerate(table)))


def headed(site: Site, link: Link, k: int, training: bool) -> Link | None:
    """Attention with heads along one axis of steps."""
    words, layer = site.words(), site.layer
    masks = [
        word
        for word, value in words.items()
        if word.endswith("_mask") and word != "use_causal_mask" and value is not None
    ]
    is_causal, is_near = bool(words.get("use_causal_mask")), layer.sliding_window is not None
    if len(site.input_shapes[0]) != 3 or ((is_causal or is_near) and (masks or k)) or (is_causal and is_near):
        return None  # a target that sees nothing takes the mean of all; scores of hidden sources are 0, whatever comes
    near = Slide(2 * layer.sliding_window - 1, padding="same") if is_near else Whole()
    sizes = site.input_shapes[0][1], site.input_shapes[1][1]
    seen, keys = (_past(*sizes, first) if is_causal else near for first in (True, False))
    targets = _beyond_the_first(sizes[0]) if is_causal else Keep()
    at = 1 if k else 0  # scores have the heads in front
    has_key = words.get("key") is not None

    def of(word: str, number: int, rank: int) -> Link | None:
        if word == "attention_mask":
            beside = [(Keep(), 0)] if at and rank == 3 else [(Whole(), None)] * (rank - 2)
            return Follow((*beside, (Keep(), at), (Whole(), None))) if rank in (2, 3) else None
        last = [(Whole(), None)] * (rank - 1)
        if word in ("query", "query_mask"):
            return Follow(((targets, at), *last))
        if k and word == "value" and has_key:
            return Nothing(rank)
        rule = keys if word == "key" or k else seen
        return Follow(((rule, None if rule == Whole() else at), *last))

    return site.each_read(of)
