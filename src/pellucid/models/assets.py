"""Assets: what layers keep in a file beside their weights, such as a learned vocabulary; by the paths of the weights.

Below:  naming_tree.py says which object has which path; layers give and take theirs as texts.
Above:  saving.py.
Kept true: on loading nothing is written to the disk, unless a class of the caller's own asks for a folder to read.

Source: keras.saving, Keras 3.15 (``assets/PATH/NAME`` inside the archive).
"""

from __future__ import annotations

import os
import pathlib
import tempfile
from collections.abc import Mapping

from pellucid.errors import FileError
from pellucid.models import naming_tree


def gathered(model) -> dict[str, bytes]:
    """All assets of a model, by the names that they have in an archive."""
    found = {}
    for path, thing in naming_tree.objects(model):
        for name, data in _given(thing).items():
            found[_member(path, name)] = data
    return found


def give(model, members: Mapping[str, bytes]) -> None:
    """Give each layer its assets.

    Raises:
        FileError: one of them is not what its layer takes.
    """
    for path, thing in naming_tree.objects(model) if members else ():
        prefix = _member(path, "")
        mine = {name.removeprefix(prefix): data for name, data in members.items() if name.startswith(prefix)}
        mine = {name: data for name, data in mine.items() if "/" not in name}
        if not mine or not hasattr(thing, "load_assets"):
            continue
        try:
            _take(thing, mine)
        except FileError:
            raise
        except Exception as error:
            raise FileError(
                f"An asset does not fit '{thing.name}'.", got=f"{type(error).__name__}: {error}"[:300], where=prefix
            ) from error


def _member(path: str, name: str) -> str:
    return "/".join(("assets", *([path] if path else []), name))


def _given(thing) -> dict[str, bytes]:
    if hasattr(thing, "asset_texts"):
        return {name: text.encode() for name, text in thing.asset_texts().items()}
    if not hasattr(thing, "save_assets"):
        return {}
    with tempfile.TemporaryDirectory() as folder:
        thing.save_assets(folder)
        return {file.name: file.read_bytes() for file in sorted(pathlib.Path(folder).iterdir()) if file.is_file()}


def _take(thing, mine: dict[str, bytes]):
    if hasattr(thing, "take_asset_texts"):
        thing.take_asset_texts({name: data.decode() for name, data in mine.items()})
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, data in mine.items():
            pathlib.Path(os.path.join(folder, name)).write_bytes(data)
        thing.load_assets(folder)
