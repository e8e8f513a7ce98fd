"""Every error that Pellucid raises on purpose: what was got, what was expected, what to type.

Neighbours: all floors raise these; nothing here imports from the package.
Kept true:  each class is also the builtin kind that Keras raises at the same place, so that a
            user's ``except ValueError`` keeps working, and each prints in one form:

    No element 36 in a value of shape (3, 3, 4).
      got       36
      expected  0 to 35
      fix       give a flat index within the value
"""

from __future__ import annotations

_UNSET = object()


class PellucidError(Exception):
    """The parent of all errors below.

    Args:
        message: one sentence that says what is wrong, with a full stop.
        got: what the user gave.
        expected: what would have been right.
        fix: what to type.
        where: the path of the layer or the place in a file that this is about.
    """

    def __init__(self, message: str, *, got=_UNSET, expected=_UNSET, fix=_UNSET, where=_UNSET):
        super().__init__(message)
        facts = {"got": got, "expected": expected, "fix": fix, "where": where}
        self.message = message
        self.facts = {word: fact for word, fact in facts.items() if fact is not _UNSET}

    def __str__(self) -> str:
        lines = [self.message]
        lines += [f"  {word:<8}  {fact}" for word, fact in self.facts.items()]
        return "\n".join(lines)


class ArgumentError(PellucidError, ValueError):
    """An argument holds a value that it cannot have."""


class PlaceError(ArgumentError, IndexError):
    """There is no such axis, layer or place."""


class ArgumentTypeError(PellucidError, TypeError):
    """An argument is of a kind that it cannot be, or is not known at all."""


class ContentError(ArgumentError, ArgumentTypeError):
    """Text or Python objects where numbers are needed; Keras has either kind, by the place."""


class UnknownArgumentError(ArgumentError, ArgumentTypeError):
    """A keyword that is not taken; Keras has either kind, by the way it was given."""


class ConfigError(ArgumentError, ArgumentTypeError):
    """A class cannot be made from what a config gives it; Keras has either kind, by the place."""


class ShapeError(PellucidError, ValueError):
    """Sizes or numbers of axes do not fit together."""


class DtypeError(PellucidError, ValueError):
    """A dtype is unknown, or not lawful at this place."""


class UnknownNameError(PellucidError, ValueError):
    """A name stands for nothing that is known; the message names the nearest."""


class MissingKeyError(PellucidError, KeyError):
    """A key, or a path of keys, is looked up where it is not."""


class StateError(PellucidError, RuntimeError):
    """Something was asked for before, or after, it can be had."""


class OrderError(PellucidError, ValueError):
    """Something was asked for in the wrong order, such as `fit` before `compile`."""


class MissingAttributeError(PellucidError, AttributeError):
    """An attribute does not exist yet, and the message says what makes it."""


class OperationError(PellucidError, ValueError, RuntimeError):
    """PyTorch refused a computation; shapes and dtypes of what it was given are told."""


class AxisError(OperationError, IndexError):
    """PyTorch refused a computation because there is no such axis or place."""


class UnsupportedError(PellucidError, NotImplementedError):
    """Something that cannot be had here, and why."""


class MissingPackageError(PellucidError, ImportError):
    """A package, or a part of one, that is not there."""


class MissingModuleError(PellucidError, ModuleNotFoundError):
    """A program imports what Pellucid has no stand-in for."""


class DataError(PellucidError, ValueError):
    """Data for training or prediction is empty, ragged, or of different lengths."""


class FileError(PellucidError, ValueError):
    """A file cannot be read or written: it is broken, of another kind, not safe, or not for this model."""


class FileTypeError(FileError, TypeError):
    """A file names a class or function that is not known, or has a thing of a wrong kind."""


class MissingFileError(FileError, FileNotFoundError):
    """There is no such file."""


def product(sizes) -> str:
    """A number of elements as the sizes that make it: ``product((8, 8, 256))`` is ``16384 = 8*8*256``."""
    total = 1
    for size in sizes:
        total *= size
    return str(total) if len(sizes) < 2 else f"{total} = {'*'.join(map(str, sizes))}"


_LONGEST_LIKENESS = 200


def nearest(name: str, names, most: int = 3) -> list[str]:
    """The known names that look most like `name`, best first, at most `most` of them; none is like a very long one."""
    import difflib  # only needed on the way to an error

    if len(name) > _LONGEST_LIKENESS:  # a file's names may be megabytes long
        return []
    by_lower = {str(known).lower(): str(known) for known in names}
    return [by_lower[low] for low in difflib.get_close_matches(name.lower(), list(by_lower), most)]
