"""Door: ``pellucid.export``, a name that Keras users look for there. Models are exported by `Model.export`."""

from pellucid.convert.archive import ExportArchive

__all__ = ["ExportArchive"]
