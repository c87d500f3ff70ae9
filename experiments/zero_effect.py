"""What evaluations find, and what outcome contracts pay, where programmes do nothing at all.

Families take up programmes that change nothing, so the true saving is nought and one place serves every design: the worst
off first, or by lot for a waiting list. A cohort is measured over the year after its own. A contract pays when the saving
passes 10% of what would have been used (a cohort's fall in Peterborough, interventions:ONE1): the controls' use, use on
enrolment, the area's count. *Luck* is how often noise alone would pass, if normal with the error stated; the rest is bias.
Run as ``uv run python experiments/zero_effect.py``; writes ``docs/zero_effect.md`` and ``docs/zero_effect.svg``.
"""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
from _zero_effect import write

from sim.core.dials import defaults
from sim.place import burn_in, places, services
from sim.programmes import catalogue, measurement

DESIGNS, PLACES, THRESHOLD = ("before_after", "matched", "waiting_list", "area_count"), (25, 50, 100, 200, 400), 0.1
COLUMNS = ["programme", "design", "places", "seed", "families", "saving", "stated", "usual"]


def simulate(seeds=range(1, 101), place="birmingham_2010", families=60_000):
    place, found = places.load_place(place), []
    chosen = {name: item for name, item in catalogue.load_catalogue().items() if item.targets(place)}
    for seed in seeds:
        start = burn_in.burn_in(place, defaults(), seed, families)
        noted = {key: note(start.families, chosen[key[0]], *key[1:]) for key in product(chosen, DESIGNS, PLACES)}
        for quarter in range(1, 9):
            start.families.age()
            start.families.move_needs(quarter)
            start.services.serve(start.families, quarter)
        found += [(*key, seed, *find(start, chosen[key[0]], noted[key])) for key in noted]
    return pd.DataFrame(found, columns=COLUMNS)


def note(families, programme, design, size):
    """A cohort of those who take up a programme in the first quarter; nobody is changed."""
    cohorts, target = measurement.Cohorts(design), programme.targets(families.place)
    groups = cohorts.take_up(families, size, 1, programme.id, target=target, code=programme.code, order=1, reach=0.1,
                             same_programme=np.zeros(1, np.uint8), engagement=programme.get("engagement"))  # fmt: skip
    cohorts.enrolled(SimpleNamespace(body="", programme=programme.id, year=1), families, target, *groups, 1)
    cohorts.close_year()
    return cohorts


def find(start, programme, cohorts):
    """Families; pounds a family saved, their standard error as stated, and what would have been used."""
    counts, lines = start.services.counts, start.families.place.lines
    relieved = np.isin([line.need for line in lines], [effect.need for effect in programme.effects])
    base, now = (sum(services.served_cases(counts[q]) for q in range(last - 3, last + 1)) for last in (0, 8))
    area = np.stack([base - now, base])
    (it,) = cohorts.measure(start.families, start.services.prices, 2, 10**9, 1, lambda _: relieved, area)
    return len(it.cohort.rows), it.per_family / 100, it.spread / 100, it.usual / 100


if __name__ == "__main__":
    write(simulate(), THRESHOLD, __doc__.split("\nRun as")[0])
