"""Wishes: which family, or which pound, a trace shall find; data in ``scenarios/wishes.toml``."""

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from sim.core.faults import InputError, suggest
from sim.core.input_files import read_toml


@dataclass(frozen=True)
class Wanted:
    """A condition on what help saved somebody: pounds, or multiples of what the help cost.

    Attributes
    ----------
    who : str
        ``payer``, ``others``, ``all`` or an agency.
    at_least, at_most : float or None
        Multiples of the cost.
    at_least_gbp : float or None
    """

    who: str
    at_least: float | None = None
    at_most: float | None = None
    at_least_gbp: float | None = None


@dataclass(frozen=True)
class FamilyWish:
    """Which family.

    Attributes
    ----------
    name, text : str
    want : tuple of Wanted
    paid_by : str
        Who shall have paid for its help; anybody where it is empty.
    """

    name: str
    text: str
    want: tuple
    paid_by: str = ""


@dataclass(frozen=True)
class PoundWish:
    """Which pound: where it comes in, and for what purposes it is then paid, in this order."""

    name: str
    text: str
    start: str
    through: tuple


@cache
def wishes(kind):
    """Wishes by name for a ``family`` or a ``pound``."""
    given = read_toml(str(files("sim") / "scenarios" / "wishes.toml"))[kind]
    if kind == "family":
        return {
            name: FamilyWish(name, item["text"], tuple(Wanted(**one) for one in item["want"]))
            for name, item in given.items()
        }
    return {name: PoundWish(name, item["text"], item["start"], tuple(item["through"])) for name, item in given.items()}


def wish_named(kind, name):
    """A wish by its name.

    Raises
    ------
    InputError
    """
    if name not in wishes(kind):
        raise InputError("--wish", name, "is unknown", suggest(name, list(wishes(kind))))
    return wishes(kind)[name]


def family_wish(name="wrong_pocket", agency=None, at_least=None, paid_by=None):
    """The wish of that name, or one for a family whose help saved an agency so many pounds; what its help cost by default.

    Raises
    ------
    InputError
    """
    if at_least is not None and agency is None:
        raise InputError("--at-least", at_least, "says nothing of whom", "add --agency, as --agency nhs")
    if at_least is not None and not -1e9 <= at_least <= 1e9:
        raise InputError("--at-least", at_least, "is out of range", "give pounds, as --at-least 5000")
    wish = wish_named("family", name)
    if agency is not None:
        sum_of = "what it cost" if at_least is None else f"£{at_least:,.0f}"
        want = Wanted(agency, at_least=1) if at_least is None else Wanted(agency, at_least_gbp=at_least)
        wish = FamilyWish("asked", f"A family whose help saved {agency} {sum_of} or more.", (want,))
    return replace(wish, paid_by=paid_by or "")
