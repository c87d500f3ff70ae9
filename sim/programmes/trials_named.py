"""The trials that a programme names: rows of trials.csv, and how each is measured in the model, or why it cannot be."""

from dataclasses import dataclass, fields

from sim.core.evidence import evidence
from sim.core.faults import InputError, check_name, suggest
from sim.core.parameters import check_keys, table_of
from sim.programmes.fields import check_kind, check_names, number_in, one_of

ENDPOINTS = {
    "share_at": "in the state at follow-up",
    "ever": "in the state, or with the event, by follow-up",
    "never": "never in the state, or with the event, by follow-up",
    "window": "in the state, or with the event, in the last months before follow-up",
    "days": "mean days in the state by follow-up",
    "events": "mean count of events by follow-up",
    "standardised": "standardised difference of levels at follow-up",
}
SCALES = ("difference", "ratio", "odds")
SENSES = ("worse", "better")
PARTS = ("engaged", "all")
STATES = ("need", "lines", "event", "entering")  # a state is given in one of these, or in both of the last
_HAPPEN = ("event", "entering")  # these happen in a quarter; the others last
_OF_A_SPELL, _OF_EVENTS = ("share_at", "days", "standardised"), ("events",)
MOST_MONTHS = 300


@dataclass(frozen=True)
class Trial:
    """A published finding, as the model measures it.

    Attributes
    ----------
    row : str
        Id in trials.csv, where its arms, follow-up and use stand.
    fixes : str
        Need whose effect is solved on it; empty where it must be predicted, or is only shown.
    endpoint : str
        One of :data:`ENDPOINTS`; empty where it is not emulated.
    need, level_from : str, int
        The state: a need at a level or above.
    lines : tuple of str
        Or served by any of these lines.
    event : str
        Or an event.
    entering : tuple of str
        Or one of these lines begins to serve, which counts as an event does; beside an event, either counts.
    window : float or None
        Months looked at before follow-up.
    months : float or None
        Follow-up where the row's does not fit.
    sense : str
        Whether the published share is of the state (``worse``) or of those not in it (``better``).
    takes_part : str
        Who of the treated arm takes part: those who engage with the offer, as in a run, or ``all``, where the published arm
        is of those who joined.
    scale : str
        Which contrast of the arms is compared: one of :data:`SCALES`.
    not_emulated : str
        Why it cannot be measured in the model; empty where it can.
    """

    row: str
    fixes: str = ""
    endpoint: str = ""
    need: str = ""
    level_from: int = 1
    lines: tuple = ()
    event: str = ""
    entering: tuple = ()
    window: float | None = None
    months: float | None = None
    sense: str = "worse"
    takes_part: str = "engaged"
    scale: str = ""
    not_emulated: str = ""

    @property
    def published(self):
        """The row of trials.csv: dict of str to str."""
        return evidence("trials")[self.row]

    @property
    def use(self):
        """``fit``, ``check`` or ``context``."""
        return self.published["use"]

    @property
    def follow_up(self):
        """Months from the offer to the endpoint."""
        return self.months or float(self.published["follow_up_months"])


_KEYS = tuple(item.name for item in fields(Trial))
_OF_ENDPOINT = (
    "fixes", "endpoint", *STATES, "level_from", "window", "months", "sense", "takes_part", "scale",
)  # fmt: skip


def read_trials(path, rows, needs, faults):
    """The trials of a file, those that are wrong left out: list of Trial.

    Parameters
    ----------
    needs : collection of str
        Needs that the programme has an effect on.
    """
    trials = []
    for number, row in enumerate(rows, 1):
        where = f"trial {number}"
        with faults.kept():
            trials.append(_trial(path, where, table_of(path, where, row), needs, faults))
    named, fixed = set(), set()
    for trial in filter(None, trials):
        with faults.kept():
            if trial.row in named:
                raise InputError(path, f"trial {trial.row}", "is named twice", "name each row once")
            if trial.fixes and trial.fixes in fixed:
                problem = f"a second row fixes {trial.fixes!r}"
                raise InputError(path, f"trial {trial.row}: fixes", problem, "keep one; the others must be predicted")
        named.add(trial.row)
        fixed.add(trial.fixes)
    return [trial for trial in trials if trial]


def _trial(path, where, row, needs, faults):
    """One trial; None where something is wrong with it."""
    before = len(faults.errors)
    check_keys(row, path, _KEYS, faults, f"{where}: ")
    with faults.kept():
        check_kind(path, f"{where}: row", row.get("row"), str)
        if row["row"] not in evidence("trials"):
            remedy = suggest(row["row"], evidence("trials"))
            raise InputError(path, f"{where}: row", f"{row['row']!r} is not in trials.csv", remedy)
        where = f"trial {row['row']}"
    if "not_emulated" in row:
        _check_reason(path, where, row, faults)
    else:
        _check_fixes(path, where, row, needs, faults)
        _check_endpoint(path, where, row, faults)
        _check_state(path, where, row, faults)
    if len(faults.errors) > before:
        return None
    months = {key: float(row[key]) for key in ("window", "months") if key in row}
    tuples = {key: tuple(row[key]) for key in ("lines", "entering") if key in row}
    return Trial(**{**row, **tuples, **months})


def _check_reason(path, where, row, faults):
    """A row that is not emulated says why, and nothing of how it would be."""
    with faults.kept():
        check_kind(path, f"{where}: not_emulated", row["not_emulated"], str)
        if not row["not_emulated"].strip():
            raise InputError(path, f"{where}: not_emulated", "is empty", "say why the model cannot measure it")
        check_name(row["not_emulated"], path, f"{where}: not_emulated", "text")
    for key in _OF_ENDPOINT:
        with faults.kept():
            if key in row:
                raise InputError(path, f"{where}: {key}", "stands beside not_emulated", "give one of them")


def _check_fixes(path, where, row, needs, faults):
    """Only a row that is there to be fitted fixes an effect, and one that the programme has."""
    if "fixes" not in row:
        return
    with faults.kept():
        one_of(path, f"{where}: fixes", row["fixes"], needs)
    with faults.kept():
        use = evidence("trials").get(str(row.get("row")), {}).get("use", "fit")
        if use != "fit":
            remedy = "leave it out: only rows of use fit may fix an effect"
            raise InputError(path, f"{where}: fixes", f"the row's use is {use}", remedy)


def _check_endpoint(path, where, row, faults):
    """What is measured, when, and on which scale."""
    with faults.kept():
        one_of(path, f"{where}: endpoint", row.get("endpoint"), ENDPOINTS)
    with faults.kept():
        scale = one_of(path, f"{where}: scale", row.get("scale"), SCALES)
        if row.get("endpoint") == "standardised" and scale != "odds":
            problem = f"is {scale}, and a standardised difference is compared as odds"
            raise InputError(path, f"{where}: scale", problem, 'write scale = "odds"')
    with faults.kept():
        one_of(path, f"{where}: sense", row.get("sense", "worse"), SENSES)
    with faults.kept():
        one_of(path, f"{where}: takes_part", row.get("takes_part", "engaged"), PARTS)
    with faults.kept():
        if row.get("endpoint") == "window":
            number_in(path, f"{where}: window", row.get("window"), 1, MOST_MONTHS)
        elif "window" in row:
            problem = "is given, and the endpoint is another"
            raise InputError(path, f"{where}: window", problem, 'write endpoint = "window", or leave it out')
    with faults.kept():
        if "months" in row:
            number_in(path, f"{where}: months", row["months"], 1, MOST_MONTHS)
        elif not evidence("trials").get(str(row.get("row")), {}).get("follow_up_months", "?"):
            raise InputError(path, f"{where}: months", "is missing, and the row has no follow-up", "give its months")


def _check_state(path, where, row, faults):
    """The state is given in one way, which suits the endpoint."""
    given, endpoint = [key for key in STATES if key in row], row.get("endpoint")
    with faults.kept():
        if len(given) != 1 and given != [*_HAPPEN]:
            problem = "no state is given" if not given else f"the state is given as {' and as '.join(given)}"
            raise InputError(path, where, problem, "give need and level_from, or lines, or event, or entering")
    with faults.kept():
        happens = bool(given) and given[0] in _HAPPEN
        if (happens and endpoint in _OF_A_SPELL) or (given and not happens and endpoint in _OF_EVENTS):
            problem = f"endpoint {endpoint!r} has no sense of {given[0]}"
            raise InputError(path, f"{where}: {given[0]}", problem, "events are counted, ever, or in a window")
    for key in given:
        with faults.kept():
            listed = key in ("lines", "entering")
            check_kind(path, f"{where}: {key}", row[key], list if listed else str)
            if listed:
                check_names(path, f"{where}: {key}", row[key], faults)
    with faults.kept():
        if "need" in given:
            number_in(path, f"{where}: level_from", row.get("level_from"), 1, 3, whole=True)
        elif "level_from" in row:
            raise InputError(path, f"{where}: level_from", "stands without need", "give need, or leave it out")
