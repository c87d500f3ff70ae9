"""A comparison area for every arrangement of a seed, made once, where a design first looks at it."""

from dataclasses import replace
from types import SimpleNamespace

from sim.arrangements.reading import load_arrangement
from sim.core.digest import Digests
from sim.evaluation.comparison_area import FAMILIES, ComparisonArea
from sim.place.burn_in import elsewhere
from sim.studies.cache import AREAS, Made, Noted, make_once
from sim.studies.inputs import TWIN
from sim.system import LocalSystem

OTHER = 2**63  # above any run's seed: the luck of the comparison area of a seed is nobody else's


def nothing_done(inputs):
    """The inputs of a run in which nobody commissions anything, dials as nobody's arrangement sets them."""
    return replace(inputs, arrangement=load_arrangement(TWIN), catalogue={})


class KeptArea:
    """The comparison area of some inputs and a seed; calling it gives the ComparisonArea.

    It has the place's data and its future, as many of its families as :data:`FAMILIES` at most, luck of its own and the
    do-nothing arrangement.

    Parameters
    ----------
    inputs : Inputs
    made : Made
        The settled place of the run.
    seed : int
    threads : int
    """

    def __init__(self, inputs, made, seed, threads=1):
        self._inputs, self._made, self._seed, self._threads = inputs, made, seed + OTHER, threads
        self._area = None

    def __call__(self):
        if self._area is None:
            inputs = nothing_done(self._inputs)
            bare, families = replace(inputs.place, values={}), min(inputs.n_families, FAMILIES)
            now = {"place dials": inputs.place_dials, "values": inputs.place.values, "dials": inputs.dials}
            of = ("comparison area", bare, self._seed, inputs.n_families, inputs.years, inputs.arrangement)
            made = make_once(Digests().of(*of), now, lambda: self._live(inputs, now, families), recent=AREAS)
            self._area = made.thing.at(inputs.place, inputs.place_dials)
        return self._area

    def _live(self, inputs, now, families):
        """The area's records from its own base year to the last year."""
        read = self._made.read
        of_place, values = (Noted(now[name], read[name]) for name in ("place dials", "values"))
        of_run, place = Noted(now["dials"]), replace(inputs.place, values=values)
        settled = elsewhere(self._made.thing.at(place, of_place, self._threads), self._seed, families)
        alone = {"place": place, "dials": of_run, "n_families": families, "providers": {}, "investors": {}, "bank": {}}
        area = ComparisonArea(settled)
        LocalSystem(SimpleNamespace(**{**vars(inputs), **alone}), settled, self._seed, area).run_model()
        read = {"place dials": of_place.read, "values": values.read, "dials": of_run.read}
        return Made(area.at(replace(place, values={}), {}), read)
