"""Who would pay for programmes at a place and who would gain: asked for, beside a comparison and again of a finished one."""

import math
import os
from dataclasses import replace

from sim.arrangements.at_place import check_programme
from sim.core.dials import DIALS
from sim.core.digest import Digests
from sim.core.faults import Faults, InputError
from sim.cost_benefit.unread import refuse_unread
from sim.cost_benefit.views import LONGEST
from sim.programmes.catalogue import load_programme
from sim.studies.again import study_of
from sim.studies.arguments import settings_of
from sim.studies.cache import SMALL, make_once, users_folder
from sim.studies.inputs import TWIN, load_inputs, with_setting

HORIZON = "agencies.horizon_years"


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
    made = _made(inputs, tuple(chosen), threads or os.cpu_count() or 1, progress)
    refuse_unread("incentives", settings_of(settings), made.read, chosen)
    if not made.thing.stakes:
        problem = "has nobody like the target of any of the programmes"
        raise InputError("--place", inputs.place.id, problem, "choose another place or programme")
    return made.thing


def incentives_of(inputs, names, threads=1, progress=None, years=LONGEST):
    """Incentives of some programmes of the catalogue, worked out for some years at least; None with nobody like their targets."""
    found = _made(inputs, names, threads, progress, years).thing
    return found if found.stakes else None


def _made(inputs, names, threads, progress=None, years=LONGEST):
    """The same, and what of dials and values was read: Made.

    They are kept from one run to the next, as projections are: else a place would be settled each time to survey it.
    """
    programmes, dials = {name: inputs.catalogue[name] for name in names}, inputs.place_dials
    years, folder = max(years, math.ceil(dials[HORIZON])), users_folder()
    base = Digests().of("incentives", replace(inputs.place, values={}), programmes, inputs.n_families, years)

    def make():
        from sim.cost_benefit.stakes import worked_out  # the model, which takes seconds to import

        return worked_out(inputs, names, threads, progress, years, folder)

    return make_once(base, {"place dials": dials, "values": inputs.place.values}, make, folder, SMALL)


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
