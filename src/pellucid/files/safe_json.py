"""JSON from files that nobody vouches for: bounded in size and depth, and with one meaning only.

Above: keras_zip.py and hdf5's readers take configs through this.
Kept true: what comes out is dicts, lists, strings, bools, None, finite floats and 64-bit ints.
"""

from __future__ import annotations

import json
import re

from pellucid.errors import FileError, FileTypeError

MOST_BYTES = 64 * 2**20
MOST_DEPTH = 64
# Python needs far more memory for many small things than their text does.
MOST_MARKS = 4_000_000
MOST_BRACKETS = 250_000
# Both run at the speed of a search for one letter; the last part is a text without an end.
_TEXTS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^\[\]{}]++")


def read(data: bytes | str):
    """What a JSON text says.

    Raises:
        FileError: not JSON, too large or deep, a key twice, NaN or infinite, an int beyond 64 bits.
    """
    if not isinstance(data, (bytes, str)):
        raise FileTypeError("JSON is a text.", got=type(data).__name__, expected="a string", fix="model.to_json()")
    if len(data) > MOST_BYTES:
        raise FileError("The JSON text is too large.", got=f"{len(data)} bytes", expected=f"at most {MOST_BYTES}")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        _check_count(text)
        _check_depth(text)
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_int, parse_float=_float
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError("The file holds no valid JSON.", got=str(error)[:200]) from error


def write(data) -> str:
    """JSON text that `read` takes back.

    Raises:
        FileError: NaN or infinity, or something that JSON does not have.
    """
    try:
        text = json.dumps(data, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise FileError(
            "The config cannot be written as JSON.",
            got=str(error),
            expected="dicts, lists, strings, finite numbers",
            fix="get_config() gives plain data; others through serialize_keras_object",
        ) from error
    read(text)
    return text


def _check_count(text: str):
    brackets = text.count("[") + text.count("{")
    marks = brackets + text.count(",") + text.count('"')
    if brackets > MOST_BRACKETS or marks > MOST_MARKS:
        raise FileError("The JSON text has too many parts.", got=f"{brackets} brackets, {marks} marks")


def _check_depth(text: str):
    depth = 0
    for mark in _NO_BRACKETS.sub("", _TEXTS.sub("", text)):
        depth += 1 if mark in "[{" else -1
        if depth > MOST_DEPTH:
            raise FileError("The JSON text is nested too deep.", got=f"more than {MOST_DEPTH}")


def _unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise FileError("A key stands twice in a JSON object.", got=repr(twice)[:100])
    return found


def _no_constant(word):
    raise FileError("A number in the JSON text is not finite.", got=word)


def _int(digits):
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**64:
        raise FileError("A whole number in the JSON text is too large.", got=digits[:40], expected="64 bits")
    return int(digits)


def _float(digits):
    number = float(digits)
    if number - number != 0:
        raise FileError("A number in the JSON text is not finite.", got=digits[:40])
    return number
