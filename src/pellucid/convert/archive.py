"""ExportArchive: a name of Keras's for what TensorFlow alone can do; it says what does that work here."""

from __future__ import annotations

from pellucid.errors import MissingPackageError


class ExportArchive:
    """SavedModels with endpoints, in Keras.

    Raises:
        MissingPackageError: always; the format is TensorFlow's own.
    """

    def __init__(self):
        raise MissingPackageError(
            "An ExportArchive writes SavedModels, which TensorFlow alone does.",
            expected="a file of ONNX, PyTorch or OpenVINO",
            fix='model.export("model.onnx", format="onnx")',
        )
