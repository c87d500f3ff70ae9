"""Keys in the tables of a programme's file: there, of the right type, among those known, within limits."""

from sim.core.faults import InputError, shown, suggest
from sim.core.numbers import read_number

_WORDS = {str: "text in quotes", list: "a list, not empty", int: "a whole number", dict: "a table"}


def check_kind(path, key, item, kind):
    """Refuse what is missing, empty or of the wrong type.

    Raises
    ------
    InputError
    """
    if item is None:
        raise InputError(path, key, "is missing", f"give {_WORDS[kind]}")
    if not isinstance(item, kind) or isinstance(item, bool) or item in ([], {}):
        raise InputError(path, key, f"{shown(item)} is empty or has the wrong type", f"give {_WORDS[kind]}")


def one_of(path, key, item, known):
    """The name itself if it is among those known.

    Raises
    ------
    InputError
    """
    if item is None:
        raise InputError(path, key, "is missing", "give one of " + ", ".join(known))
    if not isinstance(item, str) or item not in known:
        raise InputError(path, key, f"{shown(item)} is unknown", suggest(item, known))
    return item


def number_in(path, key, item, low, high, whole=False):
    """A number within limits.

    Raises
    ------
    InputError
    """
    number = read_number("" if item is None else item, path, key, "value")
    if not low <= number <= high or (whole and number % 1):
        given = f"{number:g} is out of range" if not low <= number <= high else f"{number:g} is not whole"
        raise InputError(path, key, given, f"give {low:g} to {high:g}" + (", whole" if whole else ""))
    return int(number) if whole else number


def check_names(path, key, names, faults, known=None):
    """Names in quotes, each once; known ones where it is known here which those are."""
    for i, name in enumerate(names):
        with faults.kept():
            if not isinstance(name, str) or (known is not None and name not in known):
                remedy = suggest(name, known) if known else "give names in quotes"
                raise InputError(path, key, f"{shown(name)} is unknown", remedy)
            if name in names[:i]:
                raise InputError(path, key, f"{name!r} is named twice", "name each once")
