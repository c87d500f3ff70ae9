"""The cut-down task of ``task.py`` in Mesa, in numpy and by this project; ``starsim_peers.py`` has Starsim. Each has ``step()``, and ``counts`` and ``paid`` of the quarter.

``MesaVersion``
    One Mesa agent a family, ``AgentSet.do`` as Mesa's own examples use it; levels in a list, the standard library's
    generator, tables as nested lists (numpy scalars would be slower). The coupling of a family without needs is
    skipped. A family that leaves is removed and a new agent made.
``NumpyVersion``
    The same arithmetic on arrays of small integers with numpy's default generator; its draws are not keyed.
``KernelVersion``
    This project's compiled kernels on the columns the real model uses (frailty all alike, nobody served).
"""

from random import Random

import mesa
import numpy as np
import task
from task import BAND, BANDS, COUPLING, DOWN, EASING, ENGAGEMENT, HELPED, NEEDS, SIZE, STRENGTH, WORSENING

from sim.core.streams import key_of
from sim.place import kernels
from sim.place.tables import offer_tables

_AGE_LIMIT = kernels.QUARTERS_OF_AGE
# By quarters on the programme, where 0 is never and 1 the quarter of enrolment.
UP_FACTOR = np.concatenate([[1], np.exp(WORSENING * STRENGTH)]).astype(np.float32)
DOWN_FACTOR = np.concatenate([[1], np.exp(EASING * STRENGTH)]).astype(np.float32)


class Family(mesa.Agent):
    """A family as an object."""

    def __init__(self, model, area, levels, age):
        super().__init__(model)
        self.area, self.levels, self.age, self.on = area, levels, age, 0

    def step(self):
        model = self.model
        self.age += 1
        if self.age >= _AGE_LIMIT:
            self.remove()
            Family(model, self.area, model.newborn(), 0).live()
            return
        if self.on:
            self.on += 1
        self.live()

    def live(self):
        """Needs move, the family is counted and may enrol."""
        model, levels, draw = self.model, self.levels, self.model.draw
        up = model.up[self.area][model.band[self.age]]
        any_need = any(levels)
        new = levels[:]
        for k, level in enumerate(levels):
            p_up, p_down = up[k][level], model.down[k][level]
            if any_need:
                p_up *= 1 + sum(c * other for c, other in zip(model.coupling[k], levels, strict=True))
            if self.on and k < HELPED:
                p_up *= model.up_factor[self.on]
                p_down *= model.down_factor[self.on]
            u = draw()
            if u < p_up:
                new[k] = level + 1
            elif u > 1 - p_down:
                new[k] = level - 1
        self.levels = new
        for of_need, level in zip(model.tally[self.area], new, strict=True):
            of_need[level] += 1
        if not self.on and NEEDS - new.count(0) >= 2 and draw() < ENGAGEMENT:
            self.on = 1


class MesaVersion(mesa.Model):
    """Mesa agent objects."""

    def __init__(self, areas, seed):
        super().__init__(rng=seed)
        self.draw = Random(seed).random
        self.band, self.down, self.coupling = BAND.tolist(), DOWN.tolist(), COUPLING.tolist()
        self.up_factor, self.down_factor = UP_FACTOR.tolist(), DOWN_FACTOR.tolist()
        self.entry = task.ENTRY.tolist()
        levels, ages = task.start(np.random.default_rng(seed), areas)
        self.counts = task.count(levels)
        for f, (of_family, age) in enumerate(zip(levels.T.tolist(), ages.tolist(), strict=True)):
            Family(self, f // SIZE, of_family, age)

    def newborn(self):
        """Levels that a family brings."""
        levels = []
        for entry in self.entry:
            u = self.draw()
            levels.append(sum(u < chance for chance in entry))
        return levels

    def step(self):
        self.up = task.chances(self.counts).tolist()
        self.tally = [[[0] * 4 for _ in range(NEEDS)] for _ in self.counts]
        self.agents.do("step")
        self.counts = np.array(self.tally)
        self.paid = task.cost(self.counts.sum(axis=0))


class NumpyVersion:
    """Arrays of small integers, one row a need."""

    def __init__(self, areas, seed):
        self.rng = np.random.default_rng(seed)
        self.levels, self.age = task.start(self.rng, areas)
        self.on = np.zeros(areas * SIZE, np.uint8)
        self.area = np.repeat(np.arange(areas), SIZE)
        self.counts = task.count(self.levels)

    def step(self):
        levels, on, n = self.levels, self.on, self.age.size
        up = task.chances(self.counts)
        self.age += 1
        on += on > 0
        gone = np.flatnonzero(self.age >= _AGE_LIMIT)
        self.age[gone], on[gone], levels[:, gone] = 0, 0, task.newborns(self.rng, gone.size)
        cell = (self.area * BANDS + BAND[self.age]) * 4
        extra = COUPLING @ levels.astype(np.float32) + 1
        up_factor, down_factor = UP_FACTOR[on], DOWN_FACTOR[on]
        new = np.empty_like(levels)
        for k in range(NEEDS):
            level = levels[k]
            p_up = up[:, :, k].ravel()[cell + level] * extra[k]
            p_down = DOWN[k][level]
            if k < HELPED:
                p_up *= up_factor
                p_down *= down_factor
            u = self.rng.random(n, np.float32)
            new[k] = level + (u < p_up) - (u > 1 - p_down)
        self.levels = new
        self.counts = task.count(new)
        self.paid = task.cost(self.counts.sum(axis=0))
        wants = np.flatnonzero(((new > 0).sum(axis=0, dtype=np.uint8) >= 2) & (on == 0))
        on[wants] = self.rng.random(wants.size) < ENGAGEMENT


class KernelVersion:
    """The kernels of this project."""

    def __init__(self, areas, seed):
        n, self.areas, self.key, self.quarter = areas * SIZE, areas, key_of(seed), 0
        levels, ages = task.start(np.random.default_rng(seed), areas)
        first = np.arange(areas + 1) * SIZE
        self.columns = kernels.Columns(
            first, first[1:].copy(), np.ascontiguousarray(levels.T),
            (levels.T @ 4 ** np.arange(NEEDS)).astype(np.uint32), ((levels > 0).T @ (1 << np.arange(NEEDS))).astype(np.uint16),
            ages, np.zeros(n, np.uint8), np.zeros(n, np.uint8), np.zeros(n, np.uint32),
            np.full(n, 0.5, np.float32), np.zeros(n, np.float32), np.zeros(n, np.uint16), np.zeros(n, np.uint16),
            np.zeros((kernels.RING, n), np.uint32), np.zeros((kernels.SLOTS, n), np.uint8), np.zeros((kernels.SLOTS, n), np.uint8),
            np.zeros(n, np.uint16), np.zeros((kernels.RING, n), np.uint16), np.zeros(n, np.uint8),
        )  # fmt: skip
        alike = np.ones(kernels.FRAILTY_CLASSES, np.float32)
        self.tables = kernels.NeedTables(
            BAND, task.UP[None], np.tile(DOWN, (2, BANDS, 1, 1)), np.zeros((NEEDS, 4), np.uint16), np.ones((kernels.FRAILTY_CLASSES, NEEDS), np.float32), alike, alike,
            COUPLING, COUPLING.max(axis=0), np.zeros(NEEDS, np.uint32), np.ones(NEEDS, np.float32),
            np.ones((1, NEEDS), np.float32), np.ones(1, np.float32), np.zeros(NEEDS, np.uint16),
            kernels.CrisisTables(np.zeros(1 << NEEDS, np.float32), alike, np.float32(0), np.float32(1), np.ones(2, np.float32)),
        )  # fmt: skip
        self.entry = kernels.EntryTables(task.ENTRY, np.full(4096, 0.5, np.float32))
        helped = np.arange(NEEDS) < HELPED
        self.offers = offer_tables(NEEDS, [{
            "escalation": WORSENING * helped, "recovery": EASING * helped, "strength": STRENGTH,
            "level_weight": np.ones(4), "band_weight": np.ones(BANDS), "running": 4, "finds": 0.0,
        }])  # fmt: skip
        self.target = kernels.Target(np.ones(NEEDS, np.uint8), 1, 3, 2, 0, _AGE_LIMIT)
        self.counts = task.count(levels)
        self.leavers, self.heard = np.zeros_like(self.counts), np.zeros(areas, np.float32)
        self.chosen = np.zeros(n, np.int64)

    def step(self):
        self.quarter += 1
        c, areas, key, one = self.columns, self.areas, self.key, np.float32(1)
        tables = self.tables._replace(up=task.chances(self.counts))
        kernels.age_families(c, tables, self.entry, 0, areas, key, 0, self.leavers, self.counts)
        kernels.move_needs(c, tables, self.offers, 0, areas, key, self.quarter, self.counts)
        self.paid = task.cost(self.counts.sum(axis=0))
        asked = kernels.Invitation(1, np.array([0, 1], np.uint8), np.float32(ENGAGEMENT), one, 1)
        who = kernels.applicants(
            c, self.offers, self.target, asked, key, self.quarter, self.heard, np.zeros(0, np.uint8), 0, areas, self.chosen,
        )  # fmt: skip
        kernels.enrol(c, who.rows[who.given(kernels.Places(c.age.size, np.zeros(4, np.int64)))], 1, np.float32(0))
