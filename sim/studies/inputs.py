"""All that a run depends on: reading it, and changing one parameter of it."""

from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from sim.agents.investor import load_investors
from sim.agents.provider import PROVIDER_VALUES
from sim.agents.social_bank import load_bank
from sim.arrangements.at_place import check_arrangement
from sim.arrangements.fit import reads
from sim.arrangements.reading import Arrangement, arrangement_names, load_arrangement
from sim.core.dials import DIALS, defaults
from sim.core.faults import Faults, InputError, UnknownParameterError, check_name, suggest
from sim.core.input_files import read_toml
from sim.core.parameters import changed, check_keys, read_values, table_of
from sim.place.places import Place, load_place
from sim.programmes.catalogue import SECTORS, load_catalogue
from sim.studies.arguments import check_numbers, listed, settings_of
from sim.studies.request import Request, requested

TWIN = "do_nothing"


YEARS = 15

# Who reads parameters that are no dials: what an arrangement must offer, by the first part of a parameter's name.
_READ_BY = {"programmes": "programmes", "providers": "programmes", "investors": "market", "bank": "issues"}
_LISTED = 6  # arrangements that a message names


@dataclass(frozen=True)
class Inputs:
    """All that a run depends on, but for its seed.

    Attributes
    ----------
    place : Place
    catalogue : dict of str to Programme
    providers : dict
        Sector and values of each provider, by code.
    arrangement : Arrangement
    settings : dict
        Dials the user set, by name.
    years : int
    n_families : int
    investors : dict
        Kind and values of each investor, by code.
    bank : dict of str to Quantity
        Values of the social investment bank.
    request : Request
        What all this was read from.
    """

    place: Place
    catalogue: dict = field(repr=False)
    providers: dict = field(repr=False)
    arrangement: Arrangement = field(repr=False)
    settings: dict
    years: int
    n_families: int
    investors: dict = field(default_factory=dict, repr=False)
    bank: dict = field(default_factory=dict, repr=False)
    request: Request | None = field(default=None, repr=False)

    @property
    def dials(self):
        """Every dial: its default, else what the arrangement says, else what the user says."""
        return {**defaults(), **self.arrangement.settings, **self.settings}

    @property
    def place_dials(self):
        """Dials without what the arrangement says: those of the twin."""
        return {**defaults(), **self.settings}


def load_cases(arrangements, place="birmingham_2010", settings=None, years=YEARS, families=None):
    """Everything runs of some arrangements need, read and checked.

    Parameters
    ----------
    arrangements : list of str or path
        Or ``["all"]``, for every shipped one; one alone may be given as it is.
    place : str or path
    settings : mapping of str to str or float, optional
        Changes by dotted name: dials, or any value of the place, a programme, a provider or an arrangement.
    years : int
    families : int, optional
        Scales the place to this many families.

    Returns
    -------
    list of Inputs
        One an arrangement; a setting that only one arrangement has changes only that one.

    Raises
    ------
    InputError
    """
    check_numbers(years=years, families=families)
    settings, chosen = settings_of(settings), listed(arrangements)
    place = load_place(place)
    families = int(place.get("place.families")) if families is None else int(families)
    catalogue, providers, investors, bank = load_catalogue(), load_providers(), load_investors(), load_bank()
    loaded = []
    with Faults() as faults:
        for name in arrangement_names() if chosen == ["all"] else chosen:
            with faults.kept():
                loaded.append(load_arrangement(name))
    _check_apart(loaded)
    request = requested(loaded, place, settings)
    cases = [
        Inputs(place, catalogue, providers, item, {}, int(years), families, investors, bank, request) for item in loaded
    ]
    with Faults() as faults:
        for name, value in settings.items():
            with faults.kept():
                cases = _with_setting_for_all(cases, name, value)
                _check_read(name, [case.arrangement for case in cases])
        for case in cases:
            with faults.kept():
                check_arrangement(case.arrangement, place, catalogue, providers)
    return cases


def _check_apart(loaded):
    """Results are told apart by the arrangement's id, which is its file's name."""
    files_of = {}
    for item in loaded:
        other = files_of.setdefault(item.id, item.file)
        if Path(other).resolve() != Path(item.file).resolve():
            raise InputError(
                "arrangement", item.id, f"two files have this name: {other} and {item.file}", "rename one of them"
            )
    if len(files_of) < len(loaded):
        raise InputError("arrangement", "", "one is given twice", "name each once")


def _with_setting_for_all(cases, name, value):
    changed_cases, unknown = [], None
    for inputs in cases:
        try:
            changed_cases.append(with_setting(inputs, name, value))
        except UnknownParameterError as error:
            changed_cases.append(inputs)
            unknown = error
    if unknown is not None and all(new is old for new, old in zip(changed_cases, cases, strict=True)):
        raise unknown
    return changed_cases


def _check_read(name, arrangements):
    """Refuse a setting that nothing in any of the arrangements reads."""
    word = DIALS[name].read_by if name in DIALS else _READ_BY.get(name.partition(".")[0], "")
    if any(reads(item.rules, word) for item in arrangements):
        return
    shipped = [other for other in arrangement_names() if reads(load_arrangement(other).rules, word)]
    known = ", ".join(shipped[:_LISTED]) + (" ..." if len(shipped) > _LISTED else "")
    raise InputError(
        "--set",
        name,
        f"nothing in {', '.join(item.id for item in arrangements)} reads it",
        f"leave it out; of shipped arrangements {known} read{'s' if len(shipped) == 1 else ''} it",
    )


def load_inputs(arrangement, place="birmingham_2010", settings=None, years=YEARS, families=None):
    """Inputs of one arrangement; see :func:`load_cases`."""
    return load_cases([arrangement], place, settings, years, families)[0]


def with_setting(inputs, name, value):
    """Inputs with one parameter changed.

    Raises
    ------
    InputError
        If there is no such parameter, or the value is not one it may have.
    """
    if name in DIALS:
        return replace(inputs, settings={**inputs.settings, name: DIALS[name].read(value)})
    if inputs.place.has(name):
        return replace(inputs, place=inputs.place.with_value(name, value))
    kind, _, rest = name.partition(".")
    owner, _, key = rest.partition(".")
    if kind in ("arrangement", inputs.arrangement.id) and rest in inputs.arrangement.values:
        return replace(inputs, arrangement=inputs.arrangement.with_value(rest, value))
    if kind == "programmes" and owner in inputs.catalogue and key in inputs.catalogue[owner].values:
        return replace(inputs, catalogue={**inputs.catalogue, owner: inputs.catalogue[owner].with_value(key, value)})
    if kind == "bank" and rest in inputs.bank:
        return replace(inputs, bank={**inputs.bank, rest: changed(inputs.bank[rest], value, "--set", name)})
    for group in ("providers", "investors"):
        entry = getattr(inputs, group).get(owner)
        if kind == group and entry is not None and key in entry["values"]:
            values = {**entry["values"], key: changed(entry["values"][key], value, "--set", name)}
            return replace(inputs, **{group: {**getattr(inputs, group), owner: {**entry, "values": values}}})
    raise UnknownParameterError("--set", name, "there is no such parameter", suggest(name, parameters(inputs)))


def parameters(inputs):
    """Every parameter by dotted name: dials and quantities."""
    named = {**DIALS, **inputs.place.values}
    named |= {f"arrangement.{name}": item for name, item in inputs.arrangement.values.items()}
    for programme in inputs.catalogue.values():
        named |= {f"programmes.{programme.id}.{name}": item for name, item in programme.values.items()}
    for group in ("providers", "investors"):
        for code, entry in getattr(inputs, group).items():
            named |= {f"{group}.{code}.{name}": item for name, item in entry["values"].items()}
    return named | {f"bank.{name}": item for name, item in inputs.bank.items()}


def load_providers(path=None):
    """Sector and values of each provider, by code.

    Parameters
    ----------
    path : str or path, optional
        A TOML file with a table a provider; the package's own by default.

    Raises
    ------
    InputError
    """
    path = path or files("sim") / "scenarios" / "providers.toml"
    providers = {}
    with Faults() as faults:
        for code, entry in read_toml(str(path)).items():
            with faults.kept():
                check_name(code, path, "provider", "id")
                check_keys(table_of(path, code, entry), path, ("sector", *PROVIDER_VALUES), faults, f"{code}.")
                values = read_values(entry, path, PROVIDER_VALUES, faults, f"{code}.")
                if entry.get("sector") not in SECTORS:
                    given = f"{entry.get('sector')!r} is unknown"
                    raise InputError(path, f"{code}.sector", given, f"give {' or '.join(SECTORS)}")
                providers[code] = {"sector": entry["sector"], "values": values}
    return providers
