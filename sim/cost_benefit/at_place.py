"""What is at stake at a place: programmes projected as deciders project them, with what they believe and with what is true."""

import math
from dataclasses import replace

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.dials import DIALS
from sim.core.faults import Faults, InputError
from sim.cost_benefit.incentives import Incentives
from sim.cost_benefit.sources import load_splits
from sim.cost_benefit.views import LONGEST, Bodies, Stakes
from sim.place.payers import payers_of
from sim.place.services import Lines
from sim.programmes.catalogue import load_programme
from sim.programmes.following import surroundings
from sim.programmes.projection import project
from sim.studies.arguments import settings_of
from sim.studies.inputs import TWIN, load_inputs, with_setting

HORIZON = "agencies.horizon_years"


def incentives_at(place, programmes, horizon, families, settings, threads, progress):
    """Incentives of some programmes at a place; see :func:`sim.api.incentives`."""
    inputs = load_inputs(TWIN, place, families=families)
    chosen = {item.id: item for item in map(load_programme, programmes or ())} or inputs.catalogue
    inputs = replace(inputs, catalogue={**inputs.catalogue, **chosen})
    with Faults() as faults:
        for name, value in settings_of(settings).items():
            with faults.kept():
                inputs = with_setting(inputs, name, value)
        with faults.kept():
            if horizon is not None:
                inputs = replace(
                    inputs, settings={**inputs.settings, HORIZON: DIALS[HORIZON].read(horizon, "--horizon")}
                )
    return incentives_of(inputs, tuple(chosen), threads, progress)


def incentives_of(inputs, names, threads=1, progress=None):
    """Incentives of some programmes of the catalogue: Incentives.

    Raises
    ------
    InputError
        If the place has nobody like the target of any.
    """
    around, stakes = surroundings(inputs.place, inputs.place_dials, threads), []
    horizon = inputs.place_dials[HORIZON]
    for done, name in enumerate(names, 1):
        stakes.append(stakes_of(around, inputs.catalogue[name], inputs.n_families, max(LONGEST, math.ceil(horizon))))
        if progress:
            progress(done, len(names))
    if not any(stakes):
        raise InputError("--place", inputs.place.id, "has nobody like the target", "choose another place or programme")
    known, place = tuple(item for item in stakes if item), inputs.place
    return Incentives(place.id, place.name, horizon, inputs.n_families, bodies_of(around), known, load_splits())


def bodies_of(around):
    """Who decides at a place, with the values that agencies decide by: Bodies."""
    place, lines = around.place, Lines(around.place, around.dials, around.families.n)
    payers, ids = payers_of(place), [agency.id for agency in place.agencies]
    beliefs, weights = (
        np.array([place.get(f"agencies.{agency}.{name}") for agency in ids])
        for name in ("cashability_belief", "outcome_weight")
    )
    cash = beliefs[:, None] * (payers.weights - payers.charged) + payers.charged
    lists = payers.price_lists(around.prices)
    at_once = lists.variable / np.maximum(1, around.prices.average)
    return Bodies(tuple(ids), payers.weights, np.where(lines.demand_led, 0.0, cash), at_once, weights, lines.demand_led)


def stakes_of(around, programme, n_families, years):
    """What a family on a programme saves: Stakes; None where the place has nobody like its target."""
    place, dials = around.place, around.dials
    target = programme.targets(place)
    if target is None:
        return None
    known = around.families.use_by_target(target._replace(level_to=3))[0]
    if not known:
        return None
    price = around.prices.average
    as_believed = project(around, programme, years * QUARTERS)
    truth = programme.as_true()
    as_true = as_believed if truth == programme else project(around, truth, years * QUARTERS)
    keep = dials["programmes.effect_scale"] * (1 - min(1.0, dials["programmes.shrinkage"] * programme.correction))
    a_year = known * programme.believed("most_reached") * n_families / around.families.n
    return Stakes(
        programme.id,
        programme.name,
        tuple(agency.id for agency in place.agencies if agency.id in programme.commissioners),
        as_believed.by_year(dials["programmes.optimism"]) * price * (1 - programme.correction),
        as_true.by_year(keep) * price,
        programme.believed("cost_per_family") * 100,
        programme.get("cost_per_family") * 100,
        a_year,
    )
