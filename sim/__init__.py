"""listsim: where the savings of early intervention go, under which funding arrangement.

The names below are the Python interface; each is imported when first used, so that ``import sim`` stays light.
"""

from importlib import import_module

_HOMES = {
    "Comparison": "sim.api",
    "InputError": "sim.core.parameters",
    "StudyError": "sim.studies.done",
    "WorkerError": "sim.studies.executors",
    "appraise": "sim.api",
    "compare": "sim.api",
    "incentives": "sim.cost_benefit.at_place",
    "load_arrangement": "sim.arrangements.reading",
    "load_place": "sim.place.places",
    "load_programme": "sim.programmes.catalogue",
    "model": "sim.api",
    "reproduce": "sim.rerun",
    "run": "sim.api",
    "sweep": "sim.api",
    "tables": "sim.api",
}
__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__():
    return sorted([*globals(), *__all__])
