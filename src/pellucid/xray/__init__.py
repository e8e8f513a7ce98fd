"""Following values: from any element of any layer back to what fed it, and on to what it feeds."""

from pellucid.xray.index_map import IndexMap
from pellucid.xray.trace import Trace
from pellucid.xray.tracing import trace

__all__ = ["IndexMap", "Trace", "trace"]
