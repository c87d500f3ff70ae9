"""Projections kept for all tasks that come to the same: in memory, and from one run to the next in a folder of the user's."""

from dataclasses import replace

from sim.core.digest import Digests
from sim.programmes.following import surroundings
from sim.programmes.projection import Projections, project
from sim.studies.cache import AROUND, SMALL, Made, Noted, all_read, make_once

_NOT_READ = ("cost_per_family", "most_reached")


def what_is_projected(programme):
    """A programme without what its projection does not hang on: what it costs, who may buy or deliver it, and on what evidence."""
    told = {
        name: {key: item for key, item in getattr(programme, name).items() if key not in _NOT_READ}
        for name in ("values", "beliefs")
    }
    return replace(programme, name="", commissioners=(), sectors=(), grade=1, notes="", trials=(), **told)


class KeptProjections(Projections):
    """Projections of some inputs' place, each made once.

    They hang on the place, on dials as nobody's arrangement sets them, and on the programme; not on a run's seed.

    Parameters
    ----------
    inputs : Inputs
    threads : int
    folder : path or None
        Where they are kept on disk.

    Attributes
    ----------
    read : dict
        What was read for those that were asked for.
    """

    def __init__(self, inputs, threads=1, folder=None):
        super().__init__(inputs.place, inputs.place_dials, threads)
        self._folder, self._digests, self.read = folder, Digests(), {}
        self._bare = replace(self._place, values={})

    def around(self):
        """The settled place that families are drawn from and followed in: Surroundings."""
        return self._made_around().thing.at(self._place, self._dials)

    def _made(self, programme, quarters):
        now, seen_by_it = self._now(), what_is_projected(programme)

        def make():
            around = self._made_around()
            dials, values = (Noted(now[name], around.read[name]) for name in now)
            seen = around.thing.at(replace(self._place, values=values), dials)
            return Made(project(seen, seen_by_it, quarters), {"place dials": dials.read, "values": values.read})

        base = self._digests.of("projection", self._bare, seen_by_it, quarters)
        made = make_once(base, now, make, self._folder, SMALL)
        self.read = all_read(self.read, made.read)
        return made.thing

    def _made_around(self):
        """The settled place it is done in: Made, of a Surroundings."""
        now = self._now()

        def make():
            dials, values = (Noted(now[name]) for name in now)
            around = surroundings(replace(self._place, values=values), dials, self._threads)
            return Made(around.at(self._bare, {}), {"place dials": dials.read, "values": values.read})

        return make_once(self._digests.of("surroundings", self._bare), now, make, None, AROUND)

    def _now(self):
        return {"place dials": self._dials, "values": self._place.values}
