"""The `onnx` package, which is installed where somebody asks for it."""

from __future__ import annotations

import importlib
from typing import Any

from pellucid.errors import MissingPackageError


def onnx_package() -> Any:
    """The `onnx` package.

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        importlib.import_module("onnx.numpy_helper")
        return importlib.import_module("onnx")
    except ImportError as error:
        raise MissingPackageError(
            "ONNX files are read and written with the package `onnx`.", got=str(error), fix="pip install pellucid[onnx]"
        ) from error
