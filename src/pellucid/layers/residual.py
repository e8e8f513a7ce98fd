"""Layers at the end of a branch that is added back: LayerScale, StochasticDepth, CustomScaleLayer.

Above:  applications/ builds ConvNeXt and InceptionResNetV2 with them. They have no public name, here or in Keras;
        files name them by Keras's inner modules.
Source: keras.src.applications.convnext and .inception_resnet_v2, Keras 3.15.
"""

from __future__ import annotations

from pellucid import random
from pellucid.errors import ArgumentError
from pellucid.initializers import Constant
from pellucid.layers.described import Described
from pellucid.links import Same
from pellucid.ops.elementwise import floor


class Branch(Described):
    """The parent: each value depends on the value at its own place alone."""

    def compute_output_shape(self, input_shape):
        return input_shape

    def links(self):
        return Same()


class LayerScale(Branch):
    """Each channel times a learned number, which begins with `init_values`.

    Shapes:
        input, output  (batch, ..., projection_dim)
        gamma          (projection_dim,)

    Source: Touvron et al. 2021, arXiv 2103.17239.
    """

    def __init__(self, init_values, projection_dim, **kwargs):
        super().__init__(**kwargs)
        self.keep(locals())

    def build(self, input_shape):
        self.gamma = self.add_weight(shape=(self.projection_dim,), initializer=Constant(self.init_values))

    def call(self, x):
        return x * self.gamma


class StochasticDepth(Branch):
    """In training the branch of a whole sample is 0 with this probability, and divided by what is left otherwise.

    Source: Huang et al. 2016, arXiv 1603.09382.
    """

    def __init__(self, drop_path_rate, **kwargs):
        super().__init__(**kwargs)
        self.keep(locals())
        if not 0 <= drop_path_rate < 1:
            raise ArgumentError(
                "`drop_path_rate` of StochasticDepth is out of range.", got=drop_path_rate, expected="from 0 up to 1"
            )

    def call(self, x, training=None):
        if not training:
            return x
        keeps = 1 - self.drop_path_rate
        drawn = random.uniform((x.shape[0], *[1] * (len(x.shape) - 1)), dtype=self.compute_dtype)
        return x / keeps * floor(keeps + drawn)


class CustomScaleLayer(Branch):
    """``x + scale * y`` of two values."""

    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        self.keep(locals())

    def call(self, inputs):
        x, y = inputs
        return x + y * self.scale

    def compute_output_shape(self, input_shape):
        return input_shape[0]
