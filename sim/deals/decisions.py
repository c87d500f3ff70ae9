"""Decisions as data: each one taken is taken down, and a list may take it in place of a rule (docs/odd.md, 6.11)."""

from collections import defaultdict
from dataclasses import dataclass, field

from sim.programmes.refusals import REFUSED


@dataclass(frozen=True)
class Listable:
    """A kind of decision that a list may give.

    Attributes
    ----------
    of : str
        What it is of: ``programme``, ``line``, or ``party``, which may be left out for any.
    unit : str
        What its number counts; empty where it has none.
    may_be_silent : bool
        Whether the number may be left out.
    nothing : str
        Why it changes nothing where the year brings no occasion for it.
    """

    of: str
    unit: str = ""
    may_be_silent: bool = False
    nothing: str = ""


_SIZES = {"nothing": "it sizes no such service this year"}
_MEMBERS = {"nothing": "there is no body that it could join or leave at this point"}
_CLAIMS = {"nothing": "nothing was asked of it this year"}
LISTABLE = {
    "commission": Listable("programme", "families", nothing="it commissions nothing by list this year"),
    "join": Listable("party", **_MEMBERS),
    "leave": Listable("party", **_MEMBERS),
    "accept": Listable("party", "pence", True, **_CLAIMS),
    "refuse": Listable("party", **_CLAIMS),
    "hold_threshold": Listable("line", **_SIZES),
    "lower_threshold": Listable("line", "places", **_SIZES),
    "close_places": Listable("line", "places", **_SIZES),
    "open_places": Listable("line", "places", **_SIZES),
}
OPPOSITE = {"leave": "join", "refuse": "accept", "lower_threshold": "hold_threshold", "open_places": "close_places"}


@dataclass(frozen=True)
class Decision:
    """A decision that a list gives.

    Attributes
    ----------
    year : int
    party : str
        Who decides.
    kind : str
        One of :data:`LISTABLE`.
    what : str
        Programme, service line or party that it is of; any where empty.
    number : int or None
        Families, places or pence.
    where, key : str
        The file and the place in it that gave it.
    """

    year: int
    party: str
    kind: str
    what: str = ""
    number: int | None = None
    where: str = field(default="", compare=False, repr=False)
    key: str = field(default="", compare=False, repr=False)

    @property
    def plain(self):
        """Its five values, as a list in Python gives them."""
        return self.year, self.party, self.kind, self.what, self.number


class DecisionBook:
    """What is decided in a run: what a list says, and every decision taken.

    Parameters
    ----------
    calendar : Calendar
    listed : sequence of Decision
        Each overrides the rule for its party, kind and year.

    Attributes
    ----------
    rows : list of tuple
        (year, party, kind, decision, what, outcome), in the order taken.
    notes : list of str
        A line for each listed decision that changed nothing.
    """

    def __init__(self, calendar, listed=()):
        self.calendar, self.rows, self.notes = calendar, [], []
        self._listed, self._open, self._declined = defaultdict(list), [], {}
        for item in listed:
            self._listed[item.year, item.party, item.kind].append(item)
            self._open.append(item)

    def taken(self, party, kind, decision, what, outcome):
        """Take down a decision; a listed one that it carries out is done.

        Parameters
        ----------
        party : str
            Code of who decides.
        kind : str
        decision : int or str
            Families, places or pence decided on; ``yes`` where the kind says it all.
        what : str
            Programme, line, body or deal that it is of.
        outcome : int or str
            What came of it.
        """
        self.rows.append((self.calendar.year, party, kind, str(decision), what, str(outcome)))
        if kind == "commission":
            self._declined.pop((party, what), None)
        done = [item for item in self.listed(party, kind) if item.what in ("", what)]
        self._open = [item for item in self._open if item not in done]

    def declined(self, body, programme, why):
        """Take down why a body does not buy a programme: once, until the reason is another or it has been bought."""
        if self._declined.get((body, programme)) != why:
            self.taken(body, "decline", "yes", programme, why)
            self._declined[body, programme] = why

    def listed(self, party, *kinds):
        """What a list says of some kinds to a party this year: list of Decision."""
        year = self.calendar.year
        return [item for kind in kinds for item in self._listed.get((year, party, kind), ())]

    def says(self, party, what, *kinds):
        """The first listed decision of some kinds on one thing this year; None where the list is silent."""
        return next((item for item in self.listed(party, *kinds) if item.what in ("", what)), None)

    def is_open(self, item):
        """Whether a listed decision has neither been carried out nor refused."""
        return item in self._open

    def refuse(self, item, why):
        """A listed decision is not carried out: it changes nothing, and the reason is taken down."""
        number = "yes" if item.number is None else str(item.number)
        self.rows.append((item.year, item.party, item.kind, number, item.what, REFUSED + why))
        name = " ".join(part for part in (item.kind, item.what) if part)
        self.notes.append(f"year {item.year}: {item.party}: {name}: refused, {why}")
        self._open = [other for other in self._open if other != item]

    def close_year(self):
        """Listed decisions of the year that met no occasion are refused."""
        for item in [item for item in self._open if item.year == self.calendar.year]:
            self.refuse(item, LISTABLE[item.kind].nothing)
