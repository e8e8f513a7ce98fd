"""Adapting: layers with one large weight that LoRA adapts, or a quantization mode stores in fewer bits.

Below:  described.py keeps arguments; quantized/ holds one file for each mode.
Above:  core.py, einsum_dense.py, embedding.py, reversible_embedding.py, convolution.py.
Kept true: `layer.kernel` is the weight in effect, `layer._kernel` the stored one. A layer that is neither
           adapted nor quantized pays nothing, and its `call` does not know of this file.
"""

from __future__ import annotations

import torch

from pellucid import initializers
from pellucid.dtypes import to_torch
from pellucid.errors import ArgumentError, MissingAttributeError, OrderError, UnsupportedError
from pellucid.graph.values import convert_to_numpy
from pellucid.graph.variable import Variable
from pellucid.layers.described import Described


def in_effect(word: str) -> property:
    """The attribute `word`: the weight stored as ``_word``, with what LoRA or a quantization mode makes of it."""
    stored = "_" + word

    def weight(self):
        try:
            weight = self.__dict__[stored]
        except KeyError:
            if self._is_quantized:
                return self._weight_in_effect()
            raise MissingAttributeError(
                f"Layer '{self.name}' has no `{word}` yet.", fix=f"{self.name}.build(input_shape)"
            ) from None
        return self._weight_in_effect() if self.lora_enabled or self._is_quantized else weight

    return property(weight, doc=f"The {word} in effect.")


class Adapting(Described):
    """A layer with one large weight, `main`, and perhaps two small ones whose product is added to it.

    LoRA trains ``a`` (..., rank) and ``b`` (rank, last axis) in place of the weight:
    ``weight + lora_alpha / lora_rank * a @ b``.

    Source: LoRA, arXiv 2106.09685; keras.layers.Dense.enable_lora, Keras 3.15.
    """

    main = "kernel"
    lora_enabled = False
    lora_rank = lora_alpha = None

    def keep(self, arguments):
        super().keep(arguments)
        if self.lora_alpha is None:
            self.lora_alpha = self.lora_rank

    def get_config(self):
        config = super().get_config()
        if not self.lora_rank:
            config.pop("lora_rank", None)
            config.pop("lora_alpha", None)
        return config

    def _finish_build(self):
        super()._finish_build()
        if self.lora_rank and not self.lora_enabled:
            self.enable_lora(self.lora_rank, lora_alpha=self.lora_alpha)

    def add_main(self, shape, initializer=None):
        """Make the main weight, with the initializer, regularizer and constraint of its name."""
        setattr(
            self,
            "_" + self.main,
            self.add_weight(
                shape,
                getattr(self, f"{self.main}_initializer") if initializer is None else initializer,
                regularizer=getattr(self, f"{self.main}_regularizer"),
                constraint=getattr(self, f"{self.main}_constraint"),
                name=self.main,
            ),
        )

    @property
    def is_plain(self) -> bool:
        """Whether the stored weight is the weight in effect."""
        return not (self.lora_enabled or self._is_quantized)

    def enable_lora(self, rank, lora_alpha=None, a_initializer="he_uniform", b_initializer="zeros"):
        """Freeze the main weight, and train two small ones whose product is added to it.

        Args:
            rank: columns of the one, rows of the other.
            lora_alpha: strength of the addition, relative to `rank`; `rank` if None.

        Raises:
            ArgumentError: the weight has a constraint.
            OrderError: not built yet, or adapted already.
            UnsupportedError: a mode whose weight cannot be adapted.
        """
        self._check_lora()
        shape = tuple(getattr(self, self.main).shape)
        # Float32 even where the layer keeps fewer bits, so that small steps are not lost.
        facts = {"dtype": "float32", "regularizer": getattr(self, f"{self.main}_regularizer")}
        names = self._lora_names()
        shapes = ((*shape[:-1], rank), (rank, shape[-1]))
        with self._unlocked():
            for name, size, initializer in zip(names, shapes, (a_initializer, b_initializer), strict=True):
                setattr(self, name, self.add_weight(size, initializers.get(initializer), name=name, **facts))
        getattr(self, "_" + self.main).trainable = False
        self.lora_enabled = True
        self.lora_rank = rank
        self.lora_alpha = rank if lora_alpha is None else lora_alpha

    def _check_lora(self):
        if getattr(self, f"{self.main}_constraint"):
            raise ArgumentError(
                f"LoRA and a constraint on the {self.main} exclude each other.",
                got=f"{self.main}_constraint={getattr(self, f'{self.main}_constraint')!r}",
                fix=f"{self.main}_constraint=None",
            )
        if not self.built:
            raise OrderError(f"Layer '{self.name}' has no weights to adapt yet.", fix=f"{self.name}.build(input_shape)")
        if self.lora_enabled:
            raise OrderError(f"Layer '{self.name}' is adapted already.", got=f"lora_rank={self.lora_rank}")
        if self.quantization_mode == "gptq":
            raise UnsupportedError("LoRA does not go with GPTQ.", got=self.dtype_policy.name)

    def _lora_names(self) -> tuple[str, str]:
        return f"lora_{self.main}_a", f"lora_{self.main}_b"

    def lora_delta(self):
        """What LoRA adds to the main weight."""
        a, b = (getattr(self, name).value for name in self._lora_names())
        return (a @ b) * (self.lora_alpha / self.lora_rank)

    def main_value(self):
        """The main weight in effect, as a tensor."""
        weight = getattr(self, self.main)
        return weight.value if type(weight) is Variable else weight

    def _weight_in_effect(self):
        """The main weight as the user sees it."""
        stored = self._visible_weight() if self._is_quantized else getattr(self, "_" + self.main)
        if not self.lora_enabled:
            return stored
        value = stored.value if hasattr(stored, "value") else stored
        return (value + self.lora_delta()).to(to_torch(self.compute_dtype))

    def _visible_weight(self):
        return getattr(self, "_" + self.main)

    # ---- files

    def _saved(self) -> list[str]:
        """Attributes that go into files, in this order; the first is the main weight."""
        return ["_" + self.main, "bias"]

    def _saved_variables(self) -> list:
        held = (getattr(self, name, None) for name in self._saved())
        return [v for v in held if v is not None]

    def _merged(self) -> dict:
        """Values that files get in place of the stored ones, by attribute: LoRA is merged into them."""
        if not self.lora_enabled:
            return {}
        stored = getattr(self, "_" + self.main)
        # In the dtype of the weight, not in the coarser one of the arithmetic.
        return {"_" + self.main: (stored.value + self.lora_delta()).to(stored.value.dtype)}

    def save_own_variables(self, store):
        if not (self.lora_enabled or self._is_quantized):
            super().save_own_variables(store)
            return
        merged = self._merged()
        names = [name for name in self._saved() if getattr(self, name, None) is not None]
        for k, name in enumerate(names):
            store[str(k)] = convert_to_numpy(merged[name]) if name in merged else getattr(self, name)

    def load_own_variables(self, store):
        if not (self.lora_enabled or self._is_quantized):
            super().load_own_variables(store)
            return
        own = self._saved_variables()
        if len(store.keys()) != len(own):
            raise ArgumentError(
                f"Layer '{self.name}' has another number of weights.",
                got=len(store.keys()),
                expected=f"{len(own)}: {[v.name for v in own]}",
            )
        for k, v in enumerate(own):
            v.assign(store[str(k)])
        if self.lora_enabled:
            for v in (getattr(self, name) for name in self._lora_names()):
                v.assign(torch.zeros(v.shape))
