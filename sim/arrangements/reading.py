"""Reading an arrangement file: one choice for each of seven questions, and the numbers those choices need."""

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from sim import rules
from sim.arrangements.baseline import read_baseline, stated_use
from sim.arrangements.fit import PAYING, misfits, reads
from sim.arrangements.listed import csv_beside, read_listed
from sim.arrangements.parts import PARTS, ROLES
from sim.arrangements.programmes_named import own_programmes, read_plan
from sim.arrangements.values import VALUES, check_values, own_values, values_of
from sim.core import codes
from sim.core.dials import DIALS
from sim.core.evidence import check_source
from sim.core.extends import chain, extended
from sim.core.faults import Faults, InputError, check_name, shown, suggest
from sim.core.parameters import changed
from sim.core.shipped import file_of, shipped_folder, shipped_names
from sim.deals.decisions import LISTABLE
from sim.place.payers import Diversion, payers_of
from sim.place.places import FUNDING
from sim.programmes.catalogue import IN_HOUSE, SECTORS, programme_names

SHIPPED = shipped_folder("arrangements")
_KINDS = {
    "name": str,
    "source": str,
    "differs": str,
    "members": list,
    "programmes": list,
    "sectors": list,
    "outcome_lines": list,
    "parts": list,
    "rules": dict,
    "settings": dict,
    "funding": dict,
    "roles": dict,
    "payers": dict,
    "charges": dict,
    "value": dict,
    "baseline": dict,
    "plan": dict,
    "decision": list,
    "decisions": str,
}
_REQUIRED = ("name", "source", "differs", "members", "rules")
_IF_EMPTY = {
    "members": 'give ["all"], or the agencies that take part',
    **dict.fromkeys(("programmes", "sectors", "outcome_lines"), "leave it out for all of them"),
}
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
        Parts switched on; see :mod:`sim.arrangements.parts`.
    roles : dict of str to str
        Agency or department that plays a role.
    programmes : tuple of str
        Programmes it is for; empty for any.
    sectors : tuple of str
        Sectors that may provide; empty for any.
    outcome_lines : tuple of str
        Service lines whose use its payments look at; all that its programmes are meant to relieve where empty.
    payers, charges : dict of str to tuple of str
        Bodies that pay a share of a line, and those that are charged for its use, by line.
    funding : dict of str to str
        Funding rule of agencies that it changes: ``historic`` or ``workload``.
    decisions : tuple of Decision
        What a list decides in place of the rules.
    decisions_file : str
        CSV file that some of them were read from; empty where none were.
    own : dict of str to Programme
        Those of its programmes that it gives by file, by id.
    """

    id: str
    name: str
    source: str
    differs: str
    file: str = field(compare=False)
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
    payers: dict = field(default_factory=dict)
    charges: dict = field(default_factory=dict)
    funding: dict = field(default_factory=dict)
    decisions: tuple = ()
    decisions_file: str = ""
    own: dict = field(default_factory=dict, compare=False, repr=False)

    @property
    def manages(self):
        """Whether it changes the management or funding of services, apart from any programme."""
        by_part = any(PARTS[name].manages for name in self.parts)
        return bool(self.settings or self.funding or self._on_services()) or by_part

    @property
    def is_idle(self):
        """Whether nobody in it commissions anything."""
        return self.rules.decides == rules.CHOICES["decides"]["nobody"]

    @property
    def only_listed(self):
        """Whether programmes are commissioned by list alone."""
        return self.rules.decides == rules.CHOICES["decides"]["listed"]

    def _on_services(self):
        """Listed decisions on the size of services."""
        return tuple(item for item in self.decisions if LISTABLE[item.kind].of == "line")

    def payers_at(self, place):
        """Who pays for the lines of a place, by its files and by what this arrangement changes: Payers."""
        paid_by, charged_to = (
            {line: dict.fromkeys(bodies, self.optional(share)) for line, bodies in table.items()}
            for table, share in ((self.payers, "payer_share"), (self.charges, "charge_share"))
        )
        diverts = ("diverted_share", "diversion_speed", "diversion_cost") if self.has("diversion") else ()
        diversion = Diversion(*map(self.get, diverts)) if diverts else None
        return payers_of(place, paid_by, charged_to, diversion, self.file)

    def in_words(self):
        """What there is to say of it beyond name and source: (label, text) of each answer, part, and line others pay for."""
        yield from self.rules.in_words().items()
        for name in self.parts:
            numbers = [f"{value} {self.values[value].value:g}" for value in PARTS[name].needs]
            yield "part", ": ".join([PARTS[name].text, *([", ".join(numbers)] if numbers else [])])
        for table, what in ((self.payers, "pays a share of what it costs"), (self.charges, "is charged for each use")):
            for line, bodies in table.items():
                yield line, f"{' and '.join(bodies)} {what}"

    def is_for(self, programme):
        """Whether a programme is among those it is for."""
        return not self.programmes or programme in self.programmes

    def with_programmes(self, own):
        """The same arrangement, which is for some more programmes, as far as those who provide under it may deliver them.

        Parameters
        ----------
        own : dict of str to Programme
        """
        if not self.programmes:
            return self
        may = [name for name, item in own.items() if any(map(self.may_provide, item.sectors))]
        return replace(self, programmes=tuple(dict.fromkeys((*self.programmes, *may))))

    def may_provide(self, sector, for_others=False):
        """Whether a sector delivers: own staff for others who are paid by outcomes (always so where asked first) by its file alone."""
        for_others = for_others or self.rules.up_front[0].others
        named = not self.sectors or sector in self.sectors
        return named and (sector != IN_HOUSE or not for_others or self.optional("own_staff") == 1)

    def has(self, part):
        """Whether a part is switched on."""
        return part in self.parts

    def without_programmes(self):
        """The same management with no new programmes: what the arrangement's own twin lives under."""
        return replace(self, rules=self.rules.without_programmes(), decisions=self._on_services())

    def get(self, name):
        """A value of this arrangement; money in 2010/11 pounds."""
        return self.values[name].base_value

    def optional(self, name):
        """A value that is nought where the file is silent.

        Raises
        ------
        KeyError
            If no arrangement may give a value of that name.
        """
        if name not in VALUES:
            raise KeyError(name)
        return self.values[name].base_value if name in self.values else 0.0

    def pence(self, name):
        """A sum of money of this arrangement in whole pence."""
        return round(self.get(name) * 100)

    @property
    def followed_years(self):
        """Years after its own for which a cohort is followed."""
        return int(self.values["payment_years"].value) if "payment_years" in self.values else 1

    def stated_use(self, lines):
        """What its contracts state that a family uses a year without help; see :func:`sim.arrangements.baseline.stated_use`."""
        return stated_use(self.values, lines)

    def tranches(self):
        """Shares of capital by rank; the last takes the first loss."""
        first_loss = self.optional("first_loss")
        return (1 - first_loss, first_loss) if first_loss else (1.0,)

    def takes(self, agency):
        """Whether an agency may take part."""
        return codes.ALL in self.members or agency in self.members

    def with_value(self, name, text, where="--set"):
        """A copy with one value changed inside its range."""
        item = changed(self.values[name], text, where, f"arrangement.{name}")
        return replace(self, values={**self.values, name: item})


def arrangement_names():
    """Ids of the arrangements that come with the package."""
    return shipped_names(SHIPPED)


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
    path = file_of(name, SHIPPED, "arrangement")
    return _shipped(path) if path.parent == SHIPPED else _read(path)


def _read(path):
    with Faults() as faults:
        spec, inherited, spoilt = extended(path, SHIPPED, _KINDS, faults)
        return _build(path, spec, inherited, spoilt, faults)


_shipped = cache(_read)  # as in sim.programmes.catalogue


def files_of(path):
    """Path of an arrangement's file and of those that it extends, own first."""
    return [file for file, _ in chain(Path(path), SHIPPED)]


def _build(path, spec, inherited, spoilt, faults):
    """The arrangement that a file's content comes to; None where the faults do not let it be one."""
    for key in _REQUIRED:
        with faults.kept():
            if key not in spec and key not in spoilt:
                raise InputError(path, key, "is missing", f"add it, or extend an arrangement that has {key}")
    with faults.kept():
        check_name(path.stem, path, "file name", "file")
    for key, check in (("name", "name"), ("differs", "text")):
        with faults.kept():
            if key in spec:
                check_name(spec[key], path, key, check)
    with faults.kept():
        if "source" in spec:
            check_source(spec["source"], path, "source")
    parts = _names(path, spec, "parts", faults, PARTS, may_be_empty=True)
    answers = _answers(path, spec.get("rules", {}), faults) if "rules" not in spoilt else None
    chosen, values = None, {}
    if answers:
        chosen = rules_of(answers)
        given = own_values(spec.get("value", {}), inherited.get("value", {}), answers, chosen, parts)
        for misfit in misfits(answers, {**spec, "parts": parts, "value": given}):
            faults.errors.append(InputError(path, *misfit))
        values = values_of(path, given, chosen, parts, faults)
    else:
        check_values(path, spec.get("value", {}), faults)
    values |= read_baseline(path, spec.get("baseline", {}), faults)
    memberless = spec.get("rules", {}).get("decides") in rules.decides.MEMBERLESS
    named, own = own_programmes(chain(path, SHIPPED), spec.get("programmes", []), faults)
    known = list(dict.fromkeys((*programme_names(), *own)))
    lists = {
        "members": _names(path, spec, "members", faults, may_be_empty=memberless),
        "parts": parts,
        "programmes": _names(path, {**spec, **named}, "programmes", faults, known),
        "sectors": _names(path, spec, "sectors", faults, SECTORS),
        "outcome_lines": _names(path, spec, "outcome_lines", faults),
    }
    settings = _settings(path, spec.get("settings", {}), inherited.get("settings", {}), chosen, faults)
    plan = read_plan(path, spec, lists["programmes"], known, faults)
    csv_file = csv_beside(chain(path, SHIPPED))
    tables = {
        "roles": _roles(path, spec.get("roles", {}), faults),
        "funding": _funding(path, spec.get("funding", {}), faults),
        **{key: _paying(path, key, spec.get(key, {}), faults) for key in PAYING},
        "decisions": read_listed(spec.get("decision", []), csv_file, path, faults),
        "decisions_file": csv_file,
        "own": own,
    }
    if faults.errors:
        return None
    texts = {key: spec[key] for key in ("name", "source", "differs")}
    return Arrangement(
        path.stem, **texts, file=str(path), rules=chosen, settings=settings, values=values, plan=plan, **lists, **tables
    )


def _names(path, spec, key, faults, known=None, may_be_empty=False):
    """A list of names, each once; known ones where it is known here which those are."""
    names = spec.get(key, [])
    with faults.kept():
        if key in spec and not names and not may_be_empty:
            raise InputError(path, key, "is empty", _IF_EMPTY[key])
    right = []
    for name in names:
        with faults.kept():
            if not isinstance(name, str):
                raise InputError(path, key, f"{name!r} has the wrong type", "give names in quotes")
            if known is not None and name not in known:
                raise InputError(path, key, f"{name!r} is unknown", suggest(name, known))
            if name in right:
                raise InputError(path, key, f"{name!r} is named twice", "name each once")
            if key == "members" and name == "all" and len(names) > 1:
                raise InputError(
                    path, key, "'all' stands beside others", 'give ["all"], or the agencies that take part'
                )
            right.append(name)
    return tuple(right)


def _settings(path, table, inherited, chosen, faults):
    """Dials that it sets, each one that its answers read; what it inherits and they do not read falls away."""
    settings = {}
    for name, value in table.items():
        with faults.kept():
            if isinstance(value, dict) and any(dial.startswith(f"{name}.") for dial in DIALS):
                inner = next(iter(value), "name")
                raise InputError(path, f"settings.{name}", "is a table", f'write "{name}.{inner}" in quotes')
            if name not in DIALS:
                raise InputError(path, f"settings.{name}", "unknown dial", suggest(name, DIALS))
            setting = DIALS[name].read(value, path)
            if not chosen or reads(chosen, DIALS[name].read_by):
                settings[name] = setting
            elif name not in inherited or inherited[name] != value:
                raise InputError(path, f"settings.{name}", "nothing in this arrangement reads it", "leave it out")
    return settings


def _funding(path, table, faults):
    for agency, rule in table.items():
        with faults.kept():
            if rule not in FUNDING:
                raise InputError(path, f"funding.{agency}", f"{rule!r} is unknown", suggest(rule, FUNDING))
    return dict(table)


def _paying(path, key, table, faults):
    """Bodies that pay, by line: one, or several in a list."""
    paying = {}
    for line, given in table.items():
        bodies = given if isinstance(given, list) else [given]
        with faults.kept():
            if not bodies or not all(isinstance(name, str) for name in bodies) or len(set(bodies)) < len(bodies):
                problem = f"{shown(given)} is not one agency or several"
                raise InputError(path, f"{key}.{line}", problem, "give an agency's id, or a list of them, each once")
            paying[line] = tuple(bodies)
    return paying


def _roles(path, roles, faults):
    for name, code in roles.items():
        with faults.kept():
            if name not in ROLES:
                raise InputError(path, f"roles.{name}", "unknown role", suggest(name, ROLES))
            if not isinstance(code, str):
                given = f"{code!r} has the wrong type"
                raise InputError(path, f"roles.{name}", given, "give an agency's or department's id")
    return dict(roles)


def _answers(path, spec, faults):
    """Names of the answers by question; None where one is missing or unknown."""
    for key in spec:
        with faults.kept():
            if key not in QUESTIONS:
                raise InputError(path, f"rules.{key}", "unknown question", suggest(key, QUESTIONS))
    answers = {}
    for question in QUESTIONS:
        with faults.kept():
            answers[question] = _answer(path, question, spec)
    return answers if len(answers) == len(QUESTIONS) else None


def _answer(path, question, spec):
    """Names of what a file answers; several sources of money in their order."""
    choices, where = rules.CHOICES[question], f"rules.{question}"
    if question not in spec:
        raise InputError(path, where, "is missing", "give one of " + ", ".join(choices))
    in_order = question == "up_front" and isinstance(spec[question], list)
    names = spec[question] if in_order else [spec[question]]
    if not names:
        raise InputError(path, where, "is empty", "give one or more of " + ", ".join(choices))
    for i, name in enumerate(names):
        if not isinstance(name, str) or name not in choices:
            raise InputError(path, where, f"{name!r} is not a choice", suggest(name, choices))
        if name in names[:i]:
            raise InputError(path, where, f"{name!r} is named twice", "name each once")
    return tuple(names)


def rules_of(answers):
    """The answers themselves, by their names."""
    chosen = {question: tuple(rules.CHOICES[question][name] for name in names) for question, names in answers.items()}
    return rules.Rules(**{name: group if name == "up_front" else group[0] for name, group in chosen.items()})
