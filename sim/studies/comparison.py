"""The do-nothing run of a seed: the record that others are compared with, and the families that evaluators may look at."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from sim.arrangements.reading import load_arrangement
from sim.core.digest import Digests
from sim.evaluation.comparison_area import ComparisonArea
from sim.record.recorder import Recorder
from sim.studies.cache import AREAS, Made, Noted, all_read, make_once
from sim.studies.inputs import TWIN
from sim.system import LocalSystem

FAMILIES = 30_000  # of a comparison area, at most, and half of those there are
OTHER = 2**63  # above any run's seed: who of an area's families agrees to take part is nobody else's luck


def nothing_done(inputs):
    """The inputs of a run in which nobody commissions anything, dials as nobody's arrangement sets them."""
    return replace(inputs, arrangement=load_arrangement(TWIN), catalogue={})


def simulate(inputs, settled, seed, recorder, comparison_area=None):
    """A run from a settled place, which is changed, from the first quarter to the last: its recorder."""
    model = LocalSystem(inputs, settled, seed, recorder, comparison_area=comparison_area)
    model.run_model()
    model.recorder.finish(model)
    model.families = None  # most of its memory, which else stays until Python looks for rings of references
    return recorder


class DoNothing:
    """A run in which nobody commissions, made once for all that ask for the same.

    Parameters
    ----------
    inputs : Inputs
        Of an arrangement without programmes, so that providers and investors are none of its business.
    made : Made
        The settled place it starts from.
    seed : int
    threads : int
    cache : path, optional
        Folder in which its record is kept.
    watched : bool
        Whether evaluators will look at it: its comparison area is then taken down with its record.
    whose : str
        Whose dials it lives under, as what was read of them is named.

    Attributes
    ----------
    now : dict of str to mapping
        What it reads, by name.
    read : dict
        What was read for what it was asked for.
    """

    def __init__(self, inputs, made, seed, threads=1, cache=None, watched=False, whose="nobody's dials"):
        self._inputs, self._made, self._seed, self._threads = inputs, made, seed, threads
        self._cache, self._watched, self._whose, self._digests = cache, watched, whose, Digests()
        self.now = {"place dials": inputs.place_dials, "values": inputs.place.values, whose: inputs.dials}
        self._bare, self.read = replace(inputs.place, values={}), {}

    def record(self):
        """What it does: Recorder."""
        return self._found(make_once(self._base("twin"), self.now, self._recorded, self._cache))

    def area(self):
        """An even sample of its families, as an evaluator sees them, at no place: ComparisonArea."""
        base = self._base("comparison area")
        return self._found(make_once(base, self.now, lambda: self._lived(watched=True)[1], recent=AREAS))

    def _found(self, made):
        self.read = all_read(self.read, made.read)
        return made.thing

    def _base(self, what):
        inputs = self._inputs
        return self._digests.of(
            what, self._bare, self._seed, inputs.n_families, inputs.years, inputs.arrangement, inputs.catalogue
        )

    def _recorded(self):
        record, area = self._lived(self._watched)
        if area:
            AREAS.keep(self._base("comparison area"), area)
        return record

    def _lived(self, watched):
        """From the first quarter to the last: Made of its record, and of its comparison area if it is watched."""
        inputs, read, now = self._inputs, self._made.read, self.now
        of_place, values = (Noted(now[name], read[name]) for name in ("place dials", "values"))
        of_run, place = Noted(now[self._whose]), replace(inputs.place, values=values)
        alone = {"place": place, "dials": of_run, "providers": {}, "investors": {}, "bank": {}}
        settled = self._made.thing.at(place, of_place, self._threads).copy()
        area = ComparisonArea(settled, _even_sample(inputs.n_families), self._seed + OTHER) if watched else None
        record = simulate(SimpleNamespace(**{**vars(inputs), **alone}), settled, self._seed, Recorder(watcher=area))
        read = {"place dials": of_place.read, "values": values.read, self._whose: of_run.read}
        return Made(record, read), area and Made(area.at(self._bare, {}), read)


def _even_sample(n):
    """Rows of a place of n families that its comparison area has."""
    most = min(FAMILIES, n // 2)
    return np.arange(most) * n // max(1, most)
