"""Seeds: two whole numbers from which a draw makes its random values, and the generators of such seeds.

Below:  settings.py holds the global generator for as long as a session lasts.
Above:  draws.py takes one seed per draw; layers that draw own a SeedGenerator.
Kept true: a seed's state lies on the CPU, so that no draw waits for a GPU.
"""

from __future__ import annotations

import contextlib
import random

import numpy as np
import torch

from pellucid import settings
from pellucid.errors import ArgumentError
from pellucid.graph.scopes import device, here
from pellucid.graph.variable import Variable
from pellucid.naming import auto_name, name_scope

_INT64 = 2**63 - 1


class SeedGenerator:
    """Gives another seed at each call, so that each draw from it differs from the last.

    Args:
        seed: where it starts; None takes one from Python's `random`.
        name: begins the path of its state.

    Raises:
        ArgumentError: `seed` is no int.

    Shapes:
        state   (2,)    the seed, and how often it was asked

    Source: keras.random.SeedGenerator, Keras 3.15.
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **unknown):
        unknown.pop("backend", None)
        if unknown:
            raise ArgumentError("SeedGenerator does not take these arguments.", got=unknown, expected="seed, name")
        self.name = name or auto_name(type(self).__name__)
        self._initial_seed = seed
        self.state = self._new_state(make_default_seed() if seed is None else seed)

    def _new_state(self, seed):
        if not isinstance(seed, int):
            raise ArgumentError("A seed is a whole number.", got=repr(seed), expected="an int or None", fix="seed=1337")
        # A state made while shapes are inferred or values kept apart is as real as any other.
        outer, here.stateless = here.stateless, None
        try:
            with torch._C.DisableTorchFunction(), device("cpu"), name_scope(self.name, caller=self):
                first = torch.tensor([seed & _INT64, 0])
                return Variable(first, trainable=False, autocast=False, aggregation="none", name="seed_generator_state")
        finally:
            here.stateless = outer

    def next(self, ordered: bool = True) -> torch.Tensor:
        """The seed for one draw.

        Args:
            ordered: count upwards; False jumps, for draws that nobody wants to repeat.
        """
        with device("cpu"):
            seed = self.state.value.clone()
            # The jump is Keras's, which counts in 32 bits.
            self.state.assign(seed + torch.tensor([0, 1]) if ordered else ((seed + 1) * 5387).int() % 933199)
        return seed

    def get_config(self) -> dict:
        """What is needed to make it again, from its start."""
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict):
        """Make it again from what `get_config` gave."""
        return cls(**config)


def global_seed_generator() -> SeedGenerator:
    """The generator behind draws that are given no seed."""
    return settings.session("seed_generator", SeedGenerator)


def make_default_seed() -> int:
    """A seed from Python's `random`, unless `seeds_apart` is open."""
    return settings.session("seed_source", lambda: random).randint(1, 10**9)


@contextlib.contextmanager
def seeds_apart():
    """While open, seeds that nobody chose leave Python's `random` as it is.

    They follow from how that stands, and differ from one opening to the next.
    """
    outer, times = settings.session("seed_source", lambda: random), settings.session("seeds_apart", lambda: 0)
    settings.set_session("seeds_apart", times + 1)
    settings.set_session("seed_source", random.Random(f"{random.getstate()} {times}"))
    try:
        yield
    finally:
        settings.set_session("seed_source", outer)


def draw_seed(seed: int | SeedGenerator | None) -> torch.Tensor:
    """The two numbers that a draw starts from, of shape (2,), on the CPU.

    Args:
        seed: an int gives the same ones each time; None asks the global generator.

    Raises:
        ArgumentError: nothing of these.
    """
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if seed is None:
        return global_seed_generator().next(ordered=False)
    if isinstance(seed, int):
        return torch.tensor([seed & _INT64, 0])
    raise ArgumentError("This is no seed.", got=repr(seed), expected="an int, a SeedGenerator or None", fix="seed=1337")


def set_random_seed(seed: int) -> None:
    """Start the random numbers of Python, NumPy, PyTorch and Pellucid from a seed.

    Raises:
        ArgumentError: `seed` is no int.
    """
    if not isinstance(seed, int):
        raise ArgumentError("A seed is a whole number.", got=repr(seed), expected="an int", fix="set_random_seed(1337)")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    settings.set_session("random_seed", seed)
    settings.forget_session("seeds_apart")
    settings.forget_session("seed_generator")  # made when it is needed: its own seed counts among Python's draws


def get_random_seed() -> int | None:
    """What `set_random_seed` was given in this session, or None."""
    return settings.session("random_seed", lambda: None)
