"""The catalogue: what each programme is for, what it costs and what studies found, null results included."""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.evidence import evidence
from sim.core.faults import Faults, InputError, check_name
from sim.core.file_kinds import check_kind_of
from sim.core.input_files import read_toml
from sim.core.kinds import PRICE, RATIO, SHARE, Kind
from sim.core.numbers import read_number
from sim.core.parameters import Quantity, changed, check_keys, read_values
from sim.core.shipped import file_of, shipped_folder, shipped_names
from sim.core.streams import code_of, normal
from sim.place.places import AGE_BANDS, BAND_NAMES, LEVELS
from sim.programmes.effects import read_effects
from sim.programmes.fields import check_kind, check_names
from sim.programmes.trials_named import read_trials

IN_HOUSE = "in_house"  # staff of the public bodies themselves
SECTORS = (IN_HOUSE, "private", "community")
SHIPPED = shipped_folder("programmes")
MOST_RECENT = 4  # quarters for which events are remembered
_WEIGHT = Kind(0, 2)
_QUANTITIES = {
    "cost_per_family": PRICE,
    "duration": Kind(1, 120, whole=True),
    "half_life": Kind(0.25, 100),
    "engagement": SHARE,
    "most_reached": SHARE,
    "weight_emerging": _WEIGHT,
    "weight_entrenched": _WEIGHT,
    "weight_crisis": _WEIGHT,
    **{f"weight_age_{band}": _WEIGHT for band in BAND_NAMES},
}
_AS_THE_PLACE = {
    name: Quantity(
        1.0, "times the place's", 0.5, 2.0, f"assumption: {name.replace('_', ' ')} as the place has it", kind=RATIO
    )
    for name in ("case_finding", "trust_gain")
}
_SHARES = {f"share_{level}": SHARE for level in LEVELS[1:]}
_BELIEVED = ("cost_per_family", "most_reached", "case_finding")  # quantities of which belief and truth may differ
_TOP = {
    "name": str,
    "commissioners": list,
    "sectors": list,
    "evidence_grade": int,
    "notes": str,
    "target": dict,
    "effect": list,
    "trial": list,
}
_TOP_OPTIONAL = ("notes", "trial")
_TARGET = {"needs": list, "level_from": int, "level_to": int, "at_least": int, "age_from": int, "age_to": int}
_TARGET_OPTIONAL = {"event": str, "within": int, "not_served": list}


@dataclass(frozen=True)
class Programme:
    """An entry of the catalogue.

    Attributes
    ----------
    id, name, file, notes : str
    commissioners, sectors : tuple of str
    grade : int
        Evidence grade, 1 (best) to 6.
    target : dict
        The referral rule, as the file gives it.
    values : dict of str to Quantity
        What is true, by name such as ``cost_per_family``.
    effects : tuple of Effect
    trials : tuple of Trial
    beliefs : dict of str to float
        What deciders take for true where that differs, in the unit and prices of the value.
    """

    id: str
    name: str
    commissioners: tuple
    sectors: tuple
    grade: int
    target: dict
    values: dict
    effects: tuple
    file: str = field(compare=False)
    notes: str = ""
    trials: tuple = ()
    beliefs: dict = field(default_factory=dict)

    @property
    def correction(self):
        """Optimism correction that analysts apply for its evidence grade."""
        return grade_correction(self.grade)

    @property
    def code(self):
        """Stable code for draws."""
        return code_of(self.id)

    def get(self, name):
        """A value as it is; money in 2010/11 pounds."""
        return self.values[name].base_value

    def believed(self, name):
        """A value as deciders take it to be; money in 2010/11 pounds."""
        value = self.values[name]
        return self.beliefs.get(name, value.value) * value.to_base

    def as_believed(self):
        """The same with what deciders take for true in place of what is."""
        return replace(
            self, values={**self.values, **{k: replace(self.values[k], value=v) for k, v in self.beliefs.items()}}
        )

    @property
    def shares(self):
        """Shares of those enrolled by the worst level of the targeted needs, float (4,); None where the file gives none."""
        return np.array([0.0, *(self.get(name) for name in _SHARES)]) if _SHARES.keys() <= self.values.keys() else None

    @property
    def a_year(self):
        """Families that come to be like its target in a year, for each that is at any time: of a late event, its quarters."""
        return QUARTERS / self.target.get("within", MOST_RECENT) if "event" in self.target else 1.0

    def cost_pence(self):
        """Catalogue cost a family in whole pence of 2010/11."""
        return round(self.get("cost_per_family") * 100)

    def as_true(self):
        """A copy of which deciders believe what is true on average."""
        told = tuple(replace(effect, believed=effect.value) for effect in self.effects)
        return replace(self, effects=told, beliefs={})

    def with_value(self, name, text, where="--set"):
        """A copy with one value changed inside its range."""
        item = changed(self.values[name], text, where, f"programmes.{self.id}.{name}")
        return replace(self, values={**self.values, name: item})

    def targets(self, place):
        """The target rule in the place's order of needs, or None if the place has too few of the needs, or not the event."""
        from sim.place.kernels import Target  # with it come all that is compiled

        needs = np.array([need.id in self.target["needs"] for need in place.needs], np.uint8)
        events, event = place.index("events"), self.target.get("event")
        if needs.sum() < self.target["at_least"] or (event is not None and event not in events):
            return None
        age_from, age_to = self.target["age_from"] * QUARTERS, self.target["age_to"] * QUARTERS + QUARTERS - 1
        levels, at_least = (self.target["level_from"], self.target["level_to"]), self.target["at_least"]
        recent = (
            {} if event is None else {"events": 1 << events[event], "within": self.target.get("within", MOST_RECENT)}
        )
        lines = place.index("lines")
        away = sum(1 << lines[name] for name in self.target.get("not_served", ()) if name in lines)
        signs = sum(1 << events[item.id] for item in place.events if item.need in self.target["needs"])
        return Target(needs, *levels, at_least, age_from, age_to, **recent, signs=signs, not_served=away)

    def strength(self):
        """Strength of the effect by quarters since enrolment: full while it runs, then fading with its half-life."""
        after = np.maximum(0, np.arange(256) - self.get("duration"))
        return np.power(0.5, after / (self.get("half_life") * QUARTERS))

    def level_weight(self):
        """Weight of the effect by level of need."""
        return np.array([1.0, *(self.get(f"weight_{level}") for level in LEVELS[1:])])

    def band_weight(self):
        """Weight of the effect by age band."""
        return np.array([self.get(f"weight_age_{band}") for band in BAND_NAMES])

    def published(self, place):
        """Log ratios that deciders start from, in the place's order of needs: escalation and recovery, float (2, needs)."""
        return self._by_need(place, lambda effect: effect.believed)

    def mean_effect(self, place):
        """Log ratios that are true on average, before shrinkage by evidence grade: float (2, needs)."""
        return self._by_need(place, lambda effect: effect.value)

    def true_effect(self, place, dials, seed):
        """True log ratios, float (2, needs): of this run, drawn, shrunk by evidence grade, scaled by the dial."""
        keep = 1 - min(1.0, dials["programmes.shrinkage"] * grade_correction(self.grade))
        scale = dials["programmes.effect_scale"]

        def draw(effect):
            return scale * (
                keep * effect.value + effect.se * normal(seed, "true effect", self.id, effect.need, effect.on)
            )

        return self._by_need(place, draw)

    def _by_need(self, place, value):
        """A table of one value an effect, on worsening and on easing as the effect says: float (2, needs)."""
        needs = place.index("needs")
        table = np.zeros((2, len(needs)))
        for effect in self.effects:
            if effect.need in needs:
                table[:, needs[effect.need]] += np.multiply(effect.turns, value(effect))
        return table


@cache
def grade_correction(grade):
    """Correction of benefits for an evidence grade of 1 to 6, as a share (cashability:OB1 to OB6)."""
    return -float(evidence("cashability")[f"OB{grade}"]["value"]) / 100


def programme_names():
    """Ids of the programmes that come with the package."""
    return shipped_names(SHIPPED)


def load_programme(name):
    """Read and check a programme.

    Parameters
    ----------
    name : str or path
        A programme's id, or a TOML file of the same form.

    Raises
    ------
    InputError
    """
    path = file_of(name, SHIPPED, "programme")
    return _shipped(path) if path.parent == SHIPPED else _read(path)


def _read(path):
    spec = read_toml(path)
    check_kind_of(path, spec, "programme")
    with Faults() as faults:
        return _build(path, spec, faults)


_shipped = cache(_read)  # what comes with the package stays the same, and nothing read is ever changed


def load_catalogue():
    """Every programme that comes with the package, by id."""
    return {name: load_programme(name) for name in programme_names()}


def _build(path, spec, faults):
    """The programme that a file's content comes to; None where there are faults."""
    check_keys(spec, path, [*_TOP, *_QUANTITIES, *_AS_THE_PLACE, *_SHARES], faults)
    for key, kind in _TOP.items():
        with faults.kept():
            if key in spec or key not in _TOP_OPTIONAL:
                check_kind(path, key, spec.get(key), kind)
    right = {key: spec[key] for key, kind in _TOP.items() if isinstance(spec.get(key), kind)}
    _check_who(path, right, faults)
    values, beliefs = _read_values(path, spec, faults)
    if "target" in right:
        _check_target(path, right["target"], faults)
        check_level_shares(path, right["target"], values, faults)
    effects, rows = read_effects(path, right.get("effect", ()), faults), right.get("trial", ())
    needs = {str(row.get("need")) for row in right.get("effect", ()) if isinstance(row, dict)}
    trials = read_trials(path, rows, needs, faults)
    if len(trials) == len(rows):
        _check_fitted(path, effects, trials, faults)
    if faults.errors:
        return None
    return Programme(
        path.stem,
        spec["name"],
        tuple(spec["commissioners"]),
        tuple(spec["sectors"]),
        spec["evidence_grade"],
        spec["target"],
        values,
        tuple(effects),
        str(path),
        spec.get("notes", ""),
        tuple(trials),
        beliefs,
    )


def _check_who(path, right, faults):
    """Names, who may commission and provide, and the grade of the evidence."""
    check_names(path, "sectors", right.get("sectors", SECTORS), faults, SECTORS)
    check_names(path, "commissioners", right.get("commissioners", ("any",)), faults)
    with faults.kept():
        grade = right.get("evidence_grade", 1)
        if grade not in range(1, 7):
            raise InputError(path, "evidence_grade", f"{grade} is out of range", "give 1 (best) to 6")
    for key, text, kind in (
        ("file name", path.stem, "file"),
        ("name", right.get("name", "-"), "name"),
        ("notes", right.get("notes", "-") or "-", "text"),
    ):
        with faults.kept():
            check_name(text, path, key, kind)


def _read_values(path, spec, faults):
    """What is true, by name, and what is believed instead where the file says so."""
    told = {name: spec[name] for name in _BELIEVED if isinstance(spec.get(name), dict) and "believed" in spec[name]}
    spec = {**spec, **{name: {key: item[key] for key in item if key != "believed"} for name, item in told.items()}}
    kinds = {**dict.fromkeys(_AS_THE_PLACE, RATIO), **_SHARES}
    values = read_values(spec, path, _QUANTITIES | {name: kind for name, kind in kinds.items() if name in spec}, faults)
    beliefs = {}
    for name, item in told.items():
        with faults.kept():
            beliefs[name] = read_number(item["believed"], path, name, "believed")
            wrong = name in values and values[name].kind.wrong_numbers({"believed": beliefs[name]}, values[name].unit)
            if wrong:
                raise InputError(path, name, *wrong)
    return _AS_THE_PLACE | values, beliefs


def check_level_shares(where, target, values, faults, prefix=""):
    """Shares by level are all given or none, sum to one, and are nought where the target takes nobody.

    Parameters
    ----------
    where : str or path
    target : dict
        The referral rule, as the file gives it.
    values : dict of str to Quantity
    faults : Faults
        Takes what is wrong.
    prefix : str
        Stands before the name in messages.
    """
    given = {name: values[name].value for name in _SHARES if name in values}
    if not given:
        return
    with faults.kept():
        if missing := [name for name in _SHARES if name not in given]:
            raise InputError(where, prefix + missing[0], "is missing", "give shares of all three levels, or of none")
        if abs(sum(given.values()) - 1) > 1e-6:
            problem = f"shares by level sum to {sum(given.values()):g}"
            raise InputError(where, f"{prefix}share_emerging", problem, "make them 1 together")
    first, needs = target.get("level_from"), target.get("needs")
    last = target.get("level_to") if isinstance(needs, list) and len(needs) == 1 else len(LEVELS) - 1
    for level, (name, share) in enumerate(given.items(), 1):
        with faults.kept():
            if share and isinstance(first, int) and isinstance(last, int) and not first <= level <= last:
                raise InputError(
                    where, prefix + name, "is of a level that the target leaves out", "give 0, or mend target"
                )


def _check_fitted(path, effects, trials, faults):
    """A value that is said to be fitted on a trial is fixed by it here."""
    fixed = {(trial.fixes, trial.row) for trial in trials}
    for number, effect in enumerate(effects, 1):
        with faults.kept():
            if effect.fitted_on and (effect.need, effect.fitted_on) not in fixed:
                problem = f"is fitted on {effect.fitted_on}, which no [[trial]] fixes {effect.need!r} on"
                raise InputError(path, f"effect {number}: source", problem, "name the trial, or another source")


def _check_target(path, target, faults):
    check_keys(target, path, {**_TARGET, **_TARGET_OPTIONAL}, faults, "target.")
    for key, kind in {**_TARGET, **_TARGET_OPTIONAL}.items():
        with faults.kept():
            if key in _TARGET or key in target:
                check_kind(path, f"target.{key}", target.get(key), kind)
    with faults.kept():
        within = target.get("within", 1)
        if isinstance(within, int) and not 1 <= within <= MOST_RECENT:
            raise InputError(path, "target.within", f"{within} is out of range", f"give 1 to {MOST_RECENT} quarters")
        if "within" in target and "event" not in target:
            raise InputError(path, "target.within", "stands without event", "name the event, or leave it out")
    if isinstance(target.get("not_served"), list):
        check_names(path, "target.not_served", target["not_served"], faults)
    right = {key: target[key] for key, kind in _TARGET.items() if isinstance(target.get(key), kind)}
    if len(right) < len(_TARGET):
        return
    check_names(path, "target.needs", right["needs"], faults)
    for key, low, high in (
        ("level_from", 1, 3),
        ("level_to", right["level_from"], 3),
        ("at_least", 1, len(right["needs"])),
        ("age_from", 0, AGE_BANDS[-1][1]),
        ("age_to", right["age_from"], AGE_BANDS[-1][1]),
    ):
        with faults.kept():
            if not low <= right[key] <= high:
                given = f"{right[key]} is out of order or range"
                raise InputError(
                    path, f"target.{key}", given, f"give {low} to {high}" if low <= high else "mend its fellow"
                )
