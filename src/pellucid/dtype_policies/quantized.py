"""Policies of layers whose kernels are quantized, as plain data: ``int8_from_float32``, ``gptq/4/128_from_float32``."""

from __future__ import annotations

from pellucid.dtype_policies.policy import DTypePolicy, dtype_policy
from pellucid.errors import ArgumentError, ArgumentTypeError

QUANTIZATION_MODES = ("int8", "float8", "int4", "gptq", "awq")


class QuantizedDTypePolicy(DTypePolicy):
    """A policy whose layers keep their kernels quantized: ``int8_from_float32``.

    Args:
        mode: one of int8, float8, int4, gptq, awq.
        source_name: the float policy that the layer had before; None is the global one.

    Raises:
        ArgumentError: no such mode, or one that does not go with `source_name`.
    """

    def __init__(self, mode: str, source_name: str | None = None):
        self._set_names(dtype_policy().name if source_name is None else source_name, mode)
        if mode not in QUANTIZATION_MODES:
            raise ArgumentError(
                "There is no such quantization mode.", got=repr(mode), expected=", ".join(QUANTIZATION_MODES)
            )
        if mode == "int8" and self.compute_dtype == "float16":
            raise ArgumentError(
                "Sums of int8 products overflow float16.", got=repr(self.name), fix='source_name="mixed_bfloat16"'
            )

    def get_config(self) -> dict:
        return {"mode": self._quantization_mode, "source_name": self._source_name}


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """A policy whose layers train in float8.

    Args:
        amax_history_length: how many past steps set the scale of the next one.

    Raises:
        ArgumentTypeError: `amax_history_length` is no int.
    """

    default_amax_history_length = 1024

    def __init__(self, mode: str, source_name: str | None = None, amax_history_length: int = 1024):
        super().__init__(mode, source_name)
        if not isinstance(amax_history_length, int):
            raise ArgumentTypeError(
                "`amax_history_length` must be an integer.", got=repr(amax_history_length), expected="1024"
            )
        self.amax_history_length = amax_history_length

    def get_config(self) -> dict:
        return {**super().get_config(), "amax_history_length": self.amax_history_length}


class _NumberedDTypePolicy(QuantizedDTypePolicy):
    """Parent of policies whose mode carries numbers: ``gptq/4/128``."""

    form: str  # the mode in words
    allowed_bits: tuple[int, ...] = (4,)

    def __init__(self, mode: str, source_name: str | None = None):
        algorithm, *words = self.form.split("/")
        numbers = self._numbers(mode, algorithm, words)
        super().__init__(algorithm, source_name)
        self._name = f"{mode}_from_{self._source_name}"
        self.mode = algorithm
        for word, number in zip(words, numbers, strict=True):
            setattr(self, word, number)

    def _numbers(self, mode, algorithm, words) -> list[int]:
        found, *numbers = mode.split("/")
        try:
            numbers = [int(number) for number in numbers]
        except ValueError:
            numbers = []
        if found != algorithm or len(numbers) != len(words):
            raise ArgumentError(
                "This mode has another form.", got=repr(mode), expected=repr(self.form), fix=repr(self._example())
            )
        if "weight_bits" in words and numbers[0] not in self.allowed_bits:
            bits = " or ".join(map(str, self.allowed_bits))
            raise ArgumentError(f"{algorithm} weights have {bits} bits.", got=repr(mode), fix=repr(self._example()))
        if numbers[-1] < -1 or numbers[-1] == 0:
            raise ArgumentError(
                f"`{words[-1]}` is -1 for no groups, or above 0.", got=repr(mode), fix=repr(self._example())
            )
        return numbers

    def _example(self) -> str:
        return self.form.replace("weight_bits", "4").replace("group_size", "128").replace("block_size", "128")

    def get_config(self) -> dict:
        numbers = [str(getattr(self, word)) for word in self.form.split("/")[1:]]
        return {**super().get_config(), "mode": "/".join([self.mode, *numbers])}


class Int4DTypePolicy(_NumberedDTypePolicy):
    """int4 kernels with one scale for each block of rows: ``Int4DTypePolicy("int4/128", "float32")``."""

    form = "int4/block_size"


class GPTQDTypePolicy(_NumberedDTypePolicy):
    """Kernels quantized by GPTQ (arXiv 2210.17323) to 2, 3, 4 or 8 bits: ``GPTQDTypePolicy("gptq/4/128", "float32")``."""

    form = "gptq/weight_bits/group_size"
    allowed_bits = (2, 3, 4, 8)


class AWQDTypePolicy(_NumberedDTypePolicy):
    """Kernels quantized by AWQ (arXiv 2306.00978) to 4 bits: ``AWQDTypePolicy("awq/4/128", "float32")``."""

    form = "awq/weight_bits/group_size"
