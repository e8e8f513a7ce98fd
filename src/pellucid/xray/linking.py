"""Linking: the link of one call, which may be given masks, look at the past alone, or give several outputs.

Below:  layers say their links, operators.py those of bare operations; recurrent_calls.py and attention_calls.py know what
        masks do there; links/ is what comes out.
Above:  sites.py asks for each call.
Kept true: a layer that takes masks in a way that stands nowhere here has no link, and its answers are marked as not exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pellucid import layers, nest
from pellucid.layers.attention import Scoring
from pellucid.layers.calls import Signature
from pellucid.layers.heads import Headed
from pellucid.layers.recurrent import RNN
from pellucid.links import All, Follow, Link, Nothing, Outputs, Same, Unknown, Whole
from pellucid.xray import attention_calls, operators, recurrent_calls

if TYPE_CHECKING:
    from pellucid.xray.sites import Site


def link_of(site: Site, training: bool, k: int) -> Link | None:
    """Which places of the inputs feed a place of output number `k` of a call; None where nobody knows."""
    if not hasattr(site.layer, "links"):
        return operators.link_of(site.layer, site.arguments, site.input_shapes, site.output_shapes[k], k)
    link = site.layer.links() if getattr(site.layer, "built", True) else None
    if _is_special(site):
        tell = next((tell for classes, tell in _TELLERS if isinstance(site.layer, classes)), None)
        link = None if tell is None or link is None else tell(site, link, k, training)
    if isinstance(link, Outputs):
        link = link.of[k]
    elif len(site.writes) > 1 and not _is_special(site):
        link = link if isinstance(link, All) else None
    if link is not None and link.in_training is not None and _trains(site, training):
        link = link.in_training
    return None if isinstance(link, Unknown) else link


def _trains(site: Site, training: bool) -> bool:
    """Whether a call is one in training: as the model is asked about, unless the call says it itself."""
    said = None if site.arguments is None else site.arguments.kwargs.get("training")
    return training if said is None else bool(said)


def _is_special(site: Site) -> bool:
    """Whether a call has masks, or words that change what feeds what."""
    if site.arguments is None or (not site.arguments.kwargs and len(site.arguments.args) == 1):
        return False
    words = {word: value for word, value in site.words().items() if value is not None and value is not False}
    return any(
        word in ("use_causal_mask", "return_attention_scores")
        or (word.endswith(("mask", "initial_state")) and any(one is not None for one in nest.leaves(value)))
        for word, value in words.items()
    )


def _pooled(site: Site, link: Link, k: int, training: bool) -> Link | None:
    """Which steps count, each channel asks of all of them."""
    return site.each_read(lambda word, number, rank: Follow(((Whole(), None),) * rank) if word == "mask" else link)


def _softmax(site: Site, link: Link, k: int, training: bool) -> Link | None:
    """A mask of the input's shape hides along the same axes."""
    ranks = {len(shape) for shape in site.input_shapes}
    return site.each_read(lambda word, number, rank: link) if len(ranks) == 1 else None


def _normalized(site: Site, link: Link, k: int, training: bool) -> Link | None:
    """Outside training nothing is averaged."""
    return None if training else site.each_read(lambda word, number, rank: Nothing(rank) if word == "mask" else Same())


def _distributed(site: Site, link: Link, k: int, training: bool) -> Link | None:
    """A layer inside that knows no masks is given none."""
    if Signature.of(site.layer.layer).has_mask:
        return None
    return site.each_read(lambda word, number, rank: Nothing(rank) if word == "mask" else link)


_TELLERS: tuple[tuple[type | tuple[type, ...], Callable], ...] = (
    (RNN, recurrent_calls.recurrent),
    (layers.Bidirectional, recurrent_calls.bidirectional),
    (Headed, attention_calls.headed),
    (Scoring, attention_calls.scoring),
    (layers.GlobalAveragePooling1D, _pooled),
    (layers.Softmax, _softmax),
    (layers.BatchNormalization, _normalized),
    (layers.TimeDistributed, _distributed),
)
