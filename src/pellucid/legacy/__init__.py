"""Door: ``pellucid.legacy``, what Keras 3 keeps of Keras 2."""

from pellucid.legacy import saving

__all__ = ["saving"]
