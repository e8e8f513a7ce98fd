"""Bad safetensors files: headers that lie about what lies behind them.

Above: corpus.py.
"""

from __future__ import annotations

import json
import struct


def parts(good: bytes) -> tuple[dict, bytes]:
    """The header of a file, and the bytes behind it."""
    (length,) = struct.unpack_from("<Q", good)
    return json.loads(good[8 : 8 + length]), good[8 + length :]


def joined(header: dict | bytes, data: bytes, length: int | None = None) -> bytes:
    """A file of a header and bytes; its told length may be another."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def unsealed(good: bytes) -> bytes:
    """A file without checksums: what is changed is then met itself."""
    header, data = parts(good)
    del header["__metadata__"]["crc32"]
    return joined(header, data)


def with_config(good: bytes, config: bytes) -> bytes:
    """A file with another text as its model's config."""
    header, data = parts(good)
    header["__metadata__"]["keras_config"] = config.decode()
    return joined(header, data)


def every(good: bytes) -> dict[str, bytes]:
    """All bad files, by name."""
    header, data = parts(good)
    kernel = "layers/dense/vars/0"
    begin, end = header[kernel]["data_offsets"]

    def told(**changes) -> bytes:
        return joined({**header, kernel: {**header[kernel], **changes}}, data)

    def without(name) -> bytes:
        return joined({key: value for key, value in header.items() if key != name}, data)

    text = json.dumps(header)
    return {
        "empty": b"",
        "seven bytes": bytes(7),
        "a length alone": struct.pack("<Q", 100),
        "a length beyond the end": joined(header, data, len(good)),
        "a length of 2**63": joined(header, data, 2**63),
        "a length of 0": joined(header, data, 0),
        "a length too short": joined(header, data, 100),
        "cut": good[:-1],
        "more behind": good + b"x",
        "a list": joined(b"[]", data),
        "no JSON": joined(b"{", data),
        "no UTF-8": joined(text.replace("dense", "\udc80").encode("utf-8", "surrogateescape"), data),
        "NaN": joined(text.replace('"shape": [', '"shape": [NaN, ', 1).encode(), data),
        "a name twice": joined((text[:-1] + f', "{kernel}": {json.dumps(header[kernel])}}}').encode(), data),
        "a name of 2000 letters": joined({**header, "x" * 2000: header[kernel]}, data),
        "an empty name": joined({**header, "": header[kernel]}, data),
        "an unknown dtype": told(dtype="F33"),
        "a dtype that is a number": told(dtype=4),
        "a dtype that is a list": told(dtype=["F32"]),
        "another dtype": told(dtype="F64"),
        "a shape that is a number": told(shape=12),
        "a shape of text": told(shape=["4", 3]),
        "a shape of floats": told(shape=[4.0, 3.0]),
        "a shape of truth": told(shape=[True, 12]),
        "a shape below zero": told(shape=[-4, -3]),
        "a shape beyond all": told(shape=[2**40, 2**40]),
        "another shape of the same size": told(shape=[3, 4]),
        "offsets exchanged": told(data_offsets=[end, begin]),
        "offsets below zero": told(data_offsets=[begin - end, 0]),
        "offsets beyond the end": told(data_offsets=[len(data), len(data) + end - begin]),
        "offsets of text": told(data_offsets=["0", "48"]),
        "one offset": told(data_offsets=[begin]),
        "three offsets": told(data_offsets=[begin, end, end]),
        "no offsets": told(data_offsets=None),
        "a key too many": told(marker=1),
        "an entry that is a list": joined({**header, kernel: [1]}, data),
        "an entry that is nothing": joined({**header, kernel: None}, data),
        "a tensor too few": without(kernel),
        "metadata that are a list": joined({**header, "__metadata__": [1]}, data),
        "metadata that are numbers": joined({**header, "__metadata__": {"format": 1}}, data),
        "checksums that are a list": joined({**header, "__metadata__": {**header["__metadata__"], "crc32": "[1]"}}, data),
        "checksums that are wrong": joined({**header, "__metadata__": {**header["__metadata__"], "crc32": json.dumps({kernel: 1})}}, data),
        "two tensors at one place": told(data_offsets=next(v["data_offsets"] for k, v in header.items() if k == "layers/dense_1/vars/0")),
        "a hole": joined({**header, kernel: {**header[kernel], "data_offsets": [begin + 4, end + 4]}}, data + bytes(4)),
    }  # fmt: skip
