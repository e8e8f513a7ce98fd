"""What HDF5 says of values: how many there are along each axis, and of which kind one is.

Below:  storage.py gives the fields.
Above:  arrays.py and attributes.py.
Kept true: an array's values are plain numbers of at most eight bytes, as NumPy and PyTorch know them.

Source: HDF5 File Format Specification 3.0, sections IV.A.2.b and IV.A.2.d.
"""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.errors import FileError
from pellucid.files.hdf5.storage import Fields, broken

MOST_AXES = 32
_INTEGER, _FLOAT, _TEXT, _OPAQUE, _ENUM, _ANY_LENGTH = 0, 1, 3, 5, 8, 9
# Bits: place and size of the exponent, of the mantissa, and the exponent's bias; Source: IEEE 754.
_FLOATS = {
    2: {(16, 10, 5, 0, 10, 15): "f2", (16, 7, 8, 0, 7, 127): "bfloat16"},
    4: {(32, 23, 8, 0, 23, 127): "f4"},
    8: {(64, 52, 11, 0, 52, 1023): "f8"},
}


@dataclass(frozen=True)
class Kind:
    """What one value is.

    Args:
        code: as NumPy names it with its order of bytes ("<f4"); "bool", "bfloat16", "opaque", "text" or "any length".
        size: bytes of one value in the file.
    """

    code: str
    size: int


def shape(fields: Fields) -> tuple[int, ...] | None:
    """Elements along each axis; None where there is no value at all."""
    version, rank, flags = fields.unpack("BBB")
    if version not in (1, 2) or rank > MOST_AXES or flags & ~3:
        raise FileError("An array has no plain shape.", got=f"version {version}, {rank} axes")
    kind = fields.raw(5)[0] if version == 1 else fields.number(1)
    if version == 2 and kind == 2 and rank == 0:
        return None
    if version == 2 and kind != (1 if rank else 0):
        raise FileError("An array has no plain shape.", got=f"kind {kind}, {rank} axes")
    return fields.unpack(f"{rank}Q")


def kind(fields: Fields, inside: bool = False) -> Kind:
    """Of which kind values are.

    Args:
        inside: of another kind, where a third one would be one too many.

    Raises:
        FileError: none that is read.
    """
    head, *flags = fields.unpack("4B")
    size = fields.number(4)
    group, version = head & 15, head >> 4
    if not 1 <= version <= 5 or size == 0:
        raise broken("a kind of values is not known", f"version {version}, {size} bytes")
    if group == _INTEGER:
        return _integer(fields, flags, size)
    if group == _FLOAT:
        return _float(fields, flags, size)
    if group == _TEXT:
        return Kind("text", size)
    if group == _OPAQUE:
        return Kind("opaque", size)
    if group == _ENUM and not inside:
        return _two_values(fields, flags[0] | flags[1] << 8, version)
    if group == _ANY_LENGTH and flags[0] & 15 == 1 and size == 16:
        return Kind("any length", size)
    raise _no_numbers(f"class {group}")


def _order(flag: int) -> str:
    return ">" if flag & 1 else "<"


def _integer(fields, flags, size: int) -> Kind:
    offset, precision = fields.unpack("HH")
    if size not in (1, 2, 4, 8) or offset or precision != 8 * size or flags[0] & ~0x0F or flags[1] | flags[2]:
        raise _no_numbers(f"whole numbers of {precision} bits in {size} bytes")
    return Kind(f"{_order(flags[0])}{'i' if flags[0] & 8 else 'u'}{size}", size)


def _float(fields, flags, size: int) -> Kind:
    offset, precision, *parts = fields.unpack("HHBBBBI")
    name = _FLOATS.get(size, {}).get((precision, *parts))
    is_plain = offset == 0 and flags[0] & ~1 == 0x20 and flags[1] == 8 * size - 1 and not flags[2]
    if name is None or not is_plain or (name == "bfloat16" and flags[0] & 1):
        raise _no_numbers(f"floating-point numbers of {precision} bits in {size} bytes")
    return Kind(name if name == "bfloat16" else _order(flags[0]) + name, size)


def _two_values(fields, count: int, version: int) -> Kind:
    """FALSE and TRUE, as NumPy's booleans are written; no other names for numbers."""
    base = kind(fields, inside=True)
    names = []
    for _ in range(min(count, 3)):
        start = fields.at
        names.append(fields.raw(6).split(b"\0")[0])
        fields.at = start + (8 if version < 3 else len(names[-1]) + 1)
    if base.code != "<i1" or names != [b"FALSE", b"TRUE"] or fields.raw(2) != b"\0\1":
        raise _no_numbers("numbers with names")
    return Kind("bool", 1)


def _no_numbers(got: str) -> FileError:
    return FileError("An array holds no plain numbers.", got=got)
