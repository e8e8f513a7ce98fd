"""Links as plain data, for the page's script to follow.

Below:  links/ has the algebra; script/links.js and script/rules.js read what is written here.
Kept true: `is` names the kind, the other keys are the fields of links/, so nothing is said in two ways. A kind that
           the script does not know is either resolved into one that it does, or refused: never left out.
"""

from __future__ import annotations

from dataclasses import fields

from pellucid import links
from pellucid.errors import UnsupportedError
from pellucid.links import Link, Rule

_FOLLOWED = (
    links.Same, links.Along, links.Follow, links.Reshape, links.Join, links.Each, links.Beside, links.Walk,
    links.Within, links.All,
)  # fmt: skip
_RULES = (
    links.Keep, links.Whole, links.Slide, links.SlideBack, links.Shift, links.Repeat, links.Blend, links.Adaptive,
    links.Past, links.Chosen,
)  # fmt: skip
_ABOUT_BATCHES = ("couples_batch", "in_training")


def link_data(link: Link, in_shapes, out_shape) -> dict:
    """A link as plain data; shapes, without the batch axis, are asked where a link's rules depend on them.

    Raises:
        UnsupportedError: a kind of link that the page cannot follow.
    """
    if isinstance(link, links.Within):
        inside = link_data(link.link, [shape[1:] for shape in in_shapes], out_shape[1:])
        return {"is": "Within", "link": inside}
    if type(link) in _FOLLOWED:
        return _data(link)
    if isinstance(link, links.Axiswise):
        return _data(links.Follow(tuple(link.rules(in_shapes[0], out_shape))))
    raise UnsupportedError(f"The page cannot follow a link of kind {type(link).__name__}.")


def _data(thing):
    """A link or rule with all that it holds."""
    if isinstance(thing, (Link, Rule)):
        if type(thing) not in (*_FOLLOWED, *_RULES):
            raise UnsupportedError(f"The page cannot follow a {type(thing).__name__}.")
        held = {one.name: _data(getattr(thing, one.name)) for one in fields(thing) if one.name not in _ABOUT_BATCHES}
        return {"is": type(thing).__name__, **held}
    if isinstance(thing, (tuple, list)):
        return [_data(one) for one in thing]
    return thing if thing is None or isinstance(thing, (bool, str)) else int(thing)
