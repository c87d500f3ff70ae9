"""What is at stake at a settled place: programmes projected as deciders project them, with what they believe and with what is true."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np

from sim.core.calendar import QUARTERS
from sim.cost_benefit.incentives import Incentives
from sim.cost_benefit.sources import load_splits
from sim.cost_benefit.views import Bodies, Stakes
from sim.place.payers import payers_of
from sim.place.services import Lines
from sim.programmes.appraisal import believed_reduction, snapshot
from sim.programmes.following import Surroundings
from sim.studies.cache import Made, Noted
from sim.studies.projected import KeptProjections


@dataclass(frozen=True)
class Seen:
    """A settled place, and what programmes save in it as deciders believe and in truth."""

    around: Surroundings
    believed: KeptProjections
    true: KeptProjections
    years: int


def worked_out(inputs, names, threads, progress, years, folder):
    """Incentives of some programmes at the settled place of some inputs, and what of it was read: Made.

    Parameters as of :func:`sim.cost_benefit.at_place.incentives_of`.
    """
    dials, values = Noted(inputs.place_dials), Noted(inputs.place.values)
    place = replace(inputs.place, values=values)
    at = SimpleNamespace(place=place, place_dials=dials)
    believed, true = (KeptProjections(at, threads, folder) for _ in range(2))
    seen, stakes = Seen(believed.around(), believed, true, years), []
    for done, name in enumerate(names, 1):
        stakes.append(stakes_of(seen, inputs.catalogue[name], inputs.n_families))
        if progress:
            progress(done, len(names))
    known, bodies = tuple(item for item in stakes if item), bodies_of(seen.around)
    found = Incentives(
        place.id, place.name, dials["agencies.horizon_years"], inputs.n_families, bodies, known, load_splits()
    )
    return Made(found, {"place dials": dials.read, "values": values.read})


def bodies_of(around):
    """Who decides at a place, with the values that agencies decide by: Bodies."""
    place, lines = around.place, Lines(around.place, around.dials, around.size)
    payers, ids = payers_of(place), [agency.id for agency in place.agencies]
    beliefs, weights = (
        np.array([place.get(f"agencies.{agency}.{name}") for agency in ids])
        for name in ("cashability_belief", "outcome_weight")
    )
    cash = beliefs[:, None] * (payers.weights - payers.charged) + payers.charged
    at_once = payers.price_lists(around.prices).variable / np.maximum(1, around.prices.average)
    return Bodies(tuple(ids), payers.weights, np.where(lines.demand_led, 0.0, cash), at_once, weights, lines.demand_led)


def stakes_of(seen, programme, n_families):
    """What a family on a programme saves: Stakes; None where the place has nobody like its target."""
    around, target = seen.around, programme.targets(seen.around.place)
    projection = target and seen.believed.of(programme, seen.years)
    if not projection:
        return None
    dials, price = around.dials, around.prices.average.astype(float)
    families, use = around.families.use_by_target(target._replace(level_to=3))
    believed, noise = projected(projection, dials["programmes.optimism"], seen.years)
    if dials["appraisal.method"] == "snapshot":
        believed, noise = naive(around.place, programme, use / max(1, families), dials, seen.years), noise[:0]
    keep = dials["programmes.effect_scale"] * (1 - min(1.0, dials["programmes.shrinkage"] * programme.correction))
    true, _ = projected(seen.true.of(programme.as_true(), seen.years), keep, seen.years)
    a_year = families * programme.a_year * programme.believed("most_reached") * n_families / around.looked_at
    return Stakes(
        programme.id,
        programme.name,
        tuple(agency.id for agency in around.place.agencies if agency.id in programme.commissioners),
        believed * price * (1 - programme.correction),
        true * price,
        programme.believed("cost_per_family") * 100,
        programme.get("cost_per_family") * 100,
        a_year,
        noise * price * (1 - programme.correction),
    )


def projected(projection, theta, years):
    """Case-quarters saved by year and line at a belief, and what chance does to them in parts."""
    noise = projection.noise(theta)
    by_year = noise.reshape(len(noise), -1, QUARTERS, noise.shape[-1]).sum(axis=2)
    return projection.by_year(theta)[:years], by_year[:, :years]


def naive(place, programme, use, dials, years):
    """Case-quarters saved by year and line as last year's use of services promises."""
    need = [place.index("needs")[line.need] for line in place.lines]
    reduction = believed_reduction(programme.published(place), dials["programmes.optimism"], need)
    return snapshot(use, 1.0, reduction, programme.get("duration") / QUARTERS, programme.get("half_life"), years)
