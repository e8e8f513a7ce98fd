"""The judge: Keras's own copy of its old image functions, which needs scipy and calls it by an old name."""

import importlib
import warnings

image = importlib.import_module("keras.src.legacy.preprocessing.image")

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    importlib.import_module("scipy.ndimage").interpolation.affine_transform  # noqa: B018  -- warns at first touch alone
