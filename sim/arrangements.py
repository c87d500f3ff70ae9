"""Reading an arrangement file: one choice for each of seven questions, and the numbers those choices need."""

from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from sim import rules
from sim.parameters import DIALS, InputError, changed, check_source, quantity, suggest
from sim.places import read_toml

QUESTIONS = ("decides", "benefit_counted", "up_front", "paid_for", "outcome_risk", "measured", "savings")


@dataclass(frozen=True)
class Arrangement:
    """A funding arrangement as data.

    Attributes
    ----------
    id, name, source, differs, file : str
    rules : rules.Rules
        The seven answers, callable.
    members : tuple of str
        Agencies that may take part; ``all`` for every agency of the place.
    settings : dict
        Dials that this arrangement sets where the user does not.
    values : dict of str to Quantity
        Frictions and terms.
    plan : dict of str to int
        Families a year of each programme, where a plan decides.
    """

    id: str
    name: str
    source: str
    differs: str
    file: str
    rules: rules.Rules
    members: tuple
    settings: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    plan: dict = field(default_factory=dict)

    def get(self, name):
        """A value of this arrangement; money in 2010/11 pounds."""
        return self.values[name].base_value

    def pence(self, name):
        """A sum of money of this arrangement in whole pence."""
        return round(self.get(name) * 100)

    def takes(self, agency):
        """Whether an agency may take part."""
        return "all" in self.members or agency in self.members

    def with_value(self, name, text, where="--set"):
        """A copy with one value changed inside its range."""
        item = changed(self.values[name], text, where, f"arrangement.{name}")
        return replace(self, values={**self.values, name: item})


def arrangement_names():
    """Ids of the arrangements that come with the package."""
    root = files("sim") / "scenarios" / "arrangements"
    return sorted(item.name.removesuffix(".toml") for item in root.iterdir() if item.name.endswith(".toml"))


def load_arrangement(name):
    """Read and check an arrangement.

    Parameters
    ----------
    name : str or path
        An arrangement's id, or a TOML file of the same form.

    Returns
    -------
    Arrangement

    Raises
    ------
    InputError
    """
    path = Path(str(name))
    if path.suffix != ".toml":
        if str(name) not in arrangement_names():
            raise InputError("arrangement", "", f"{str(name)!r} is unknown", suggest(name, arrangement_names()))
        path = Path(str(files("sim") / "scenarios" / "arrangements" / f"{name}.toml"))
    spec = read_toml(path)
    if "extends" in spec:
        base = read_toml(_base_path(path, spec.pop("extends")))
        spec = {
            **base,
            **spec,
            **{key: {**base.get(key, {}), **spec.get(key, {})} for key in ("rules", "settings", "value")},
        }
    return _build(path, spec)


def _base_path(path, name):
    own = path.parent / f"{name}.toml"
    shipped = Path(str(files("sim") / "scenarios" / "arrangements" / f"{name}.toml"))
    for candidate in (own, shipped):
        if candidate.is_file():
            return candidate
    raise InputError(path, "extends", f"{name!r} is unknown", suggest(name, arrangement_names()))


def _build(path, spec):
    known = ("name", "source", "differs", "members", "rules", "settings", "value", "plan")
    for key in spec:
        if key not in known:
            raise InputError(path, key, "unknown key", suggest(key, known))
    for key, kind in (("name", str), ("source", str), ("differs", str), ("members", list), ("rules", dict)):
        if not isinstance(spec.get(key), kind):
            raise InputError(path, key, "is missing or has the wrong type", f"give {kind.__name__}")
    check_source(spec["source"], path, "source")
    chosen = _rules(path, spec["rules"])
    settings = {}
    for name, value in spec.get("settings", {}).items():
        if name not in DIALS:
            raise InputError(path, f"settings.{name}", "unknown dial", suggest(name, DIALS))
        settings[name] = DIALS[name].read(value, path)
    values = _values(path, spec.get("value", {}), chosen)
    plan = spec.get("plan", {})
    for name, families in plan.items():
        if not isinstance(families, int) or isinstance(families, bool) or families < 0:
            raise InputError(
                path, f"plan.{name}", f"{families!r} is not a number of families", "give a whole number, 0 or more"
            )
    return Arrangement(
        path.stem,
        spec["name"],
        spec["source"],
        spec["differs"],
        str(path),
        chosen,
        tuple(spec["members"]),
        settings,
        values,
        plan,
    )


def _rules(path, spec):
    for key in spec:
        if key not in QUESTIONS:
            raise InputError(path, f"rules.{key}", "unknown question", suggest(key, QUESTIONS))
    for question in QUESTIONS:
        choices = rules.CHOICES[question]
        if question not in spec:
            raise InputError(path, f"rules.{question}", "is missing", "give one of " + ", ".join(choices))
        if spec[question] not in choices:
            raise InputError(
                path, f"rules.{question}", f"{spec[question]!r} is not a choice", suggest(spec[question], choices)
            )
    return rules.Rules(**{question: rules.CHOICES[question][spec[question]] for question in QUESTIONS})


def _values(path, spec, chosen):
    """Numbers of the arrangement: all that its choices need, and no other."""
    needed = {name: low for question in QUESTIONS for name, low in getattr(chosen, question).needs.items()}
    for name in spec:
        if name not in needed:
            raise InputError(
                path,
                f"value.{name}",
                "is not used by the chosen rules",
                suggest(name, needed) if needed else "remove it",
            )
    for name in needed:
        if name not in spec:
            raise InputError(
                path, f"value.{name}", "is missing", "the chosen rules need it: give value, unit, low, high and source"
            )
    return {name: quantity(spec[name], path, f"value.{name}", needed[name]) for name in spec}
