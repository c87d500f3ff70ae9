"""Numbers as people write them."""

import math
import operator
import re
from pathlib import PurePath

from sim.core.faults import InputError, shown

# How numbers are written that are none to a computer, and what would be right.
_SPELT = (
    (r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", lambda text: f"write {text.replace(',', '')}, without commas"),
    (r"[-+]?\d*,\d+", lambda text: f"write {text.replace(',', '.')}, with a point"),
    (r"[-+]?\d+(\.\d+)? ?%", lambda text: f"write {float(text.strip('% ')) / 100:g} for {text}"),
    (r"£ ?\d[\d.,]*", lambda text: f"write {text.strip('£ ').replace(',', '')}, without the sign"),
)


def read_number(text, where, key, name):
    """A finite number from a text or a number; True, False and bytes are none, and in TOML, which has numbers, no text is."""
    if text is None or (isinstance(text, str) and not text):  # arrays have no one answer to ==
        raise InputError(where, key, f"has no {name}", "give a number such as 0.5")
    try:
        value = float("no number" if isinstance(text, bool | bytes | bytearray) else text)
    except OverflowError:
        value = math.inf
    except (TypeError, ValueError):
        written = str(text).strip() if isinstance(text, str) else ""
        cures = [cure(written) for pattern, cure in _SPELT if re.fullmatch(pattern, written)]
        remedy = (*cures, "give a number such as 0.5")[0]
        raise InputError(where, key, f"{name} {shown(text)} is not a number", remedy) from None
    if not math.isfinite(value):
        raise InputError(where, key, f"{name} {shown(text)} is not finite", "give a finite number")
    if isinstance(text, str) and PurePath(where).suffix == ".toml":
        raise InputError(where, key, f"{name} {shown(text)} is text", f"write {value:.15g}, without quotation marks")
    return value


def read_whole(where, key, value, low, high):
    """The whole number itself if it is one in its range.

    Raises
    ------
    InputError
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise InputError(where, key, f"{shown(value)} is not a whole number", f"give {low} to {high}") from None
    if not low <= number <= high:
        raise InputError(where, key, f"{shown(number)} is out of range", f"give {low} to {high}")
    return number
