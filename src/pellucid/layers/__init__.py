"""Layers: the parts that networks are made of. See ``pellucid.layers.__all__`` for their names."""

from pellucid.graph.objects import deserialize_keras_object as deserialize
from pellucid.graph.objects import serialize_keras_object as serialize
from pellucid.layers.activation import ELU, LeakyReLU, PReLU, ReLU, Softmax
from pellucid.layers.base import Layer
from pellucid.layers.batch_normalization import BatchNormalization
from pellucid.layers.convolution import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Conv3DTranspose,
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from pellucid.layers.core import Activation, Dense, Identity, Lambda, Masking
from pellucid.layers.einsum_dense import EinsumDense
from pellucid.layers.embedding import Embedding
from pellucid.layers.input import Input, InputLayer
from pellucid.layers.input_spec import InputSpec
from pellucid.layers.normalization import (
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from pellucid.layers.regularization import (
    ActivityRegularization,
    AlphaDropout,
    Dropout,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from pellucid.layers.wrapping import SpectralNormalization, TimeDistributed, Wrapper

# Keras's other names for the same classes.
Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution1DTranspose, Convolution2DTranspose, Convolution3DTranspose = Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "AlphaDropout",
    "BatchNormalization",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "PReLU",
    "RMSNormalization",
    "ReLU",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "TimeDistributed",
    "UnitNormalization",
    "Wrapper",
    "deserialize",
    "serialize",
]
