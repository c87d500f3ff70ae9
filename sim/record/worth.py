"""What outcomes are worth to society, as ``scenarios/social_value.toml`` has it (docs/odd.md, 8.2)."""

from dataclasses import dataclass
from importlib.resources import files

from sim.core.codes import FAMILIES, VICTIMS
from sim.core.faults import Faults, InputError, suggest
from sim.core.input_files import read_toml
from sim.core.kinds import COST, SHARE, WEIGHT
from sim.core.ledger import TREASURY
from sim.core.parameters import check_keys, quantity, read_values
from sim.programmes.catalogue import grade_correction
from sim.record.measures import of_group

VALUES = {
    "qaly": COST,
    "wellby": COST,
    "tax_on_earnings": SHARE,
    "met_need": SHARE,
    "lower_need": SHARE,
    "displaced_services": WEIGHT,
}
_KEYS = ("id", "measure", "whom", "rest", "share", "need", "levels", "event", "per", "grade", "amount")
_WHOM = (FAMILIES, VICTIMS, TREASURY)


@dataclass(frozen=True)
class Outcome:
    """What less of a need, or of an event, is worth.

    Attributes
    ----------
    id, measure : str
    whom, rest : str
        Who has the share of it that `share` names, and who has the rest; all of it is `whom`'s without a share.
    need, event : str
        What is less of; one of them is empty.
    levels : tuple of int
        Of the need.
    per : str
        The value that the amount is a number of; empty where it is pounds.
    grade : int
    """

    id: str
    measure: str
    whom: str
    rest: str
    share: str
    need: str
    event: str
    levels: tuple
    per: str
    grade: int

    @property
    def correction(self):
        """Share by which a gain is cut for the grade of its evidence."""
        return grade_correction(self.grade)


@dataclass(frozen=True)
class Worth:
    """All that outcomes are worth.

    Attributes
    ----------
    outcomes : tuple of Outcome
    values : dict of str to Quantity
        Those of :data:`VALUES`, and the amount of each outcome by its id.
    not_valued : dict of str to str
        What has no value, and why.
    """

    outcomes: tuple
    values: dict
    not_valued: dict

    def get(self, name):
        """A value; money in pounds of 2010/11."""
        return self.values[name].base_value

    def pounds(self, outcome):
        """Pounds of 2010/11 for a family-year with the need, or for an event."""
        return self.get(outcome.id) * (self.get(outcome.per) if outcome.per else 1.0)

    def parts(self, outcome):
        """Who has what share of an outcome: list of (code, share)."""
        if not outcome.share:
            return [(outcome.whom, 1.0)]
        share = self.get(outcome.share)
        return [(outcome.whom, share), (outcome.rest, 1.0 - share)]


def load_worth(path=None):
    """What outcomes are worth, from ``scenarios/social_value.toml`` or a file of the same form.

    Raises
    ------
    InputError
    """
    path = path or files("sim") / "scenarios" / "social_value.toml"
    given = read_toml(str(path))
    with Faults() as faults:
        check_keys(given, path, ("values", "outcome", "not_valued"), faults)
        values = read_values(given.get("values", {}), path, VALUES, faults, "values.")
        outcomes = []
        for row in given.get("outcome", ()):
            with faults.kept():
                outcome = _outcome(row, path, faults)
                values[outcome.id] = quantity(
                    row.get("amount"), path, f"{outcome.id}.amount", WEIGHT if outcome.per else COST
                )
                outcomes.append(outcome)
    return Worth(tuple(outcomes), values, dict(given.get("not_valued", {})))


def _outcome(row, path, faults):
    name = str(row.get("id", "outcome"))
    check_keys(row, path, _KEYS, faults, f"{name}.")
    shares = [key for key, kind in VALUES.items() if kind is SHARE]
    measures = [item for item in of_group("social") if item.endswith(("_gained", "_spared"))]
    asked = [("measure", measures), ("whom", _WHOM), ("grade", range(1, 7))]
    asked += [("share", shares), ("rest", _WHOM)] if "share" in row or "rest" in row else []
    asked += [("per", list(VALUES))] if "per" in row else []
    for key, known in asked:
        if row.get(key) not in known:
            known = [str(item) for item in known]
            raise InputError(path, f"{name}.{key}", f"{row.get(key)!r} is unknown", suggest(str(row.get(key)), known))
    if ("need" in row) == ("event" in row) or ("need" in row) != ("levels" in row):
        raise InputError(path, name, "is of no need and no event, or of both", "give need and levels, or an event")
    texts = {key: row.get(key, "") for key in ("measure", "whom", "rest", "share", "need", "event", "per")}
    return Outcome(name, levels=tuple(row.get("levels", ())), grade=row["grade"], **texts)
