"""VGG19: VGG16 with a fourth convolution in the last three blocks.

Below:  vgg16.py builds both.
Source: keras.applications.vgg19, Keras 3.15.
"""

from __future__ import annotations

from pellucid.applications import imagenet_utils
from pellucid.applications.vgg16 import sister

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

VGG19 = sister(
    __name__, "VGG19", (2, 2, 4, 4, 4), ("cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6")
)

preprocess_input = imagenet_utils.preprocessing(__name__, "caffe")
decode_predictions = imagenet_utils.decode_predictions
