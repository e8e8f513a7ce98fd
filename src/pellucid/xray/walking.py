"""Walking: regions carried from site to site through a whole model, backwards and forwards.

Below:  following.py carries a region through one link.
Above:  trace.py asks.
Kept true: each site is met once, so an answer costs the depth of the model; what no link explains is taken as
           everything, and said.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pellucid.xray.following import backwards, forwards
from pellucid.xray.regions import Region
from pellucid.xray.sites import Site


@dataclass
class Walk:
    """What a walk found.

    Attributes:
        regions: for each value's number the part that was reached.
        opaque: sites without a link that it went through.
        couplings: sites that couple the samples of a batch.
    """

    regions: dict[int, Region]
    opaque: list[str] = field(default_factory=list)
    couplings: list[str] = field(default_factory=list)

    def add(self, number: int, region: Region):
        """Unite with what is known of a value."""
        self.regions[number] = self.regions[number] | region if number in self.regions else region


def back(sites: list[Site], number: int, region: Region, training: bool, shape_of, choose=None) -> Walk:
    """From a region of a value to what feeds it.

    Args:
        choose: from a site and a region of its output to the regions that were active; None to take the link.
    """
    walk = Walk({number: region})
    for site in reversed(sites):
        for k, written in enumerate(site.writes):
            reached = walk.regions.get(written)
            if reached:
                _step_back(walk, site, k, reached, training, shape_of, choose)
    return walk


def _step_back(walk: Walk, site: Site, k: int, reached: Region, training, shape_of, choose):
    if not site.reads:
        return
    shapes = [shape_of(read) for read in site.reads]
    link = _link(walk, site, training, k)
    found = choose(site, reached, shapes) if choose is not None else None
    if found is None:
        found = [Region.whole(shape) for shape in shapes] if link is None else backwards(link, reached, shapes)
    for read, part in zip(site.reads, found, strict=True):
        walk.add(read, part)


def forth(sites: list[Site], number: int, region: Region, training: bool, shape_of) -> Walk:
    """From a region of a value to what it feeds."""
    walk = Walk({number: region})
    for site in sites:
        for k, read in enumerate(site.reads):
            reached = walk.regions.get(read)
            if reached:
                _step_forth(walk, site, k, reached, training, shape_of)
    return walk


def _step_forth(walk: Walk, site: Site, k: int, reached: Region, training, shape_of):
    shapes = [shape_of(read) for read in site.reads]
    for output, written in enumerate(site.writes):
        out_shape, link = shape_of(written), _link(walk, site, training, output)
        walk.add(written, Region.whole(out_shape) if link is None else forwards(link, k, reached, shapes, out_shape))


def _link(walk: Walk, site: Site, training: bool, k: int):
    link = site.link(training, k)
    if link is None:
        if site.path not in walk.opaque:
            walk.opaque.append(site.path)
    elif training and link.couples_batch and site.path not in walk.couplings:
        walk.couplings.append(site.path)
    return link
