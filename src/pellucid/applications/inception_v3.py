"""InceptionV3: eleven mixtures of branches that look at windows of different forms.

Below:  inception.py reads the words of the table.
Source: Szegedy et al. 2015, arXiv 1512.00567; keras.applications.inception_v3, Keras 3.15.
"""

from __future__ import annotations

from pellucid.applications import imagenet_utils
from pellucid.applications.building import Asked, constructor, network, pooled_unnamed
from pellucid.applications.inception import branch, mixed
from pellucid.applications.published import KERNELS, Published

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

STEM = "32 3x3/2, 32 3x3 valid, 64 3x3, max/2, 80 1x1 valid, 192 3x3 valid, max/2"


def _fives(pooled: int) -> tuple[str, ...]:
    return "64 1x1", "48 1x1, 64 5x5", "64 1x1, 96 3x3, 96 3x3", f"avg, {pooled} 1x1"


def _sevens(inside: int) -> tuple[str, ...]:
    twice = f"{inside} 1x1, {inside} 7x1, {inside} 1x7, {inside} 7x1, 192 1x7"
    return "192 1x1", f"{inside} 1x1, {inside} 1x7, 192 7x1", twice, "avg, 192 1x1"


def _fans(name: str) -> tuple[str, ...]:
    return "320 1x1", f"384 1x1, 384 1x3+3x1 as {name}", "448 1x1, 384 3x3, 384 1x3+3x1", "avg, 192 1x1"


MIXED = (
    _fives(32),
    _fives(64),
    _fives(64),
    ("384 3x3/2", "64 1x1, 96 3x3, 96 3x3/2", "max/2"),
    _sevens(128),
    _sevens(160),
    _sevens(160),
    _sevens(192),
    ("192 1x1, 320 3x3/2", "192 1x1, 192 1x7, 192 7x1, 192 3x3/2", "max/2"),
    _fans("mixed9_0"),
    _fans("mixed9_1"),
)
PUBLISHED = Published(
    "inception_v3" + KERNELS, "inception_v3", ("9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63")
)


def inception_v3(asked: Asked):
    return network(asked, body, PUBLISHED, size=299, least=75, bare=pooled_unnamed)


def body(x):
    x = branch(x, STEM)
    for k, branches in enumerate(MIXED):
        x = mixed(x, branches, f"mixed{k}")
    return x


InceptionV3 = constructor(__name__, "InceptionV3", inception_v3, name="inception_v3")

preprocess_input = imagenet_utils.preprocessing(__name__, "tf")
decode_predictions = imagenet_utils.decode_predictions
