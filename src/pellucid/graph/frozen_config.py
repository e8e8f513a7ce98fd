"""Config: names and values of an experiment, read and set as attributes or as items, until they are frozen.

Above: the door `utils`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from pellucid.errors import ArgumentError, MissingAttributeError, nearest


class Config:
    """Names and values: ``Config(rate=0.1).rate`` is 0.1.

    Args:
        kwargs: the first of them.

    Source: keras.utils.Config, Keras 3.15.
    """

    def __init__(self, **kwargs):
        vars(self).update(_config=kwargs, _frozen=False)

    @property
    def frozen(self) -> bool:
        """Whether nothing may be changed now."""
        return self._frozen

    def freeze(self) -> None:
        """Let nothing be changed from now on."""
        vars(self)["_frozen"] = True

    def unfreeze(self) -> None:
        """Let values be changed again."""
        vars(self)["_frozen"] = False

    def as_dict(self) -> dict:
        """A dict of the names and values, which may be changed."""
        return dict(self._config)

    def to_json(self) -> str:
        """The names and values as JSON text."""
        return json.dumps(self._config)

    def keys(self):
        return self._config.keys()

    def values(self):
        return self._config.values()

    def items(self):
        return self._config.items()

    def get(self, keyname, value=None):
        """The value of a name, or another where there is none."""
        return self._config.get(keyname, value)

    def pop(self, *args):
        """Take a name away and give its value, or a second argument where there is none."""
        return self._changeable().pop(*args)

    def update(self, *args, **kwargs) -> None:
        """Set several values, as a dict does."""
        self._changeable().update(*args, **kwargs)

    def _changeable(self) -> dict:
        if self._frozen:
            raise ArgumentError("The config is frozen.", fix="config.unfreeze()")
        return self._config

    def __setattr__(self, name, value):
        if name in dir(type(self)):
            raise ArgumentError(f"`{name}` is a method of a config.", fix=f'config["{name}"] = ...')
        self._changeable()[name] = value

    def __getattr__(self, name):
        known = vars(self).get("_config", {})  # while it is being copied there is none yet
        if name.startswith("__") or name not in known:
            close = nearest(name, known, most=1)
            raise MissingAttributeError(
                f"The config has no `{name}`.", expected=f"such as `{close[0]}`" if close else ", ".join(known)
            )
        return known[name]

    def __setitem__(self, key, item):
        self._changeable()[key] = item

    def __getitem__(self, key):
        return self._config[key]

    def __delitem__(self, key):
        del self._changeable()[key]

    def __contains__(self, item) -> bool:
        return item in self._config

    def __iter__(self) -> Iterator:
        return iter(sorted(self._config))

    def __len__(self) -> int:
        return len(self._config)

    def __repr__(self) -> str:
        return f"<Config {self._config}>"
