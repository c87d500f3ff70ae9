"""Reading an arrangement file: one choice for each of seven questions, and the numbers those choices need."""

from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from sim import codes, rules
from sim.parameters import DIALS, InputError, changed, check_name, check_source, quantity, suggest
from sim.parts import PARTS, ROLES
from sim.places import FUNDING, read_toml
from sim.programmes import SECTORS, programme_names

# Terms any arrangement may add: nought where the file is silent.
OPTIONAL_VALUES = {
    "centre_share": 0, "outside_share": 0, "step_fee": 0, "hard_premium": 0, "term_years": 1, "outcome_threshold": 0, "first_loss": 0, "grant_years": 1, "yearly_cohorts": 1,
    "ease_in_house": 0.1, "ease_private": 0.1, "ease_community": 0.1,
}  # fmt: skip
_KEYS = (
    "name",
    "source",
    "differs",
    "members",
    "programmes",
    "sectors",
    "outcome_lines",
    "parts",
    "rules",
    "settings",
    "funding",
    "roles",
    "value",
    "plan",
)
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
    parts : tuple of str
        Parts switched on; see :mod:`sim.parts`.
    roles : dict of str to str
        Agency or department that plays a role.
    programmes : tuple of str
        Programmes it is for; empty for any.
    sectors : tuple of str
        Sectors that may provide; empty for any.
    outcome_lines : tuple of str
        Service lines whose use its payments look at; all that its programmes are meant to relieve where empty.
    funding : dict of str to str
        Funding rule of agencies that it changes: ``historic`` or ``workload``.
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
    parts: tuple = ()
    roles: dict = field(default_factory=dict)
    programmes: tuple = ()
    sectors: tuple = ()
    outcome_lines: tuple = ()
    funding: dict = field(default_factory=dict)

    @property
    def manages(self):
        """Whether it changes the management or funding of services, apart from any programme."""
        return bool(self.settings or self.funding) or any(PARTS[name].manages for name in self.parts)

    def is_for(self, programme):
        """Whether a programme is among those it is for."""
        return not self.programmes or programme in self.programmes

    def has(self, part):
        """Whether a part is switched on."""
        return part in self.parts

    def without_programmes(self):
        """The same management with no new programmes: what the arrangement's own twin lives under."""
        return replace(self, rules=self.rules.without_programmes())

    def get(self, name):
        """A value of this arrangement; money in 2010/11 pounds."""
        return self.values[name].base_value

    def optional(self, name):
        """A value that is nought where the file is silent."""
        return self.values[name].base_value if name in self.values else 0.0

    def pence(self, name):
        """A sum of money of this arrangement in whole pence."""
        return round(self.get(name) * 100)

    def takes(self, agency):
        """Whether an agency may take part."""
        return codes.ALL in self.members or agency in self.members

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
    return _build(path, *_extended(path, spec))


def _extended(path, spec):
    """A file's content over that of the one it extends, and so on, and the names of the values it inherits."""
    if "extends" not in spec:
        return spec, set()
    base_path = _base_path(path, spec.pop("extends"))
    base, _ = _extended(base_path, read_toml(base_path))
    tables = {
        key: {**base.get(key, {}), **spec.get(key, {})} for key in ("rules", "settings", "value", "roles", "funding")
    }
    inherited = set(base.get("value", {})) - set(spec.get("value", {}))
    return {**base, **spec, **{key: table for key, table in tables.items() if table}}, inherited


def files_of(path):
    """Path of an arrangement's file and of those that it extends, own first."""
    path = Path(path)
    spec = read_toml(path)
    return [path, *(files_of(_base_path(path, spec["extends"])) if "extends" in spec else [])]


def _base_path(path, name):
    own = path.parent / f"{name}.toml"
    shipped = Path(str(files("sim") / "scenarios" / "arrangements" / f"{name}.toml"))
    for candidate in (own, shipped):
        if candidate.is_file():
            return candidate
    raise InputError(path, "extends", f"{name!r} is unknown", suggest(name, arrangement_names()))


def _build(path, spec, inherited):
    for key in spec:
        if key not in _KEYS:
            raise InputError(path, key, "unknown key", suggest(key, _KEYS))
    for key, kind in (("name", str), ("source", str), ("differs", str), ("members", list), ("rules", dict)):
        if not isinstance(spec.get(key), kind):
            raise InputError(path, key, "is missing or has the wrong type", f"give {kind.__name__}")
    check_name(path.stem, path, "file name", "file")
    check_name(spec["name"], path, "name")
    check_name(spec["differs"], path, "differs", "text")
    check_source(spec["source"], path, "source")
    chosen = _rules(path, spec["rules"])
    settings = {}
    for name, value in spec.get("settings", {}).items():
        if name not in DIALS:
            raise InputError(path, f"settings.{name}", "unknown dial", suggest(name, DIALS))
        settings[name] = DIALS[name].read(value, path)
    parts = _names(path, spec, "parts", PARTS)
    _check_parts(path, parts, spec["rules"])
    values = _values(path, spec.get("value", {}), chosen, parts, inherited)
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
        parts,
        _roles(path, spec.get("roles", {})),
        _names(path, spec, "programmes", programme_names()),
        _names(path, spec, "sectors", SECTORS),
        _outcome_lines(path, spec),
        _funding(path, spec.get("funding", {})),
    )


def _names(path, spec, key, known):
    """A list of known names."""
    names = spec.get(key, [])
    if not isinstance(names, list):
        raise InputError(path, key, "has the wrong type", "give list")
    for name in names:
        if name not in known:
            raise InputError(path, key, f"{name!r} is unknown", suggest(name, known))
    return tuple(names)


def _outcome_lines(path, spec):
    """Service lines, which the place of a run must have."""
    lines = spec.get("outcome_lines", [])
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise InputError(path, "outcome_lines", "has the wrong type", "give a list of service lines")
    return tuple(lines)


def _check_parts(path, parts, answers):
    """Each part must have something to act on."""
    for name in parts:
        for question, fitting in PARTS[name].asks.items():
            given = answers[question] if isinstance(answers[question], list) else [answers[question]]
            if not set(given) & set(fitting):
                raise InputError(path, "parts", f"{name!r} does nothing where rules.{question} is {', '.join(given)}",
                                 "leave it out, or answer " + " or ".join(fitting))  # fmt: skip


def _funding(path, table):
    for agency, rule in table.items():
        if rule not in FUNDING:
            raise InputError(path, f"funding.{agency}", f"{rule!r} is unknown", suggest(rule, FUNDING))
    return dict(table)


def _roles(path, roles):
    for name, code in roles.items():
        if name not in ROLES:
            raise InputError(path, f"roles.{name}", "unknown role", suggest(name, ROLES))
        if not isinstance(code, str):
            raise InputError(
                path, f"roles.{name}", f"{code!r} has the wrong type", "give an agency's or department's id"
            )
    return dict(roles)


def _rules(path, spec):
    for key in spec:
        if key not in QUESTIONS:
            raise InputError(path, f"rules.{key}", "unknown question", suggest(key, QUESTIONS))
    chosen = {}
    for question in QUESTIONS:
        choices = rules.CHOICES[question]
        if question not in spec:
            raise InputError(path, f"rules.{question}", "is missing", "give one of " + ", ".join(choices))
        in_order = question == "up_front" and isinstance(spec[question], list)
        names = spec[question] if in_order else [spec[question]]
        for name in names:
            if not isinstance(name, str) or name not in choices:
                raise InputError(path, f"rules.{question}", f"{name!r} is not a choice", suggest(name, choices))
        answers = tuple(choices[name] for name in names)
        chosen[question] = answers if question == "up_front" else answers[0]
    return rules.Rules(**chosen)


def _values(path, spec, chosen, parts, inherited):
    """Numbers of the arrangement: all that its choices and parts need, and no other.

    What a file inherits and its own choices do not need falls away.
    """
    needed = {**chosen.needs(), **{name: low for part in parts for name, low in PARTS[part].needs.items()}}
    spec = {
        name: row for name, row in spec.items() if name in needed or name not in inherited or name in OPTIONAL_VALUES
    }
    for name in spec:
        if name not in {**needed, **OPTIONAL_VALUES}:
            raise InputError(
                path, f"value.{name}", "is not used by the chosen rules",
                suggest(name, {**needed, **OPTIONAL_VALUES}) if needed else "remove it",
            )  # fmt: skip
    for name in needed:
        if name not in spec:
            raise InputError(
                path, f"value.{name}", "is missing", "the chosen rules need it: give value, unit, low, high and source"
            )
    lows = {**OPTIONAL_VALUES, **needed}
    return {name: quantity(spec[name], path, f"value.{name}", lows[name]) for name in spec}
