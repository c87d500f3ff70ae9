"""Running and comparing: pure functions of (inputs, seed) that own all their state."""

import os
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from sim import pool
from sim.agents.investor import load_investors
from sim.agents.provider import PROVIDER_VALUES
from sim.agents.social_bank import load_bank
from sim.arguments import check_numbers, listed, settings_of
from sim.arrangements import Arrangement, arrangement_names, load_arrangement
from sim.at_place import check_arrangement
from sim.burn_in import settle
from sim.families import QUARTERS
from sim.model import LocalSystem
from sim.parameters import (
    DIALS,
    Faults,
    InputError,
    UnknownParameterError,
    changed,
    check_keys,
    check_name,
    defaults,
    read_values,
    suggest,
    table_of,
)
from sim.places import Place, load_place, read_toml
from sim.programmes import SECTORS, load_catalogue
from sim.record import Recorder, Rows
from sim.request import Request, requested

TWIN = "do_nothing"
YEARS = 15


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


@dataclass(frozen=True)
class RunResult:
    """Rows and flows of one run, in the order in which they will be written."""

    arrangement: str
    seed: int
    rows: list
    flows: list
    bodies: tuple


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


def simulate(inputs, settled, seed, twin=None):
    """One run from a settled place; changes `settled`.

    Returns
    -------
    tuple of Recorder and service prices
    """
    recorder = Recorder(twin)
    model = LocalSystem(inputs, settled, seed, recorder)
    for _ in range(inputs.years * QUARTERS):
        model.step()
    recorder.finish(model)
    return recorder, model.services.prices


def run_seed(cases, seed, threads=1):
    """Runs of several arrangements with one seed, against one do-nothing twin.

    An arrangement that changes management has a second twin with that management and no programmes, against which its
    programmes are judged.

    Parameters
    ----------
    cases : list of Inputs
        That differ in nothing but their arrangement.
    seed : int
    threads : int

    Returns
    -------
    list of RunResult
    """
    first = cases[0]
    settled = settle(first.place, first.place_dials, seed, first.n_families, threads)
    nothing = replace(first, arrangement=load_arrangement(TWIN))
    twin, prices = simulate(nothing, settled.copy(), seed)
    results = []
    for inputs in cases:
        managed, managed_twin = None, twin
        if inputs.arrangement.manages:
            alone = replace(inputs, arrangement=inputs.arrangement.without_programmes())
            managed = managed_twin = simulate(alone, settled.copy(), seed)[0]
        record, _ = simulate(inputs, settled.copy(), seed, managed_twin)
        rows = Rows(inputs.place, prices, record, managed_twin).build()
        if managed is not None:
            rows += Rows(inputs.place, prices, managed, twin).management()
        results.append(RunResult(inputs.arrangement.id, seed, rows, record.flows, record.bodies))
    return results


def run(inputs, seed, threads=1):
    """One arrangement with its do-nothing twin.

    Parameters
    ----------
    inputs : Inputs
    seed : int
    threads : int
        Threads that share out the families; the result does not depend on it.

    Returns
    -------
    RunResult
    """
    return run_seed([inputs], seed, threads)[0]


def compare(cases, seed=1, replicates=10, workers=1, progress=None):
    """Runs of several arrangements over several seeds.

    Parameters
    ----------
    cases : list of Inputs
    seed : int
        Seed of the first replicate; the others follow.
    replicates : int
    workers : int
        Processes; results do not depend on it.
    progress : callable, optional
        Called with the number of seeds done and their total.

    Returns
    -------
    list of list of RunResult
        By replicate, then by case.

    Raises
    ------
    WorkerError
        If a worker process is killed.
    """
    check_numbers(seed=seed, replicates=replicates, workers=workers)
    seeds = range(seed, seed + replicates)
    workers = min(workers, replicates)
    if workers <= 1:
        return [
            _tell(progress, i, replicates, run_seed(cases, s, os.cpu_count() if replicates == 1 else 1))
            for i, s in enumerate(seeds)
        ]
    with pool.workers(workers) as executor:
        futures = [executor.submit(run_seed, cases, s) for s in seeds]
        return [_tell(progress, i, replicates, future.result()) for i, future in enumerate(futures)]


def _tell(progress, i, total, result):
    if progress:
        progress(i + 1, total)
    return result
