"""Entries: how a config names an object, by its class and what it was made with; and how one is taken apart.

Above: ages.py and the tables of each age.
"""

from __future__ import annotations

from pellucid.errors import FileError


def is_entry(config) -> bool:
    """Whether plain data stands for an object."""
    return isinstance(config, dict) and isinstance(config.get("class_name"), str) and "config" in config


def entry(class_name: str, **config) -> dict:
    """Plain data that stands for an object."""
    return {"class_name": class_name, "config": config}


def take(config: dict, key: str, harmless: tuple, path) -> None:
    """Drop a key that no layer has any more.

    Raises:
        FileError: it holds a value that would change something.
    """
    if key in config and not any(_same(config[key], value) for value in harmless):
        raise FileError(
            "The file's model has a setting that Keras 3 no longer has.",
            got=f"{key}={config[key]!r}"[:200],
            expected=" or ".join(repr(value) for value in harmless),
            where="/".join(path),
        )
    config.pop(key, None)


def gone(class_name: str, path, instead: str) -> FileError:
    """The error about a layer that Keras 3 no longer has."""
    return FileError(
        f"The file's model has a layer of a kind that Keras 3 no longer has: {class_name}.",
        where="/".join(path),
        expected=instead,
        fix=f'custom_objects={{"{class_name}": YourLayer}}',
    )


def _same(value, other) -> bool:
    """Equal, and of one kind: 1 is not True here."""
    return value == other and (isinstance(value, bool) == isinstance(other, bool))
