"""What a programme does to a need: what is true on average with its error, and what deciders take for true."""

from dataclasses import dataclass

from sim.core.evidence import check_source
from sim.core.faults import InputError
from sim.core.kinds import Kind
from sim.core.parameters import check_keys, quantity, table_of
from sim.programmes.fields import check_kind, number_in, one_of

# What a log ratio moves: the chance to worsen, the chance to ease.
TURNS = {"escalation": (1, 0), "recovery": (0, 1), "both": (1, -1)}
MOST_LOG_RATIO = 5
FITTED = "fitted:"
_SIZE = Kind(-MOST_LOG_RATIO, MOST_LOG_RATIO, money=False)
_KEYS = ("need", "on", "value", "se", "low", "high", "source", "believed")
_NEW_FORM = (
    "write need, on, value, se, low, high and source under [[effect]]: value is the log ratio of the quarterly chance, "
    "source says where it comes from, and the studies go under [[trial]] by their row of trials.csv"
)


@dataclass(frozen=True)
class Effect:
    """Effect on one need.

    Attributes
    ----------
    need : str
    on : str
        ``escalation``, ``recovery``, or ``both``: then `value` is of worsening, and its negative of easing.
    value, se : float
        Log ratio of the quarterly chance that is true on average, and the standard error of its draws.
    low, high : float
        Range of `value`.
    believed : float
        Log ratio that deciders start from.
    source : str
    """

    need: str
    on: str
    value: float
    se: float
    low: float
    high: float
    source: str
    believed: float

    @property
    def turns(self):
        """Factors of the log ratio on worsening and on easing."""
        return TURNS[self.on]

    @property
    def fitted_on(self):
        """Row of trials.csv that its value was fitted on; empty where it was not."""
        table, _, rest = self.source.removeprefix(FITTED).strip().partition(":")
        return rest.split(" ")[0].rstrip(",;") if self.source.startswith(FITTED) and table == "trials" else ""


def read_effects(path, rows, faults):
    """The effects of a file, those in the wrong form left out: list of Effect."""
    for number, row in enumerate(rows, 1):
        if isinstance(row, dict) and "study" in row:
            faults.errors.append(InputError(path, f"effect {number}: study", "is no longer the form", _NEW_FORM))
            return []
    effects, given = [], set()
    for number, row in enumerate(rows, 1):
        where = f"effect {number}"
        with faults.kept():
            effects.append(_effect(path, where, table_of(path, where, row), faults))
        with faults.kept():
            _check_once(path, where, row, given)
    return [effect for effect in effects if effect]


def _check_once(path, where, row, given):
    """Two effects on the same chance of a need would add up."""
    need, on = (str(row.get(key)) if isinstance(row, dict) else "" for key in ("need", "on"))
    for direction, turn in zip(("escalation", "recovery"), TURNS.get(on, (0, 0)), strict=True):
        if turn and (need, direction) in given:
            raise InputError(path, where, f"{direction} of {need} is given twice", "put all that acts on it in one")
        given |= {(need, direction)} if turn else set()


def _effect(path, where, row, faults):
    """One effect; None where something is wrong with it."""
    before = len(faults.errors)
    check_keys(row, path, _KEYS, faults, f"{where}: ")
    with faults.kept():
        check_kind(path, f"{where}: need", row.get("need"), str)
    with faults.kept():
        one_of(path, f"{where}: on", row.get("on"), TURNS)
    with faults.kept():
        given = {key: row[key] for key in ("value", "low", "high", "source") if key in row}
        size = quantity({"unit": "log ratio", **given}, path, where, _SIZE)
        if size.source.startswith(FITTED):
            check_source(size.source.removeprefix(FITTED).strip(), path, where)
    with faults.kept():
        se = number_in(path, f"{where}: se", row.get("se"), 0, MOST_LOG_RATIO)
    with faults.kept():
        believed = None
        if "believed" in row:
            believed = number_in(path, f"{where}: believed", row["believed"], -MOST_LOG_RATIO, MOST_LOG_RATIO)
    if len(faults.errors) > before:
        return None
    taken_for = size.value if believed is None else believed
    return Effect(row["need"], row["on"], size.value, se, size.low, size.high, size.source, taken_for)
