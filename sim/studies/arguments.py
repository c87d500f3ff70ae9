"""Numbers and names that a command or a call is given: one check for the command line and for Python."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from sim.core.faults import Faults, InputError
from sim.core.numbers import read_whole

LAST_SEED = 2**63 - 1  # tables hold seeds as 64-bit integers
RANGES = {
    "seed": (0, LAST_SEED),
    "replicates": (1, 10_000),
    "workers": (1, 256),
    "years": (1, 40),
    "families": (500, 20_000_000),
    "cases": (1, 10**9),
    "horizon": (1, 60),
    "draws": (100, 200_000),
    "rounds": (2, 200),
}
OPTIONAL = ("families", "cases", "horizon")  # None leaves the choice to the place or file


def check_numbers(**given):
    """Refuse what is not a whole number in its range, all at once.

    Parameters
    ----------
    **given
        Some of :data:`RANGES`; None where a number of :data:`OPTIONAL` is left out.

    Raises
    ------
    InputError
    """
    with Faults() as faults:
        for name, value in given.items():
            if value is not None or name not in OPTIONAL:
                with faults.kept():
                    read_whole(f"--{name}", "", value, *RANGES[name])
    last = given.get("seed", 0) + given.get("replicates", 1) - 1
    if last > LAST_SEED:
        raise InputError(
            "--seed", "", f"the last seed, {last}, is too large", f"give {LAST_SEED - given['replicates'] + 1} or less"
        )


def listed(arrangements):
    """Arrangements as a list; one alone may stand for itself.

    Raises
    ------
    InputError
    """
    if isinstance(arrangements, str | Path):
        return [arrangements]
    if not isinstance(arrangements, Iterable):
        raise InputError("arrangements", "", f"{arrangements!r} is no list", "give a list of names or files")
    names = list(arrangements)
    if not names:
        raise InputError("arrangements", "", "there are none", "give one or more, or 'all'")
    if "all" in names and len(names) > 1:
        raise InputError("arrangements", "", "'all' stands beside others", "give 'all' alone, or name each")
    return names


def settings_of(settings):
    """Changes by dotted name as a mapping, empty where there are none.

    Raises
    ------
    InputError
    """
    if settings is None:
        return {}
    if not isinstance(settings, Mapping):
        raise InputError(
            "--set", "", f"{settings!r} is no mapping", "give a mapping such as {'services.threshold_drift': 0}"
        )
    for name in settings:
        if not isinstance(name, str):
            raise InputError("--set", "", f"{name!r} is no name", "name parameters by text")
    return settings
