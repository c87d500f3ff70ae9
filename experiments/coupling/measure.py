"""What one level less of a need is worth over the years, by line, under two sets of couplings."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.faults import InputError
from sim.core.input_files import read_toml
from sim.core.streams import mixed
from sim.place import kernels
from sim.place.burn_in import burn_in

AXES = ("coupling", "need", "line")
SHARE = 0.5  # of the families with a need
DISCOUNT = 1.035
BEFORE = Path(__file__).with_name("before.toml")


def measure(inputs, seed):
    """Pounds saved a family whose need is one level less, present value, by coupling, need and line; and families.

    Other families stay as they are, so that a family's own course is compared with its own, by the same luck.
    """
    if absent := set(read_toml(BEFORE)) - set(inputs.place.index("needs")):
        raise InputError(
            "--place", inputs.place.id, f"has no need {min(absent)}, which this one is about", "leave it out"
        )
    found = {}
    for name, place in (("before", uncoupled(inputs.place)), ("after", inputs.place)):
        start = burn_in(place, inputs.place_dials, seed, inputs.n_families)
        lowered, chosen = start.copy(), choose(start.families, seed)
        for need, rows in enumerate(chosen):
            lower(lowered.families, rows, need)
        saved = followed(start, chosen, inputs.years) - followed(lowered, chosen, inputs.years)
        for need, of_lines in zip(place.needs, saved, strict=True):
            k = place.needs.index(need)
            found[name, need.id, "all", "families"] = len(chosen[k])
            for line, pence in zip(place.lines, of_lines, strict=True):
                found[name, need.id, line.id, "pounds"] = pence / 100 / max(1, len(chosen[k]))
    return found


def uncoupled(place):
    """The place with the couplings it had before, and none beside them."""
    was = {
        f"coupling.{need}.{other}": size for need, sizes in read_toml(BEFORE).items() for other, size in sizes.items()
    }
    values = {
        name: replace(item, value=was.get(name, 0.0)) if name.startswith("coupling.") else item
        for name, item in place.values.items()
    }
    return replace(place, values=values)


def choose(families, seed):
    """Rows of a sample of families, by the need that is lowered: one a family, by lot among those it has."""
    columns = families.columns
    lot, number = mixed(columns.luck, seed), (columns.levels > 0).sum(axis=1)
    rows = np.flatnonzero((number > 0) & ((lot >> np.uint64(40)) < SHARE * 2**24))
    turn = (lot[rows] & np.uint64(0xFFFF)) % number[rows].astype(np.uint64)
    has = columns.levels[rows] > 0
    need = (has & (has.cumsum(axis=1) == turn[:, None] + 1)).argmax(axis=1)
    return [rows[need == k] for k in range(has.shape[1])]


def lower(families, rows, need):
    """Take one level off a need of some families."""
    columns = families.columns
    columns.levels[rows, need] -= 1
    level = columns.levels[rows, need].astype(np.uint32)
    columns.packed[rows] = columns.packed[rows] & ~np.uint32(3 << 2 * need) | level << np.uint32(2 * need)
    columns.has[rows[level == 0]] &= ~np.uint16(1 << need)
    area = families.area_of(rows)
    np.add.at(families.counts, (area, need, level), 1)
    np.subtract.at(families.counts, (area, need, level + 1), 1)


def followed(start, chosen, years):
    """Present value in pence of what services spent on the chosen families, at average cost: float (needs, lines)."""
    families, average = start.families, start.services.prices.average
    generation = [families.columns.generation[rows].copy() for rows in chosen]
    total, use = np.zeros((len(chosen), average.size)), np.zeros(average.size, np.int64)
    for quarter in range(1, years * QUARTERS + 1):
        families.live(quarter)
        start.services.serve(families, quarter)
        served = families.columns.served[quarter % kernels.RING]
        for k, rows in enumerate(chosen):
            use[:] = 0
            kernels.use_of_rows(served, rows, families.columns.generation, generation[k], use)
            total[k] += use * average / DISCOUNT ** (quarter / QUARTERS)
    return total
