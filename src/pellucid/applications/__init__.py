"""Networks that others published, ready to build: ``applications.VGG16(weights=None)``."""

from pellucid.applications import vgg16
from pellucid.applications.vgg16 import VGG16

__all__ = ["VGG16", "vgg16"]
