"""What all initializers share: they are called with a shape and a dtype, and can be made again from a config.

Above: constants.py, scaling.py and the other files here; layers/owning.py calls them.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError, UnsupportedError
from pellucid.graph.objects import deserialize_keras_object, serialize_keras_object
from pellucid.random.seed import SeedGenerator, make_default_seed


class Initializer:
    """The parent of all initializers; a subclass gives `__call__`, and names its arguments in `arguments`."""

    arguments: tuple[str, ...] = ()

    def __call__(self, shape, dtype=None):
        """A tensor of first values.

        Args:
            shape: sizes along each axis, all known.
            dtype: its name; None is floatx.
        """
        raise UnsupportedError(
            f"{type(self).__name__} has no `__call__`.", fix="def __call__(self, shape, dtype=None): ..."
        )

    def get_config(self) -> dict:
        """What is needed to make it again."""
        return {word: getattr(self, word) for word in self.arguments}

    @classmethod
    def from_config(cls, config: dict):
        """Make it again from what `get_config` gave."""
        return cls(**config)

    def clone(self):
        """Another one like it."""
        return type(self).from_config(self.get_config())


class RandomInitializer(Initializer):
    """The parent of initializers that draw.

    Args:
        seed: an int gives the same values at each call, a SeedGenerator others each time;
            None is an int drawn when the initializer is made.

    Raises:
        ArgumentError: `seed` is nothing of these.
    """

    def __init__(self, seed: int | SeedGenerator | dict | None = None):
        if isinstance(seed, dict):
            seed = deserialize_keras_object(seed, module_objects={"SeedGenerator": SeedGenerator})
        if not isinstance(seed, (int, SeedGenerator, type(None))):
            raise ArgumentError(
                "This is no seed.", got=repr(seed), expected="an int, a SeedGenerator or None", fix="seed=1337"
            )
        self._init_seed = seed
        self.seed = make_default_seed() if seed is None else seed

    def get_config(self) -> dict:
        return {"seed": serialize_keras_object(self._init_seed), **super().get_config()}
