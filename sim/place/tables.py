"""What a place's data and the dials come to, as tables for the compiled kernels."""

from statistics import NormalDist

import numpy as np

from sim.core.calendar import QUARTERS
from sim.core.streams import code_of
from sim.place import kernels
from sim.place.places import AGE_BANDS, BAND_NAMES, LEVELS

SHARES = 256  # the share of spells that are lasting is kept in this many parts
_QUANTILES = 4096


def need_tables(place, dials):
    """Tables that move needs, but for `up`, which :class:`AreaInfluence` works out each quarter."""
    needs = [need.id for need in place.needs]
    n_needs, n_bands = len(needs), len(AGE_BANDS)
    band = np.zeros(kernels.QUARTERS_OF_AGE, np.uint8)
    for i, (low, _) in enumerate(AGE_BANDS):
        band[low * QUARTERS :] = i
    down, lasts = np.zeros((2, n_bands, n_needs, 4), np.float32), np.zeros((n_needs, 4), np.uint16)
    coupling = np.zeros((n_needs, n_needs), np.float32)
    for k, need in enumerate(needs):
        for level in (1, 2, 3):
            one_speed = f"transitions.{need}.down.{level}"
            for kind, exits in enumerate((one_speed, f"transitions.{need}.down_lasting.{level}")):
                chance = place.get(exits if place.has(exits) else one_speed)
                for b, name in enumerate(BAND_NAMES):
                    down[kind, b, k, level] = min(1.0, chance * place.get(f"needs.{need}.recovery_age_{name}"))
            if place.has(share := f"transitions.{need}.lasting.{level}"):
                lasts[k, level] = round(SHARES * place.get(share))
        for j, other in enumerate(needs):
            name = f"coupling.{need}.{other}"
            coupling[k, j] = dials["families.coupling_scale"] * place.get(name) if place.has(name) else 0
    spread = place.get("place.frailty_sd") * dials["families.frailty_spread"]
    scores = _scores()
    weights = np.array([place.get(f"needs.{need}.frailty_weight") for need in needs]) * spread
    frail_up = np.exp(np.outer(scores, weights))
    frail_up /= frail_up.mean(axis=0)  # mean 1, so that the dial changes differences and not the average onset
    frail_down = np.exp(-scores * spread * place.get("place.frailty_recovery"))
    lines_of = np.zeros(n_needs, np.uint32)
    for j, line in enumerate(place.lines):
        lines_of[needs.index(line.need)] |= np.uint32(1 << j)
    recovery = np.array([place.get(f"needs.{need}.recovery_if_served") for need in needs], np.float32)
    return kernels.NeedTables(
        band,
        np.zeros((1, 1, 1, 4), np.float32),
        down,
        lasts,
        frail_up.astype(np.float32),
        frail_up.max(axis=1).astype(np.float32),
        frail_down.astype(np.float32),
        coupling,
        coupling.max(axis=0),
        lines_of,
        recovery,
        *_after_events(place),
        crisis_tables(place, dials),
    )


def _after_events(place):
    """How events bear on the moves that follow: ratios of the chance to worsen, their largest, and gates by need."""
    needs = place.index("needs")
    worsens, gates = np.ones((1 << len(place.events), len(needs)), np.float32), np.zeros(len(needs), np.uint16)
    for e, event in enumerate(place.events):
        names = [f"events.{event.id}.worsens_{need}" for need in needs]
        ratios = np.array([place.get(name) if place.has(name) else 1 for name in names], np.float32)
        worsens[1 << e : 2 << e] = worsens[: 1 << e] * ratios
        if event.gate:
            gates[needs[event.need]] |= np.uint16(1 << e)
    return worsens, worsens.max(axis=1, initial=1), gates


def event_tables(place, dials, frail_up):
    """What makes events happen.

    Parameters
    ----------
    frail_up : float32 (FRAILTY_CLASSES, needs)
        Factor of frailty on the chance that a need worsens.
    """
    needs, events = place.index("needs"), [event.id for event in place.events]
    need = np.array([needs[event.need] for event in place.events], np.uint8)
    rate = np.zeros((len(events), len(LEVELS)), np.float32)
    for e, event in enumerate(events):
        rate[e, 1:] = [place.get(f"events.{event}.rate_{level}") for level in LEVELS[1:]]
    weights = np.array([place.get(f"events.{event}.frailty_weight") for event in events])
    frail = frail_up[:, need].astype(float) ** weights
    frail /= frail.mean(axis=0)  # mean 1, as frailty on needs
    per_other = [dials["families.coupling_scale"] * place.get(f"events.{event}.per_other_need") for event in events]
    per_other = np.array(per_other, np.float32)
    at = np.zeros((len(needs), len(LEVELS)), np.uint32)
    for e, k in enumerate(need):
        at[k] |= (rate[e] > 0).astype(np.uint32) << np.uint32(e)
    most = 1.00001 * rate.max(axis=1) * frail.max(axis=0) * (1 + np.maximum(per_other, 0) * (len(needs) - 1))
    crisis = crisis_tables(place, dials)
    frail, most = frail.astype(np.float32), most.astype(np.float32)
    return kernels.EventTables(need, rate, _by_threes(at), frail, per_other, most, crisis)


def crisis_tables(place, dials):
    """What brings families into a crisis and out of it; a place that says nothing of crises has none."""
    if not place.has("crisis.onset"):
        alike = np.ones(kernels.FRAILTY_CLASSES, np.float32)
        none = np.zeros(1 << len(place.needs), np.float32)
        return kernels.CrisisTables(none, alike, np.float32(0), np.float32(1), np.ones(2, np.float32))
    needs = np.bitwise_count(np.arange(1 << len(place.needs)))
    onset = dials["families.crises"] * place.get("crisis.onset") * needs ** place.get("crisis.needs_exponent")
    onset[0] = 0
    spread = place.get("place.frailty_sd") * dials["families.frailty_spread"]
    frail = np.exp(_scores() * spread * place.get("crisis.frailty_weight"))
    ratio, stays = place.get("crisis.ratio"), 1 - 1 / place.get("crisis.length")
    return kernels.CrisisTables(
        onset.astype(np.float32),
        (frail / frail.mean()).astype(np.float32),
        np.float32(stays),
        np.float32(ratio),
        1.00001 * np.array([1, ratio], np.float32),
    )


def _scores():
    """Log frailty of each class, in standard deviations."""
    quantiles = (np.arange(kernels.FRAILTY_CLASSES) + 0.5) / kernels.FRAILTY_CLASSES
    return np.array([NormalDist().inv_cdf(share) for share in quantiles])


def entry_tables(place):
    """What families bring when they enter."""
    trust = [
        NormalDist(0.5, max(1e-9, place.get("place.trust_sd"))).inv_cdf((i + 0.5) / _QUANTILES)
        for i in range(_QUANTILES)
    ]
    need = [[place.get(f"needs.{need.id}.entry_{level}") for level in LEVELS[1:]] for need in place.needs]
    return kernels.EntryTables(np.array(need, np.float32), np.clip(np.array(trust), 0.05, 0.95).astype(np.float32))


def service_tables(place, dials):
    """Which lines a need is eligible for at each level, and how soon it shows itself."""
    needs = place.index("needs")
    at = np.zeros((len(needs), 4), np.uint32)
    below = np.zeros((len(needs), 4), np.uint32)
    of_event, events = np.zeros(len(place.events), np.uint32), place.index("events")
    for j, line in enumerate(place.lines):
        if line.event:
            of_event[events[line.event]] |= np.uint32(1 << j)
        else:
            at[needs[line.need], line.level :] |= np.uint32(1 << j)
        if line.level > 1:
            below[needs[line.need], line.level - 1] |= np.uint32(1 << j)
    present = np.zeros((len(needs), 4), np.float32)
    for k, need in enumerate(place.needs):
        for level, name in enumerate(LEVELS[1:], 1):
            shown = place.get(f"needs.{need.id}.present_{name}")
            present[k, level] = max(0.0, 1 - dials["services.unmet_need_scale"] * (1 - shown))
    need_of = np.array([needs[line.need] for line in place.lines], np.uint8)
    code = np.array([code_of(line.id) for line in place.lines], np.uint32)
    nobody = np.uint32(0)  # which doors are open is said quarter by quarter
    split, kinds = _kinds(place)
    return kernels.ServiceTables(
        present, _by_threes(at), _by_threes(below), nobody, split, kinds, need_of, code, of_event
    )


def _kinds(place):
    """Lines that serve a share of the cases of their need and level, and the luck of the families each of them is for."""
    split, kinds, taken = 0, np.zeros((len(place.lines), 2), np.uint32), {}
    for j, line in enumerate(place.lines):
        if place.has(f"lines.{line.id}.share"):
            before = taken.get((line.need, line.level), 0.0)
            up_to = taken[line.need, line.level] = before + place.get(f"lines.{line.id}.share")
            split |= 1 << j
            kinds[j] = round(before * 2**32), min(2**32, round(up_to * 2**32)) - 1
    return np.uint32(split), kinds


def _by_threes(lines):
    """Lines by the levels of three needs, uint32 (T, PATTERNS), from lines by the level of each, (needs, 4)."""
    cells = np.arange(kernels.PATTERNS)
    table = np.zeros((-(-len(lines) // 3), kernels.PATTERNS), np.uint32)
    for k, by_level in enumerate(lines):
        table[k // 3] |= by_level[(cells >> 2 * (k % 3)) & 3]
    return table


def no_offers(n_needs):
    """Offer tables of a place without programmes."""
    return offer_tables(n_needs, [])


def offer_tables(n_needs, offers):
    """Tables of true effects, one row an offer after row 0.

    Parameters
    ----------
    offers : list of mapping
        ``escalation``, ``recovery`` (n_needs,), ``strength`` (256,), ``level_weight`` (4,), ``band_weight`` (bands,),
        ``running`` (quarters), ``finds`` (extra chance that need shows itself).
    """
    n = len(offers) + 1
    table = kernels.OfferTables(
        np.zeros((n, n_needs), np.float32),
        np.zeros((n, n_needs), np.float32),
        np.zeros((n, 256), np.float32),
        np.zeros((n, 4), np.float32),
        np.zeros((n, len(AGE_BANDS)), np.float32),
        np.ones(n, np.float32),
        np.ones(n, np.float32),
        np.zeros(n, np.uint8),
        np.zeros(n, np.float32),
    )
    for i, offer in enumerate(offers, 1):
        for name in ("escalation", "recovery", "strength", "level_weight", "band_weight", "running", "finds"):
            getattr(table, name)[i] = offer[name]
        peak = float(table.strength[i].max() * table.level_weight[i].max() * table.band_weight[i].max())
        for most, log_ratio in ((table.up_max, table.escalation), (table.down_max, table.recovery)):
            most[i] = 1.00001 * np.exp(max(0.0, float(log_ratio[i].max()) * peak))  # above any rounding
    return table
