"""The table: which rule lowers which layer, and which function of a graph.

Below:  the families of this folder.
Above:  walk.py. To let a layer leave Pellucid, add its rule here; a subclass of a layer needs a rule of its own.
"""

from __future__ import annotations

from pellucid import layers
from pellucid.convert.lowering import (
    activation,
    attention,
    convolution,
    dense,
    functions,
    noise,
    normalization,
    pooling,
    recurrent,
    shaping,
    wrapping,
)

LAYERS = {
    layers.Dense: dense.dense,
    layers.EinsumDense: dense.einsum_dense,
    layers.Embedding: dense.embedding,
    layers.ReversibleEmbedding: dense.embedding,
    layers.Rescaling: dense.rescaling,
    layers.Normalization: dense.normalization,
    layers.Identity: dense.identity,
    layers.ActivityRegularization: dense.identity,
    layers.Masking: dense.masking,
    layers.Activation: activation.activation,
    layers.ReLU: activation.relu,
    layers.LeakyReLU: activation.leaky_relu,
    layers.ELU: activation.elu,
    layers.PReLU: activation.prelu,
    layers.Softmax: activation.softmax,
    **dict.fromkeys((layers.Conv1D, layers.Conv2D, layers.Conv3D), convolution.convolution),
    **dict.fromkeys((layers.DepthwiseConv1D, layers.DepthwiseConv2D), convolution.depthwise),
    **dict.fromkeys((layers.SeparableConv1D, layers.SeparableConv2D), convolution.separable),
    **dict.fromkeys((layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose), convolution.transposed),
    **dict.fromkeys((layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D), pooling.pooling("max_pool")),
    **dict.fromkeys(
        (layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D), pooling.pooling("avg_pool")
    ),
    **dict.fromkeys(
        (layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D, layers.GlobalMaxPooling3D),
        pooling.global_pooling("max"),
    ),
    **dict.fromkeys(
        (layers.GlobalAveragePooling1D, layers.GlobalAveragePooling2D, layers.GlobalAveragePooling3D),
        pooling.global_pooling("mean"),
    ),
    **dict.fromkeys(
        (layers.AdaptiveMaxPooling1D, layers.AdaptiveMaxPooling2D, layers.AdaptiveMaxPooling3D),
        pooling.adaptive_pooling("adaptive_max_pool"),
    ),
    **dict.fromkeys(
        (layers.AdaptiveAveragePooling1D, layers.AdaptiveAveragePooling2D, layers.AdaptiveAveragePooling3D),
        pooling.adaptive_pooling("adaptive_avg_pool"),
    ),
    **dict.fromkeys((layers.ZeroPadding1D, layers.ZeroPadding2D, layers.ZeroPadding3D), pooling.zero_padding),
    **dict.fromkeys((layers.Cropping1D, layers.Cropping2D, layers.Cropping3D), pooling.cropping),
    **dict.fromkeys((layers.UpSampling1D, layers.UpSampling2D, layers.UpSampling3D), pooling.upsampling),
    layers.BatchNormalization: normalization.batch_normalization,
    layers.LayerNormalization: normalization.layer_normalization,
    layers.GroupNormalization: normalization.group_normalization,
    layers.RMSNormalization: normalization.rms_normalization,
    layers.UnitNormalization: normalization.unit_normalization,
    layers.Flatten: shaping.flatten,
    layers.Reshape: shaping.reshape,
    layers.Permute: shaping.permute,
    layers.RepeatVector: shaping.repeat_vector,
    layers.Add: shaping.merging("add"),
    layers.Subtract: shaping.merging("subtract"),
    layers.Multiply: shaping.merging("multiply"),
    layers.Maximum: shaping.merging("maximum"),
    layers.Minimum: shaping.merging("minimum"),
    layers.Average: shaping.average,
    layers.Concatenate: shaping.concatenate,
    layers.Dot: shaping.dot,
    layers.Dropout: noise.dropout,
    **dict.fromkeys((layers.SpatialDropout1D, layers.SpatialDropout2D, layers.SpatialDropout3D), noise.spatial_dropout),
    layers.AlphaDropout: noise.alpha_dropout,
    layers.GaussianNoise: noise.gaussian_noise,
    layers.GaussianDropout: noise.gaussian_dropout,
    **dict.fromkeys((layers.LSTM, layers.GRU, layers.SimpleRNN, layers.RNN), recurrent.recurrent),
    layers.Bidirectional: recurrent.bidirectional,
    **dict.fromkeys((layers.MultiHeadAttention, layers.GroupQueryAttention), attention.multi_head_attention),
    layers.Attention: attention.attention,
    layers.AdditiveAttention: attention.additive_attention,
    layers.TimeDistributed: wrapping.time_distributed,
    layers.SpectralNormalization: wrapping.spectral_normalization,
}
# Layers whose whole numbers are places or symbols, and stay whole.
TAKES_WHOLE = {layers.Embedding, layers.ReversibleEmbedding}

FUNCTIONS = {
    "Add": functions.binary("add"),
    "Subtract": functions.binary("subtract"),
    "Multiply": functions.binary("multiply"),
    "Divide": functions.binary("divide"),
    "TrueDivide": functions.binary("divide"),
    "Power": functions.binary("power"),
    "Maximum": functions.binary("maximum"),
    "Minimum": functions.binary("minimum"),
    "Equal": functions.binary("equal", to_bool=True),
    "NotEqual": functions.binary("not_equal", to_bool=True),
    "Less": functions.binary("less", to_bool=True),
    "LessEqual": functions.binary("less_equal", to_bool=True),
    "Greater": functions.binary("greater", to_bool=True),
    "GreaterEqual": functions.binary("greater_equal", to_bool=True),
    "LogicalAnd": functions.binary("logical_and", to_bool=True),
    "LogicalOr": functions.binary("logical_or", to_bool=True),
    **{
        name: functions.unary(kind)
        for name, kind in {
            "Negative": "negative", "Abs": "abs", "Absolute": "abs", "Sqrt": "sqrt", "Rsqrt": "rsqrt",
            "Square": "square", "Exp": "exp", "Log": "log", "Sin": "sin", "Cos": "cos", "Floor": "floor",
            "Ceil": "ceil", "Erf": "erf", "Reciprocal": "reciprocal", "LogicalNot": "logical_not", "Sign": "sign",
            "Tan": "tan", "Arcsin": "asin", "Arccos": "acos", "Arctan": "atan", "Sinh": "sinh", "Cosh": "cosh",
            "Arcsinh": "asinh", "Arccosh": "acosh", "Arctanh": "atanh",
        }.items()
    },
    **{
        name: functions.activation(word)
        for name, word in {
            "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus",
            "Softsign": "softsign", "Silu": "silu", "Selu": "selu", "HardSigmoid": "hard_sigmoid",
            "HardSilu": "hard_silu", "LogSigmoid": "log_sigmoid", "Mish": "mish", "HardTanh": "hard_tanh",
            "Squareplus": "squareplus", "TanhShrink": "tanh_shrink",
        }.items()
    },
    "Gelu": functions.gelu,
    "LeakyRelu": functions.leaky_relu,
    "Elu": functions.elu,
    "Softmax": functions.softmax("softmax"),
    "LogSoftmax": functions.softmax("log_softmax"),
    "Sum": functions.reduction("sum"),
    "Mean": functions.reduction("mean"),
    "Max": functions.reduction("max"),
    "Min": functions.reduction("min"),
    "Prod": functions.reduction("prod"),
    "Argmax": functions.arg("argmax"),
    "Argmin": functions.arg("argmin"),
    "Clip": functions.clip,
    "Round": functions.rounded,
    "Cast": functions.cast,
    "Reshape": functions.reshape,
    "Transpose": functions.transpose,
    "Swapaxes": functions.swapaxes,
    "ExpandDims": functions.expand_dims,
    "Squeeze": functions.squeeze,
    "Concatenate": functions.concatenate,
    "Stack": functions.stack,
    "GetItem": functions.get_item,
    "Split": functions.split,
    "Matmul": functions.matmul,
    "Einsum": functions.einsum,
    "Where": functions.where,
    "DotProductAttention": functions.dot_product_attention,
    "ZerosLike": functions.filled(0.0),
    "OnesLike": functions.filled(1.0),
    "BroadcastTo": functions.broadcast_to,
    "Flip": functions.flip,
}  # fmt: skip
