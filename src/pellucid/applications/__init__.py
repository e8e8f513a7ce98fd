"""Networks that others published, ready to build: ``applications.ResNet50(weights=None)``."""

from pellucid.applications import imagenet_utils, resnet, resnet50, vgg16
from pellucid.applications.resnet import ResNet50, ResNet101, ResNet152
from pellucid.applications.vgg16 import VGG16

__all__ = ["VGG16", "ResNet50", "ResNet101", "ResNet152", "imagenet_utils", "resnet", "resnet50", "vgg16"]
