"""What good files are loaded with: each way that reads a file, as a function without arguments."""

from __future__ import annotations

import pathlib

from files.contract.configs import model as rich_model
from files.contract.corpus import small
from pellucid.models import model_from_json
from pellucid.saving import load_model


def acts(library, folder: pathlib.Path) -> dict:
    """Loads of good files that lie in a folder, by what is called."""
    rich, plain = rich_model(library), small()
    rich.save(folder / "rich.keras")
    rich.save(folder / "rich.h5")
    plain.save(folder / "good.keras")
    plain.save(folder / "good.h5")
    plain.save_weights(folder / "good.weights.h5")
    text = rich.to_json()
    return {
        "load_model(.keras)": lambda: load_model(folder / "rich.keras"),
        "load_model(.h5)": lambda: load_model(folder / "rich.h5"),
        "load_weights(.keras)": lambda: plain.load_weights(folder / "good.keras"),
        "load_weights(.weights.h5)": lambda: plain.load_weights(folder / "good.weights.h5"),
        "load_weights(.h5)": lambda: plain.load_weights(folder / "good.h5"),
        "model_from_json": lambda: model_from_json(text),
    }
