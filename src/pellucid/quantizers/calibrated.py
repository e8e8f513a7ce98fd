"""Configs of GPTQ and AWQ, which look at data to choose a weight's numbers; and GPTQ's quantizer.

Below:  groups.py computes scales. Source: arXiv 2210.17323 (GPTQ), arXiv 2306.00978 (AWQ).
"""

from __future__ import annotations

from pellucid.errors import ArgumentError
from pellucid.quantizers.absmax import Quantizer
from pellucid.quantizers.configs import QuantizationConfig
from pellucid.quantizers.groups import compute_quantization_parameters


class _Calibrated(QuantizationConfig):
    """The parent of configs with data: what both check, and how they are written down."""

    _words: tuple[str, ...]
    weight_bits: int
    group_size: int

    def _take(self, arguments: dict, bits: tuple[int, ...], positive: tuple[str, ...]):
        for word in ("dataset", "tokenizer", *self._words):
            setattr(self, word, arguments[word])
        if self.weight_bits not in bits:
            raise ArgumentError(
                f"{self.mode} weights have other sizes.", got=f"weight_bits={self.weight_bits!r}", expected=bits
            )
        for word in positive:
            if getattr(self, word) <= 0:
                raise ArgumentError(f"`{word}` is too small.", got=getattr(self, word), expected="1 or more")
        if self.group_size < -1 or self.group_size == 0:
            raise ArgumentError("`group_size` counts inputs.", got=self.group_size, expected="1 or more, or -1 for all")

    def get_config(self):
        # Data is for the one calibration, and no part of the config.
        return {"dataset": None, "tokenizer": None, **{word: getattr(self, word) for word in self._words}}

    @classmethod
    def from_config(cls, config):
        return cls(**config)

    def dtype_policy_string(self) -> str:
        """The mode with its numbers, as a policy's name begins."""
        return f"{self.mode}/{self.weight_bits}/{self.group_size}"


class GPTQConfig(_Calibrated):
    """Weights of few bits, chosen so that what is lost in one is made good by the next.

    Args:
        dataset: texts or token ids for the calibration.
        tokenizer: what makes token ids of texts.
        weight_bits: 2, 3, 4 or 8.
        num_samples, sequence_length: how much of the data is looked at.
        per_channel, symmetric: see `compute_quantization_parameters`.
        hessian_damping: share of the diagonal's mean that is added to it, from 0 to 1.
        group_size: inputs that share one scale; -1 for all.
        activation_order: whether columns that matter most come first.
        quantization_layer_structure: the model's blocks: "pre_block_layers" and "sequential_blocks".

    Raises:
        ArgumentError: numbers out of range.

    Source: keras.quantizers.GPTQConfig, Keras 3.15.
    """

    mode = "gptq"
    _words = (
        "weight_bits",
        "num_samples",
        "per_channel",
        "sequence_length",
        "hessian_damping",
        "group_size",
        "symmetric",
        "activation_order",
        "quantization_layer_structure",
    )

    def __init__(
        self,
        dataset,
        tokenizer,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        per_channel: bool = True,
        sequence_length: int = 512,
        hessian_damping: float = 0.01,
        group_size: int = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: dict | None = None,
    ):
        super().__init__()
        self._take(locals(), (2, 3, 4, 8), ("num_samples", "sequence_length"))
        if not 0 <= hessian_damping <= 1:
            raise ArgumentError("`hessian_damping` is a share.", got=hessian_damping, expected="0 to 1")


class AWQConfig(_Calibrated):
    """Weights of 4 bits, scaled first so that those which meet large inputs lose least.

    Args:
        dataset, tokenizer, num_samples, sequence_length, group_size, quantization_layer_structure: as in GPTQConfig.
        weight_bits: 4.
        num_grid_points: strengths of the scaling that are tried.

    Raises:
        ArgumentError: numbers out of range.

    Source: keras.quantizers.AWQConfig, Keras 3.15.
    """

    mode = "awq"
    _words = (
        "weight_bits",
        "num_samples",
        "sequence_length",
        "group_size",
        "num_grid_points",
        "quantization_layer_structure",
    )

    def __init__(
        self,
        dataset,
        tokenizer,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        sequence_length: int = 512,
        group_size: int = 128,
        num_grid_points: int = 20,
        quantization_layer_structure: dict | None = None,
    ):
        super().__init__()
        self._take(locals(), (4,), ("num_samples", "sequence_length", "num_grid_points"))


class GPTQQuantizer(Quantizer):
    """Scale and zero point of a matrix, as a GPTQConfig asks."""

    def __init__(self, config=None, compute_dtype="float32"):
        super().__init__()
        config = config or GPTQConfig(dataset=None, tokenizer=None)
        for word in ("weight_bits", "per_channel", "symmetric", "group_size"):
            setattr(self, word, getattr(config, word))
        self.compute_dtype = compute_dtype
        self.scale = self.zero = self.maxq = None

    def find_params(self, input_tensor):
        """Find scale, zero point and largest number, and keep them."""
        self.scale, self.zero, self.maxq = compute_quantization_parameters(
            input_tensor,
            bits=self.weight_bits,
            symmetric=self.symmetric,
            per_channel=self.per_channel,
            group_size=self.group_size,
            compute_dtype=self.compute_dtype,
        )
        return self.scale, self.zero, self.maxq
