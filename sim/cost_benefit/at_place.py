"""What is at stake at a place: programmes projected as deciders project them, with what they believe and with what is true."""

import math
import os
from dataclasses import dataclass, replace

import numpy as np

from sim.arrangements.at_place import check_programme
from sim.core.calendar import QUARTERS
from sim.core.dials import DIALS
from sim.core.digest import Digests
from sim.core.faults import Faults, InputError
from sim.cost_benefit.incentives import Incentives
from sim.cost_benefit.sources import load_splits
from sim.cost_benefit.views import LONGEST, Bodies, Stakes
from sim.place.payers import payers_of
from sim.place.services import Lines
from sim.programmes.appraisal import believed_reduction, snapshot
from sim.programmes.catalogue import load_programme
from sim.programmes.following import Surroundings
from sim.studies.again import study_of
from sim.studies.arguments import settings_of
from sim.studies.cache import SMALL, Made, make_once, users_folder
from sim.studies.inputs import TWIN, load_inputs, with_setting
from sim.studies.projected import KeptProjections

HORIZON = "agencies.horizon_years"


@dataclass(frozen=True)
class Seen:
    """A settled place, and what programmes save in it as deciders believe and in truth."""

    around: Surroundings
    believed: KeptProjections
    true: KeptProjections
    years: int


def incentives(
    place="birmingham_2010", programmes=None, horizon=None, families=None, settings=None, threads=None, progress=None
):
    """Who would pay for programmes at a place and who would gain, at several horizons (docs/odd.md, section 6.13).

    Parameters
    ----------
    place : str or path
    programmes : list of str or path, optional
        Programmes by id or file; the whole catalogue by default.
    horizon : float, optional
        Years that agencies look ahead, 1 to 25; their own by default.
    families : int, optional
        That sums a year are of; the place's own number by default.
    settings : mapping, optional
        Changes by dotted name.
    threads : int, optional
        All processors by default; the result does not depend on it.
    progress : callable, optional
        Called with programmes done and their number.

    Returns
    -------
    Incentives
        With ``to_dict()``, which is what ``listsim incentives --json`` prints, and a data frame ``by_body``.

    Raises
    ------
    InputError
    """
    inputs = load_inputs(TWIN, place, families=families)
    chosen = {item.id: item for item in map(load_programme, programmes or ())} or inputs.catalogue
    inputs = replace(inputs, catalogue={**inputs.catalogue, **chosen})
    with Faults() as faults:
        for item in chosen.values():
            with faults.kept():
                check_programme(item, inputs.place)
        for name, value in settings_of(settings).items():
            with faults.kept():
                inputs = with_setting(inputs, name, value)
        with faults.kept():
            if horizon is not None:
                ahead = {HORIZON: DIALS[HORIZON].read(horizon, "--horizon")}
                inputs = replace(inputs, settings={**inputs.settings, **ahead})
    found = incentives_of(inputs, tuple(chosen), threads or os.cpu_count() or 1, progress)
    if found is None:
        problem = "has nobody like the target of any of the programmes"
        raise InputError("--place", inputs.place.id, problem, "choose another place or programme")
    return found


def incentives_of(inputs, names, threads=1, progress=None, years=LONGEST):
    """Incentives of some programmes of the catalogue, worked out for some years at least; None with nobody like their targets.

    They are kept from one run to the next, as projections are: else a place would be settled each time to survey it.
    """
    programmes, dials = {name: inputs.catalogue[name] for name in names}, inputs.place_dials
    years, folder = max(years, math.ceil(dials[HORIZON])), users_folder()
    base = Digests().of("incentives", inputs.place, dials, programmes, inputs.n_families, years)
    made = make_once(
        base, {}, lambda: Made(_worked_out(inputs, names, threads, progress, years, folder), {}), folder, SMALL
    )
    return made.thing if made.thing.stakes else None


def _worked_out(inputs, names, threads, progress, years, folder):
    place, dials = inputs.place, inputs.place_dials
    believed, true = (KeptProjections(inputs, threads, folder) for _ in range(2))
    seen, stakes = Seen(believed.around(), believed, true, years), []
    for done, name in enumerate(names, 1):
        stakes.append(stakes_of(seen, inputs.catalogue[name], inputs.n_families))
        if progress:
            progress(done, len(names))
    known, bodies = tuple(item for item in stakes if item), bodies_of(seen.around)
    return Incentives(place.id, place.name, dials[HORIZON], inputs.n_families, bodies, known, load_splits())


def incentives_beside(every, threads=1):
    """Incentives at the place of a comparison, as far ahead as somebody in it looks; None where nobody buys there.

    Parameters
    ----------
    every : list of Inputs
        An arrangement each.
    """
    buying = [inputs for inputs in every if not inputs.arrangement.is_idle]
    catalogue = {name: item for inputs in buying for name, item in inputs.catalogue.items()}
    if not catalogue:
        return None
    ahead = max(inputs.arrangement.optional("horizon_years") or inputs.dials[HORIZON] for inputs in buying)
    return incentives_of(replace(every[0], catalogue=catalogue), tuple(catalogue), threads, years=math.ceil(ahead))


def incentives_again(folder, manifest, threads=1):
    """:func:`incentives_beside` of a finished comparison, read again from its manifest; and why not, if it cannot be.

    Returns
    -------
    tuple of Incentives or None, and list of str
    """
    try:
        return incentives_beside(study_of(folder, manifest).inputs(), threads), []
    except InputError as error:
        return None, [f"the report leaves out who would pay for programmes: {error}"]


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
