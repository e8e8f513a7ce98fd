"""One row for each way of using a layer; tests/layers/test_laws.py holds every row to every law.

A row names the layer, its arguments, and the input's shape without the batch axis (or several shapes).
To add a layer, add a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """One use of a layer.

    Args:
        layer: its public name.
        shape: the input's shape without the batch axis, channels last; a list of shapes for several inputs.
        kwargs: its arguments.
        formats: whether it also runs with channels_first, on the transposed input.
        wraps: the name and arguments of the layer inside, for layers that go around one; a list of them for several.
        separate: whether several inputs are arguments of their own, and no list.
        whole: inputs are whole numbers below this.
        training: whether the law of values also runs with training=True (only where nothing is drawn).
        keras_differs: why Keras (torch backend) is not the judge of values here, and who is.
        draws: inputs for the law of links; more for layers of which each input shows only a part, such as a maximum.
    """

    layer: str
    shape: tuple | list
    kwargs: dict = field(default_factory=dict)
    formats: bool = False
    wraps: tuple | list | None = None
    separate: bool = False
    whole: int | None = None
    training: bool = False
    keras_differs: str = ""
    draws: int = 3

    @property
    def id(self) -> str:
        told = ",".join(f"{key}={value}" for key, value in self.kwargs.items())
        return f"{self.layer}({told})".replace(" ", "")


def case(layer, shape, **kwargs):
    """A row; words that Case itself takes are told apart from the layer's arguments."""
    own = {
        word: kwargs.pop(word)
        for word in ("formats", "wraps", "separate", "whole", "training", "draws", "keras_differs")
        if word in kwargs
    }
    return Case(layer, shape, kwargs, **own)


CORE = [
    case("Dense", (4,), units=3),
    case("Dense", (2, 4), units=3, activation="tanh", use_bias=False),
    case("Dense", (3,), units=4, activation="softmax"),
    case("EinsumDense", (3, 4), equation="abc,cd->abd", output_shape=(3, 5), bias_axes="d", activation="tanh"),
    case("EinsumDense", (2, 3, 4), equation="...x,xy->...y", output_shape=5, bias_axes="y"),
    case("EinsumDense", (3, 4), equation="abc,cde->abde", output_shape=(None, 2, 5), bias_axes="de"),
    case("EinsumDense", (3, 4), equation="ab...,bc->ac...", output_shape=5),
    case("Embedding", (5,), input_dim=7, output_dim=3, whole=7),
    case("ReversibleEmbedding", (5,), input_dim=7, output_dim=3, whole=7),
    case("Activation", (5,), activation="gelu"),
    case("Activation", (5,), activation="log_softmax"),
    case("Identity", (2, 3)),
    case("Masking", (4, 3), mask_value=0.0),
]
ACTIVATION = [
    case("ReLU", (5,), max_value=1.0, negative_slope=0.1, threshold=0.2, draws=12),
    case("ReLU", (2, 3), draws=12),
    case("LeakyReLU", (5,)),
    case("ELU", (5,), alpha=0.7),
    case("PReLU", (3, 4, 2), shared_axes=[1, 2], alpha_initializer="ones"),
    case("PReLU", (5,), alpha_initializer="ones"),
    case("Softmax", (2, 5)),
    case("Softmax", (3, 4), axis=[1, 2]),
]
CONVOLUTION = [
    case("Conv1D", (7, 3), filters=2, kernel_size=3, formats=True),
    case("Conv1D", (8, 3), filters=2, kernel_size=3, padding="causal", dilation_rate=2),
    case("Conv1D", (8, 4), filters=4, kernel_size=2, strides=2, padding="same", groups=2, formats=True),
    case("Conv2D", (6, 7, 3), filters=2, kernel_size=3, formats=True),
    case(
        "Conv2D", (6, 7, 2), filters=3, kernel_size=(3, 2), strides=2, padding="same", activation="tanh", formats=True
    ),
    case(
        "Conv2D",
        (7, 8, 4),
        filters=4,
        kernel_size=3,
        dilation_rate=2,
        padding="same",
        groups=2,
        use_bias=False,
        formats=True,
    ),
    case("Conv2D", (7, 5, 2), filters=2, kernel_size=2, dilation_rate=(2, 1), formats=True),
    case("Conv3D", (4, 5, 3, 2), filters=2, kernel_size=2, strides=(1, 2, 1), padding="same", formats=True),
    case("DepthwiseConv1D", (7, 3), kernel_size=3, depth_multiplier=2, padding="same", formats=True),
    case("DepthwiseConv2D", (6, 5, 3), kernel_size=3, depth_multiplier=2, formats=True),
    case("DepthwiseConv2D", (6, 5, 2), kernel_size=2, strides=2, padding="same", formats=True),
    case("SeparableConv1D", (7, 3), filters=4, kernel_size=3, padding="same", formats=True),
    case(
        "SeparableConv2D",
        (6, 5, 3),
        filters=4,
        kernel_size=3,
        depth_multiplier=2,
        strides=2,
        padding="same",
        formats=True,
    ),
    case("Conv1DTranspose", (5, 3), filters=2, kernel_size=3, strides=2, padding="same", formats=True),
    case("Conv1DTranspose", (5, 3), filters=2, kernel_size=2, strides=3, formats=True),
    case("Conv2DTranspose", (3, 4, 2), filters=3, kernel_size=3, strides=2, formats=True),
    case(
        "Conv2DTranspose",
        (3, 4, 2),
        filters=3,
        kernel_size=3,
        strides=2,
        padding="same",
        output_padding=1,
        formats=True,
    ),
    case("Conv2DTranspose", (4, 3, 2), filters=2, kernel_size=4, strides=2, padding="same", formats=True),
    case("Conv2DTranspose", (4, 3, 2), filters=2, kernel_size=2, dilation_rate=2, formats=True),
    case("Conv3DTranspose", (2, 3, 2, 2), filters=2, kernel_size=3, strides=2, padding="same", formats=True),
]
POOLING = [
    case("MaxPooling1D", (7, 2), pool_size=2, formats=True, draws=40),
    case("MaxPooling2D", (5, 6, 2), pool_size=2, formats=True, draws=40),
    case("MaxPooling2D", (5, 6, 2), pool_size=3, strides=2, padding="same", formats=True, draws=80),
    case("MaxPooling3D", (4, 3, 4, 1), pool_size=2, strides=1, formats=True, draws=80),
    case("AveragePooling1D", (7, 2), pool_size=3, strides=2, padding="same", formats=True),
    case("AveragePooling2D", (5, 6, 2), pool_size=2, formats=True),
    case("AveragePooling2D", (5, 6, 2), pool_size=(3, 2), strides=2, padding="same", formats=True),
    case("AveragePooling3D", (3, 4, 5, 2), pool_size=2, padding="same", formats=True),
    case("GlobalMaxPooling1D", (4, 2), formats=True, draws=40),
    case("GlobalMaxPooling2D", (3, 2, 2), keepdims=True, formats=True, draws=60),
    case("GlobalMaxPooling3D", (2, 2, 2, 2), formats=True, draws=80),
    case("GlobalAveragePooling1D", (4, 3), formats=True),
    case("GlobalAveragePooling2D", (3, 4, 2), formats=True),
    case("GlobalAveragePooling3D", (2, 3, 2, 2), keepdims=True, formats=True),
    case("AdaptiveAveragePooling1D", (7, 2), output_size=3, formats=True),
    case("AdaptiveAveragePooling2D", (5, 7, 2), output_size=(2, 3), formats=True),
    case("AdaptiveAveragePooling3D", (4, 3, 5, 2), output_size=2, formats=True),
    case("AdaptiveMaxPooling1D", (7, 2), output_size=3, formats=True, draws=60),
    case("AdaptiveMaxPooling2D", (5, 4, 2), output_size=(2, 3), formats=True, draws=80),
    case("AdaptiveMaxPooling3D", (3, 2, 4, 1), output_size=2, formats=True, draws=80),
]
RESHAPING = [
    case("Flatten", (3, 2, 4), formats=True),
    case("Flatten", (5,)),
    case("Reshape", (3, 4), target_shape=(2, 6)),
    case("Reshape", (2, 3, 2), target_shape=(-1, 2)),
    case("Permute", (2, 3, 4), dims=(3, 1, 2)),
    case("RepeatVector", (3,), n=4),
    case("ZeroPadding1D", (4, 2), padding=(1, 2), formats=True),
    case("ZeroPadding2D", (3, 4, 2), padding=((1, 0), (2, 3)), formats=True),
    case("ZeroPadding3D", (2, 3, 2, 2), padding=((1, 0), (0, 2), (1, 1)), formats=True),
    case("Cropping1D", (6, 2), cropping=(1, 2), formats=False),
    case("Cropping2D", (5, 6, 2), cropping=((1, 0), (2, 3)), formats=True),
    case("Cropping3D", (4, 3, 4, 2), cropping=((1, 0), (0, 1), (1, 1)), formats=True),
    case("UpSampling1D", (3, 2), size=2),
    case("UpSampling2D", (3, 2, 2), size=(2, 3), formats=True),
    case("UpSampling2D", (4, 3, 2), size=2, interpolation="bilinear", formats=True),
    case(
        "UpSampling2D",
        (5, 4, 1),
        size=2,
        interpolation="bicubic",
        formats=True,
        keras_differs="on torch its cubic has a=-0.75, elsewhere a=-0.5; test_upsampling.py judges by Keys's weights",
    ),
    case("UpSampling3D", (2, 3, 2, 2), size=(2, 1, 2), formats=True),
]
NORMALIZATION = [
    case("BatchNormalization", (4,), training=True),
    case("BatchNormalization", (3, 4, 2), training=True),
    case("BatchNormalization", (2, 3, 4), axis=1, scale=False, training=True),
    case("BatchNormalization", (5, 3), center=False, epsilon=1e-2, momentum=0.9, training=True),
    case("BatchNormalization", (5, 3), renorm=True, training=True),
    case("LayerNormalization", (5,)),
    case("LayerNormalization", (3, 4), axis=[1, 2], epsilon=1e-2),
    case(
        "LayerNormalization",
        (3, 4, 2),
        axis=1,
        keras_differs="on torch it raises; test_normalization.py judges by NumPy",
    ),
    case("GroupNormalization", (3, 4, 6), groups=2),
    case("GroupNormalization", (6, 4), groups=3, axis=1, scale=False),
    case("GroupNormalization", (3, 4), groups=-1),
    case("UnitNormalization", (5,)),
    case("UnitNormalization", (3, 4), axis=[1, 2]),
    case("RMSNormalization", (5,)),
    case("RMSNormalization", (3, 4), axis=[1, 2]),
    case("SpectralNormalization", (4,), wraps=("Dense", {"units": 3}), power_iterations=2),
]
RESCALING = [
    case("Rescaling", (2, 3), scale=0.5, offset=-1.0),
    case("Rescaling", (2, 2, 3), scale=[1.0, 2.0, 3.0], offset=[0.5, 0.0, 1.0]),
    case("Normalization", (3,)),
    case("Normalization", (2, 3), axis=(1, 2)),
    case("Normalization", (2, 3), axis=None),
    case("Normalization", (2, 3), mean=[1.0, 2.0, 3.0], variance=[0.5, 4.0, 0.0]),
    case("Normalization", (2, 3), mean=1.0, variance=4.0, invert=True),
    case("Normalization", (2, 3), axis=None, mean=1.0, variance=4.0),
    case("Normalization", (2, 3), axis=(-2, -1), mean=[1.0, 2.0, 3.0], variance=[0.5, 4.0, 1.0]),
]
IMAGES = [
    case("AutoContrast", (2, 3, 2), data_format="channels_last", draws=60),
    case("AutoContrast", (2, 2, 1), data_format="channels_last", value_range=(-1, 1), draws=60),
]
SOUNDS = [
    case("STFTSpectrogram", (9, 2), mode="real", frame_length=4, formats=True),
    case("STFTSpectrogram", (9, 2), mode="imag", frame_length=4, frame_step=3, padding="same", formats=True),
    case("STFTSpectrogram", (8, 2), mode="stft", frame_length=3, fft_length=8, expand_dims=True, formats=True),
    case("STFTSpectrogram", (8, 2), mode="psd", frame_length=4, window=None, scaling=None, formats=True),
    case("STFTSpectrogram", (8, 1), mode="magnitude", frame_length=5, window="hamming", scaling="spectrum"),
    case("STFTSpectrogram", (8, 2), frame_length=4, periodic=True, expand_dims=True, padding="same", formats=True),
    case("STFTSpectrogram", (8, 1), mode="angle", frame_length=3, frame_step=1),
]
REGULARIZATION = [
    case("Dropout", (4,), rate=0.5),
    case("SpatialDropout1D", (4, 3), rate=0.5),
    case("SpatialDropout2D", (3, 4, 2), rate=0.5, formats=True),
    case("SpatialDropout3D", (2, 3, 4, 2), rate=0.5, formats=True),
    case("GaussianNoise", (4,), stddev=0.5),
    case("GaussianDropout", (4,), rate=0.5),
    case("AlphaDropout", (4,), rate=0.5),
    case("ActivityRegularization", (4,), l1=0.1, l2=0.2),
]
MERGING = [
    case("Add", [(3, 4), (3, 4), (3, 4)]),
    case("Add", [(3, 4), (1, 4)]),
    case("Subtract", [(3, 4), (3, 4)]),
    case("Multiply", [(3, 4), (3, 4)]),
    case("Average", [(3, 4), (3, 4)]),
    case("Maximum", [(3, 4), (3, 4)], draws=40),
    case("Minimum", [(3, 4), (3, 4)], draws=40),
    case("Concatenate", [(3, 4), (3, 2)]),
    case("Concatenate", [(2, 4), (3, 4)], axis=1),
    case("Dot", [(3, 4), (3, 2)], axes=1),
    case("Dot", [(4,), (4,)], axes=1, normalize=True),
    case("Dot", [(2, 4), (3, 4)], axes=2),
]
WRAPPING = [
    case("Pipeline", (3, 4), wraps=[("Rescaling", {"scale": 0.5}), ("Dense", {"units": 2})]),
    case("TimeDistributed", (3, 4), wraps=("Dense", {"units": 2})),
    case("TimeDistributed", (2, 4, 5, 1), wraps=("Conv2D", {"filters": 2, "kernel_size": 2})),
]
RECURRENT = [
    case("SimpleRNN", (4, 3), units=2, return_sequences=True, training=True),
    case("SimpleRNN", (4, 3), units=2, activation="sigmoid", use_bias=False),
    case("LSTM", (4, 3), units=2, training=True),
    case("LSTM", (4, 3), units=2, return_sequences=True, go_backwards=True),
    case("LSTM", (3, 2), units=2, return_sequences=True, unroll=True, unit_forget_bias=False),
    case("LSTM", (3, 2), units=3, recurrent_activation="hard_sigmoid", activation="softsign", use_bias=False),
    case("GRU", (4, 3), units=2, return_sequences=True, training=True),
    case("GRU", (4, 3), units=2, go_backwards=True, use_bias=False),
    case("GRU", (3, 2), units=2, return_sequences=True, reset_after=False),
    case("GRU", (3, 2), units=2, recurrent_activation="softsign", unroll=True),
    case("RNN", (4, 3), wraps=("LSTMCell", {"units": 2}), return_sequences=True),
    case("RNN", (4, 3), wraps=("SimpleRNNCell", {"units": 2})),
    case("RNN", (3, 3), wraps=[("GRUCell", {"units": 2}), ("LSTMCell", {"units": 3})], return_sequences=True),
    case("ConvLSTM1D", (3, 5, 2), filters=2, kernel_size=3, return_sequences=True, training=True),
    case("ConvLSTM1D", (3, 7, 1), filters=1, kernel_size=2, strides=2, padding="same", go_backwards=True),
    case("ConvLSTM2D", (2, 4, 3, 2), filters=2, kernel_size=2, return_sequences=True, go_backwards=True),
    case("ConvLSTM2D", (2, 2, 5, 4), filters=1, kernel_size=(2, 1), dilation_rate=2, data_format="channels_first"),
    case("ConvLSTM3D", (2, 2, 3, 2, 1), filters=1, kernel_size=2, padding="same", use_bias=False),
    case("Bidirectional", (4, 3), wraps=("LSTM", {"units": 2, "return_sequences": True})),
    case("Bidirectional", (4, 3), wraps=("GRU", {"units": 2}), merge_mode="mul"),
    case("Bidirectional", (3, 2), wraps=("SimpleRNN", {"units": 2, "return_sequences": True}), merge_mode="ave"),
]
ATTENTION = [
    case("Attention", [(3, 4), (5, 4)]),
    case("Attention", [(3, 4), (5, 2), (5, 4)], use_scale=True),
    case("Attention", [(3, 4), (4, 4)], use_scale=True, score_mode="concat"),
    case("AdditiveAttention", [(3, 4), (5, 4)]),
    case("AdditiveAttention", [(2, 4), (3, 2), (3, 4)], use_scale=False),
    case("MultiHeadAttention", [(3, 4), (5, 4)], separate=True, num_heads=2, key_dim=3),
    case(
        "MultiHeadAttention",
        [(3, 4), (4, 3), (4, 2)],
        separate=True,
        num_heads=2,
        key_dim=3,
        value_dim=2,
        use_bias=False,
    ),
    case(
        "MultiHeadAttention", [(5, 4), (5, 4)], separate=True, num_heads=2, key_dim=3, sliding_window=2, use_gate=True
    ),
    case("MultiHeadAttention", [(3, 2, 4), (3, 4, 4)], separate=True, num_heads=2, key_dim=3, attention_axes=2),
    case("MultiHeadAttention", [(2, 3, 2), (2, 2, 2)], separate=True, num_heads=2, key_dim=3, output_shape=(3, 2)),
    case(
        "GroupQueryAttention",
        [(3, 4), (5, 4)],
        separate=True,
        head_dim=3,
        num_query_heads=4,
        num_key_value_heads=2,
    ),
    case(
        "GroupQueryAttention",
        [(3, 4), (3, 4), (3, 5)],
        separate=True,
        head_dim=2,
        num_query_heads=2,
        num_key_value_heads=1,
        sliding_window=2,
        use_gate=True,
    ),
]

CASES = (
    CORE
    + ACTIVATION
    + CONVOLUTION
    + POOLING
    + RESHAPING
    + NORMALIZATION
    + RESCALING
    + IMAGES
    + SOUNDS
    + REGULARIZATION
    + MERGING
    + WRAPPING
    + RECURRENT
    + ATTENTION
)
