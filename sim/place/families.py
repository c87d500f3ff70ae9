"""The families of a place: one row a family, columns in numpy arrays, moved by compiled kernels."""

from statistics import NormalDist

import networkx as nx
import numpy as np

from sim.core.by_year import compounded
from sim.core.calendar import QUARTERS
from sim.core.ledger import split
from sim.core.streams import code_of, key_of
from sim.place import kernels
from sim.place.places import AGE_BANDS, BAND_NAMES, LEVELS
from sim.place.threads import by_part

FULL_QUARTER = -2 * QUARTERS  # the place is full; then follow a year to size places by, and the base year
_QUANTILES = 4096


class Families:
    """All families of a place, and the phases in which they change.

    Parameters
    ----------
    place : Place
    dials : dict
        Every dial by name.
    n_families : int
    seed : int
    threads : int
        Threads that share out the neighbourhoods where families are many; results do not depend on it.

    Attributes
    ----------
    columns : kernels.Columns
    counts : numpy.ndarray
        int64 (neighbourhoods, needs, 4): families by level after the last move.
    leavers : numpy.ndarray
        int64, same shape: families that left in the last quarter.
    """

    def __init__(self, place, dials, n_families, seed, threads=1):
        self.place, self.dials, self.seed, self.threads = place, dials, seed, threads
        self.key = key_of(seed)
        self.n = n_families
        n_needs, n_areas = len(place.needs), len(place.neighbourhoods)
        self.columns = _empty_columns(place, n_families)
        self.counts = np.zeros((n_areas, n_needs, len(LEVELS)), np.int64)
        self.leavers = np.zeros_like(self.counts)
        self._need_tables = need_tables(place, dials)
        self._areas = AreaInfluence(place, dials)
        self._newborn = entry_tables(place)
        self._services = service_tables(place, dials)
        self.all_known = dials["services.unmet_need_scale"] == 0
        self.heard = np.zeros(n_areas, np.float32)
        self.bond = np.ones((n_areas, n_needs))
        self._demand = np.zeros((n_areas, n_needs, len(LEVELS), 2), np.int64)
        self._kept = np.zeros((n_areas, len(place.lines), 2), np.int64)
        self._helped = np.zeros(n_areas, np.float32)
        self._buffer = np.zeros(n_families, np.uint64)
        self._chosen = np.zeros(n_families, np.int64)
        self.offers = no_offers(n_needs)
        self.set_contact(0.0, 0.0)

    def set_contact(self, finds, trust_counts):
        """How far contact with a programme, and trust it brought, make need known."""
        self.finds, self.trust_counts = np.float32(finds), np.float32(trust_counts)

    def at(self, place, dials, threads=1):
        """The same population, which reads what it still reads of another place and other dials."""
        same = object.__new__(Families)
        same.__dict__.update(self.__dict__, place=place, dials=dials, threads=threads)
        return same

    def copy(self):
        """Another population in the same state that shares nothing that changes."""
        twin = object.__new__(Families)
        own = ("counts", "leavers", "heard", "_demand", "_kept", "_helped")
        copies = {name: getattr(self, name).copy() for name in own}
        copies |= {name: np.empty_like(getattr(self, name)) for name in ("_buffer", "_chosen")}  # working space
        copies["columns"] = kernels.Columns(*(column.copy() for column in self.columns))
        twin.__dict__.update(self.__dict__, **copies)
        return twin

    def age(self, until_full=0):
        """A quarter passes; families leave at 25 and others enter. A new place fills as index children are born."""
        self._each_area(
            kernels.age_families,
            self.columns,
            self._need_tables,
            self._newborn,
            key=self.key,
            out=(until_full, self.leavers, self.counts),
        )

    def move_needs(self, quarter):
        """Needs worsen and ease, given last quarter's services and neighbours."""
        tables = self._need_tables._replace(up=self._areas.chances(self.counts, quarter, self.bond))
        self._each_area(kernels.move_needs, self.columns, tables, self.offers, key=self.key, out=(quarter, self.counts))

    def screen(self, quarter, lower):
        """Needs become known; who keeps a place is served, and who waits for one is listed.

        Parameters
        ----------
        quarter : int
        lower : bool (lines,)
            Lines that may let in families below their threshold.

        Returns
        -------
        demand : int64 (needs, 4, 2)
            Families by known need and level: all, and those known only because found.
        kept : int64 (lines, 2)
            Families that keep a place on a rationed line, or that a line is for which serves a share of the cases:
            all, and found.
        waiting : tuple
            Those who wait, for :meth:`admit`.
        """
        showing = kernels.Showing(self.heard, self.finds, self.trust_counts, self.all_known)
        lower = np.uint32((1 << np.arange(len(lower))) @ lower)
        parts = self._each_area(
            kernels.screen,
            self.columns,
            self._services,
            self.offers,
            key=self.key,
            out=(quarter, showing, lower, self._demand, self._kept),
        )
        waiting = parts[0] if len(parts) == 1 else tuple(map(np.concatenate, zip(*parts, strict=True)))
        return self._demand.sum(axis=0), self._kept.sum(axis=0), waiting

    def admit(self, quarter, waiting, places):
        """Admit families that wait; see :func:`kernels.admit`.

        Parameters
        ----------
        quarter : int
        waiting : tuple
            From :meth:`screen`.
        places : int64 (lines, 2)
            For those eligible, and for those below the threshold.

        Returns
        -------
        int64 (lines, 2, 2)
            Families admitted, and those of them found.
        """
        admitted = kernels.admit(self.columns, quarter, *waiting, self._services.need_of, places.ravel())
        return admitted.reshape(*places.shape, 2)

    def take_up(self, quarter, target, code, same_programme, places, reach, engagement, order, barred, areas=None):
        """Rows of up to `places` families that take up a programme; see :func:`kernels.choose_families`."""
        first_area, last_area = areas or (0, len(self.heard))
        n = kernels.choose_families(
            self.columns,
            self.offers,
            target,
            self.key,
            quarter,
            code,
            np.float32(engagement),
            np.float32(reach),
            self.heard,
            places,
            same_programme,
            order,
            barred,
            first_area,
            last_area,
            self._buffer,
            self._chosen,
        )
        return self._chosen[:n].copy()

    def enrol(self, rows, offer, trust_gain):
        """Put families on a programme."""
        kernels.enrol(self.columns, rows, offer, np.float32(trust_gain))

    def area_of(self, rows):
        """Neighbourhood of each row."""
        return np.searchsorted(self.columns.first, rows, side="right") - 1

    def gain_social_capital(self, gain):
        """Social capital gained by neighbourhood, float (neighbourhoods,): needs that it protects from arise less."""
        protection = np.array([self.place.get(f"needs.{need.id}.social_capital") for need in self.place.needs])
        self.bond = self.bond * np.exp(-np.outer(gain, protection) * self.dials["families.frailty_spread"])

    def spread_word(self, word_of_mouth):
        """Trust that neighbours of helped families gain."""
        self._each_area(kernels.on_programmes, self.columns, self.offers, out=(self._helped,))
        self.heard = (self._helped * word_of_mouth).astype(np.float32)

    def use_by_target(self, target):
        """Known families like a programme's target, and the quarters each line served them in the last year."""
        use = np.zeros(len(self.place.lines), np.int64)
        families = kernels.use_of_services(self.columns, target, self._chosen, use)
        return families, use

    def like(self, target):
        """Rows of the families a programme is meant for, and whether services know each by a need at that level.

        Parameters
        ----------
        target : kernels.Target

        Returns
        -------
        tuple of (int64 (n,), bool (n,))
        """
        columns = self.columns
        rows = self._chosen[: kernels.list_like(columns, target, 0, self.n, self._chosen)].copy()
        levels, known = columns.levels[rows], columns.known[rows] | columns.found[rows]
        at_level = (levels >= target.level_from) & (levels <= target.level_to) & (target.needs > 0)
        seen = (known[:, None] >> np.arange(levels.shape[1], dtype=np.uint16)) & 1
        return rows, (seen.astype(bool) & at_level).any(axis=1)

    def served_in_year(self, rows):
        """Served quarters of the last year, by row and line: uint8 (len(rows), lines)."""
        return self._served(rows, range(kernels.RING)).sum(axis=0, dtype=np.uint8)

    def served_now(self, rows, quarter):
        """Whether each line serves each row in a quarter: uint8 (len(rows), lines)."""
        return self._served(rows, [quarter % kernels.RING])[0].astype(np.uint8)

    def _served(self, rows, slots):
        lines = np.arange(len(self.place.lines), dtype=np.uint32)
        return (self.columns.served[list(slots)][:, rows][:, :, None] >> lines) & 1

    def _each_area(self, kernel, *head, key=None, out=()):
        """Run a kernel over all neighbourhoods, shared among threads by families; a list of what they return."""
        middle = () if key is None else (key,)
        return by_part(lambda *areas: kernel(*head, *areas, *middle, *out), self.columns.first, self.threads)


def _empty_columns(place, n_families):
    """Columns for N families, shared out over neighbourhoods by largest remainder."""
    shares = [place.get(f"neighbourhoods.{name}.families_share") for name in place.neighbourhoods]
    first = np.concatenate([[0], np.cumsum(split(n_families, shares))]).astype(np.int64)
    n, k = n_families, len(place.needs)
    return kernels.Columns(
        first,
        first[:-1].copy(),
        np.zeros((n, k), np.uint8),
        np.zeros(n, np.uint32),
        np.zeros(n, np.uint16),
        *(np.zeros(n, np.uint8) for _ in range(4)),
        np.zeros(n, np.uint32),
        np.zeros(n, np.float32),
        np.zeros(n, np.float32),
        np.zeros(n, np.uint16),
        np.zeros(n, np.uint16),
        np.zeros((kernels.RING, n), np.uint32),
        np.zeros((kernels.SLOTS, n), np.uint8),
        np.zeros((kernels.SLOTS, n), np.uint8),
    )


def need_tables(place, dials):
    """Tables that move needs, but for `up`, which :class:`AreaInfluence` works out each quarter."""
    needs = [need.id for need in place.needs]
    n_needs, n_bands = len(needs), len(AGE_BANDS)
    band = np.zeros(kernels.QUARTERS_OF_AGE, np.uint8)
    for i, (low, _) in enumerate(AGE_BANDS):
        band[low * QUARTERS :] = i
    down = np.zeros((n_bands, n_needs, 4), np.float32)
    coupling = np.zeros((n_needs, n_needs), np.float32)
    for k, need in enumerate(needs):
        for b, name in enumerate(BAND_NAMES):
            for level in (1, 2, 3):
                chance = place.get(f"transitions.{need}.down.{level}") * place.get(f"needs.{need}.recovery_age_{name}")
                down[b, k, level] = min(1.0, chance)
        for j, other in enumerate(needs):
            name = f"coupling.{need}.{other}"
            coupling[k, j] = dials["families.coupling_scale"] * place.get(name) if place.has(name) else 0
    spread = place.get("place.frailty_sd") * dials["families.frailty_spread"]
    scores = np.array(
        [NormalDist().inv_cdf((i + 0.5) / kernels.FRAILTY_CLASSES) for i in range(kernels.FRAILTY_CLASSES)]
    )
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
        frail_up.astype(np.float32),
        frail_up.max(axis=1).astype(np.float32),
        frail_down.astype(np.float32),
        coupling,
        coupling.max(),
        lines_of,
        recovery,
        recovery.max(),
    )


class AreaInfluence:
    """Chances that needs worsen in each neighbourhood: deprivation, social capital, neighbours and trend."""

    def __init__(self, place, dials):
        needs = [need.id for need in place.needs]
        self.graph = neighbourhood_graph(place)
        self.base = np.zeros((len(AGE_BANDS), len(needs), 4), np.float64)
        for k, need in enumerate(needs):
            for b, name in enumerate(BAND_NAMES):
                for level in (0, 1, 2):
                    self.base[b, k, level] = place.get(f"transitions.{need}.up.{level}") * place.get(
                        f"needs.{need}.onset_age_{name}"
                    )
        spread = dials["families.frailty_spread"]
        deprivation = np.array([place.get(f"neighbourhoods.{name}.deprivation") for name in place.neighbourhoods])
        capital = np.array([place.get(f"neighbourhoods.{name}.social_capital") for name in place.neighbourhoods])
        weight = np.array([place.get(f"needs.{need}.frailty_weight") for need in needs])
        protection = np.array([place.get(f"needs.{need}.social_capital") for need in needs])
        tilt = np.exp(spread * place.get("place.deprivation_effect") * np.outer(deprivation, weight))
        tilt *= np.exp(-spread * np.outer(capital - capital.mean(), protection))
        self.tilt = tilt / tilt.mean(axis=0)
        self.usual = np.array([place.get(f"needs.{need}.prevalence") for need in needs])
        self.pull = (
            np.array([place.get(f"needs.{need}.contagion") for need in needs]) * dials["families.contagion_scale"]
        )
        self.growth = dials["families.demand_growth"]
        share = np.eye(len(place.neighbourhoods)) * 0.5
        for i, name in enumerate(place.neighbourhoods):
            near = list(self.graph.neighbors(name))
            for other in near or [name]:
                share[i, place.neighbourhoods.index(other)] += 0.5 / len(near or [name])
        self.share = share

    def chances(self, counts, quarter, bond=1.0):
        """Chance to worsen by neighbourhood, age band, need and level; trend counts from quarter 1.

        Parameters
        ----------
        counts : int64 (neighbourhoods, needs, 4)
            Families by level after last quarter's move.
        bond : float (neighbourhoods, needs)
            Factor of social capital gained since the start; 1 where there was no gain.
        quarter : int
            Quarters up to 0 are the burn-in and have no trend. While the place fills, neighbours are compared with
            the whole place as it is; after that, with its usual prevalence.
        """
        there = counts.sum(axis=2)
        needy = there - counts[:, :, 0]
        around = self.share @ (needy / np.maximum(there, 1))
        usual = self.usual if quarter > FULL_QUARTER else needy.sum(axis=0) / max(1, there[:, 0].sum())
        relative = np.divide(around, usual, out=np.ones_like(around), where=usual > 0)
        influence = np.clip(1 + self.pull * (relative - 1), 0.25, 4.0)
        trend = compounded(self.growth, max(quarter, 0) / QUARTERS)
        table = self.base[None] * (self.tilt * influence * trend * bond)[:, None, :, None]
        return np.minimum(table, 1.0).astype(np.float32)


def neighbourhood_graph(place):
    """Neighbourhoods as a graph: edges join those next to each other on the place's grid."""
    graph = nx.Graph()
    at = {}
    for name in place.neighbourhoods:
        x, y = (place.get(f"neighbourhoods.{name}.{axis}") for axis in ("x", "y"))
        graph.add_node(name, x=x, y=y)
        at[x, y] = name
    for (x, y), name in at.items():
        graph.add_edges_from((name, at[spot]) for spot in ((x + 1, y), (x, y + 1)) if spot in at)
    return graph


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
    open_door = 0
    no_unmet = dials["services.unmet_need_scale"] == 0
    for j, line in enumerate(place.lines):
        at[needs[line.need], line.level :] |= np.uint32(1 << j)
        if line.level > 1:
            below[needs[line.need], line.level - 1] |= np.uint32(1 << j)
        if line.kind != "rationed" or no_unmet:
            open_door |= 1 << j
    present = np.zeros((len(needs), 4), np.float32)
    for k, need in enumerate(place.needs):
        for level, name in enumerate(LEVELS[1:], 1):
            shown = place.get(f"needs.{need.id}.present_{name}")
            present[k, level] = max(0.0, 1 - dials["services.unmet_need_scale"] * (1 - shown))
    need_of = np.array([needs[line.need] for line in place.lines], np.uint8)
    code = np.array([code_of(line.id) for line in place.lines], np.uint32)
    split, kinds = _kinds(place)
    by_threes = _by_threes(at), _by_threes(below)
    return kernels.ServiceTables(present, *by_threes, np.uint32(open_door), split, kinds, need_of, code)


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
        ``running`` (quarters).
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
    )
    for i, offer in enumerate(offers, 1):
        for name in ("escalation", "recovery", "strength", "level_weight", "band_weight", "running"):
            getattr(table, name)[i] = offer[name]
        peak = float(table.strength[i].max() * table.level_weight[i].max() * table.band_weight[i].max())
        for most, log_ratio in ((table.up_max, table.escalation), (table.down_max, table.recovery)):
            most[i] = 1.00001 * np.exp(max(0.0, float(log_ratio[i].max()) * peak))  # above any rounding
    return table
