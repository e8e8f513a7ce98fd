"""The version of this package, as the packaging tells it too."""

__version__ = "0.1.0"


def version() -> str:
    """This package's version."""
    return __version__
