"""The cut-down task of ``task.py`` in Starsim, twice.

``StarsimVersion``
    As Starsim's documentation shows a model to be put together: each need a disease with a level and relative chances,
    a demographics module, a connector for comorbidity that adds up pairs of needs, an intervention, an analyzer.
``TunedVersion``
    The same by one module that takes all needs in hand at once, with coupling as one product of matrices and tables
    looked up by flat index: Starsim keeps the states, the draws and the clock, the rest is ``NumpyVersion``.

In both a family that leaves is replaced in its row, which is quicker than Starsim's own deaths and births, and draws
are Starsim's common random numbers, one ``ss.random`` a need, keyed by agent as this project's are.
"""

import numpy as np
import starsim as ss
import task
from peers import DOWN_FACTOR, UP_FACTOR
from task import BAND, BANDS, COUPLING, DOWN, ENGAGEMENT, ENTRY, HELPED, NEEDS, SIZE

from sim.place.kernels import QUARTERS_OF_AGE


class Need(ss.Disease):
    """One need."""

    def __init__(self, k, **kwargs):
        super().__init__()
        self.define_states(
            ss.IntArr("level", default=0), ss.FloatArr("rel_up", default=1.0), ss.FloatArr("rel_down", default=1.0)
        )
        self.k, self.draw, self.entry = k, ss.random(name="move"), ss.random(name="enter")
        self.update_pars(name=f"need_{k}", **kwargs)

    def enter(self, uids):
        """Needs that families bring."""
        self.level[uids] = (self.entry.rvs(uids)[:, None] < ENTRY[self.k]).sum(axis=1)

    def step(self):
        families, uids, level = self.sim.demographics[0], self.sim.people.auids, self.level.values
        p_up = families.up[families.area.values, families.band, self.k, level] * self.rel_up.values
        p_down = DOWN[self.k][level] * self.rel_down.values
        u = self.draw.rvs(uids)
        self.level[uids[u < p_up]] += 1
        self.level[uids[u > 1 - p_down]] -= 1


class Generations(ss.Demographics):
    """Neighbourhoods; families age, leave and enter."""

    def __init__(self, areas, **kwargs):
        super().__init__()
        self.define_states(ss.IntArr("quarters", default=0), ss.IntArr("area", default=0))
        self.areas = areas
        self.update_pars(**kwargs)

    def init_post(self):
        super().init_post()
        levels, self.quarters[:] = task.start(np.random.default_rng(self.sim.pars.rand_seed), self.areas)
        self.area[:] = np.repeat(np.arange(self.areas), SIZE)
        for need, level in zip(self.sim.diseases.values(), levels, strict=True):
            need.level[:] = level
        self.counts = task.count(levels)

    def step(self):
        self.up = task.chances(self.counts)
        self.quarters += 1
        gone = (self.quarters >= QUARTERS_OF_AGE).uids
        self.quarters[gone] = 0
        self.sim.interventions[0].on[gone] = 0
        for need in self.sim.diseases.values():
            need.enter(gone)
        self.band = BAND[self.quarters.values]


class Comorbidity(ss.Connector):
    """Each need raises the chance that others worsen."""

    def step(self):
        needs = self.sim.diseases.values()
        for need, factors in zip(needs, COUPLING.tolist(), strict=True):
            pairs = zip(factors, needs, strict=True)
            need.rel_up[:] = 1 + sum(factor * other.level for factor, other in pairs if factor)


class Programme(ss.Intervention):
    """One programme: what it does to those on it, and who enrols."""

    def __init__(self, **kwargs):
        super().__init__()
        self.define_states(ss.IntArr("on", default=0))
        self.draw = ss.random(name="engage")
        self.update_pars(**kwargs)

    def step(self):
        helped = (self.on > 0).uids
        self.on[helped] += 1
        for need in self.sim.diseases.values()[:HELPED]:
            need.rel_up[helped] *= UP_FACTOR[self.on[helped]]
            need.rel_down[:] = 1.0
            need.rel_down[helped] = DOWN_FACTOR[self.on[helped]]

    def finish_step(self):
        several = sum((need.level > 0).values.astype(np.uint8) for need in self.sim.diseases.values()) >= 2
        wants = self.sim.people.auids[several & (self.on == 0).values]
        self.on[wants[self.draw.rvs(wants) < ENGAGEMENT]] = 1
        super().finish_step()


class Costs(ss.Analyzer):
    """Families counted, and what agencies pay."""

    def step(self):
        levels = np.array([need.level.values for need in self.sim.diseases.values()], np.uint8)
        self.counts = self.sim.demographics[0].counts = task.count(levels)
        self.paid = task.cost(self.counts.sum(axis=0))


class StarsimVersion:
    """Modules as documented."""

    def __init__(self, areas, seed):
        self.sim = _simulation(
            areas, seed, demographics=Generations(areas), diseases=[Need(k) for k in range(NEEDS)],
            connectors=Comorbidity(), interventions=Programme(), analyzers=Costs(),
        )  # fmt: skip

    def step(self):
        self.sim.run_one_step()
        self.counts, self.paid = self.sim.analyzers[0].counts, self.sim.analyzers[0].paid


def _simulation(areas, seed, **modules):
    sim = ss.Sim(n_agents=areas * SIZE, dt=0.25, dur=100, rand_seed=seed, people_results=False, verbose=0, **modules)
    return sim.init()


class AllNeeds(ss.Module):
    """Everything at once."""

    def __init__(self, areas, **kwargs):
        super().__init__()
        self.define_states(
            ss.IntArr("quarters", default=0), ss.IntArr("area", default=0), ss.IntArr("on", default=0),
            *(ss.IntArr(f"need_{k}", default=0) for k in range(NEEDS)),
        )  # fmt: skip
        self.needs = [getattr(self, f"need_{k}") for k in range(NEEDS)]
        self.draws = [ss.random(name=f"move_{k}") for k in range(NEEDS)]
        self.entry = [ss.random(name=f"enter_{k}") for k in range(NEEDS)]
        self.engage = ss.random(name="engage")
        self.areas = areas
        self.update_pars(**kwargs)

    def init_post(self):
        super().init_post()
        levels, ages = task.start(np.random.default_rng(self.sim.pars.rand_seed), self.areas)
        self.quarters[:], self.area[:] = ages, np.repeat(np.arange(self.areas), SIZE)
        for need, level in zip(self.needs, levels, strict=True):
            need[:] = level
        self.counts = task.count(levels)

    def step(self):
        up, uids = task.chances(self.counts), self.sim.people.auids
        self.quarters += 1
        self.on[(self.on > 0).uids] += 1
        gone = (self.quarters >= QUARTERS_OF_AGE).uids
        self.quarters[gone] = 0
        self.on[gone] = 0
        for need, draw, entry in zip(self.needs, self.entry, ENTRY, strict=True):
            need[gone] = (draw.rvs(gone)[:, None] < entry).sum(axis=1)
        levels = [need.values for need in self.needs]
        cell = (self.area.values * BANDS + BAND[self.quarters.values]) * 4
        extra = COUPLING @ np.array(levels, np.float32) + 1
        on = self.on.values
        for k, (need, level) in enumerate(zip(self.needs, levels, strict=True)):
            p_up = up[:, :, k].ravel()[cell + level] * extra[k]
            p_down = DOWN[k][level]
            if k < HELPED:
                p_up *= UP_FACTOR[on]
                p_down *= DOWN_FACTOR[on]
            u = self.draws[k].rvs(uids)
            need[uids[u < p_up]] += 1
            need[uids[u > 1 - p_down]] -= 1
        new = np.array([need.values for need in self.needs], np.uint8)
        self.counts = task.count(new)
        self.paid = task.cost(self.counts.sum(axis=0))
        wants = uids[((new > 0).sum(axis=0, dtype=np.uint8) >= 2) & (on == 0)]
        self.on[wants[self.engage.rvs(wants) < ENGAGEMENT]] = 1


class TunedVersion:
    """One module."""

    def __init__(self, areas, seed):
        self.sim = _simulation(areas, seed, modules=AllNeeds(areas))

    def step(self):
        self.sim.run_one_step()
        self.counts, self.paid = self.sim.custom[0].counts, self.sim.custom[0].paid
