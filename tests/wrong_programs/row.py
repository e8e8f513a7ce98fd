"""Wrong: one wrong program, and what its error must say.

Above: the files beside this one list them by what goes wrong; test_user_errors.py runs them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """A program that must end in a clear error.

    Args:
        name: what is wrong with it, in words.
        program: gets the library, `pellucid` or `keras`.
        fragments: what the error's text must hold.
        kind: the builtin kind of the error where Keras runs on, or ends in an accident; else Keras is the judge.
    """

    name: str
    program: Callable
    fragments: tuple[str, ...]
    kind: type | tuple[type, ...] | None = None
