"""Versions of what is installed."""

from importlib.metadata import PackageNotFoundError, version


def version_of(name):
    """Version of an installed package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
