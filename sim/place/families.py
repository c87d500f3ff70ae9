"""The families of a place: one row a family, columns in numpy arrays, moved by compiled kernels."""

import numpy as np

from sim.core.ledger import split
from sim.core.streams import key_of
from sim.place import kernels
from sim.place.influence import AreaInfluence
from sim.place.places import LEVELS
from sim.place.tables import entry_tables, event_tables, need_tables, no_offers, service_tables
from sim.place.threads import by_part


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
    happened : numpy.ndarray
        int64 (neighbourhoods, events): families that each event of the last quarter happened to.
    quarter : int
        The last in which events may have happened.
    """

    def __init__(self, place, dials, n_families, seed, threads=1):
        self.place, self.dials, self.seed, self.threads = place, dials, seed, threads
        self.key = key_of(seed)
        self.n, self.quarter = n_families, 0
        n_needs, n_areas = len(place.needs), len(place.neighbourhoods)
        self.columns = _empty_columns(place, n_families)
        self.counts = np.zeros((n_areas, n_needs, len(LEVELS)), np.int64)
        self.leavers = np.zeros_like(self.counts)
        self.happened = np.zeros((n_areas, len(place.events)), np.int64)
        self._need_tables = need_tables(place, dials)
        self._event_tables = event_tables(place, dials, self._need_tables.frail_up)
        self._areas = AreaInfluence(place, dials)
        self._newborn = entry_tables(place)
        self._services = service_tables(place, dials)
        self.all_known = dials["services.unmet_need_scale"] == 0
        self.heard = np.zeros(n_areas, np.float32)
        self.bond = np.ones((n_areas, n_needs))
        self._demand = np.zeros((n_areas, n_needs, len(LEVELS), 2), np.int64)
        self._kept = np.zeros((n_areas, len(place.lines), 4), np.int64)
        self._helped = np.zeros(n_areas, np.float32)
        self._chosen = np.zeros(n_families, np.int64)
        self.offers = no_offers(n_needs)
        self.count_trust(0.0)

    def count_trust(self, share):
        """How far the trust that programmes brought makes need known."""
        self.trust_counts = np.float32(share)

    def at(self, place, dials, threads=1):
        """The same population, which reads what it still reads of another place and other dials."""
        same = object.__new__(Families)
        same.__dict__.update(self.__dict__, place=place, dials=dials, threads=threads)
        return same

    def as_at(self, quarter, **columns):
        """The same population at the end of a quarter, of which some columns tell; it is looked at, and does not live on."""
        then = object.__new__(Families)
        own = {"columns": self.columns._replace(**columns), "_chosen": np.empty_like(self._chosen)}
        then.__dict__.update(self.__dict__, quarter=quarter, **own)
        return then

    def copy(self):
        """Another population in the same state that shares nothing that changes."""
        return self._with(kernels.Columns(*(column.copy() for column in self.columns)), self.seed)

    def copies(self, rows, seed):
        """A population of copies of some rows, each where its family lives, with draws of its own from now on."""
        rows = np.sort(rows)
        areas = self.area_of(rows)
        other = self._with(kernels.rows_of([self.columns], rows, areas), seed)
        n_needs, n_levels = other.counts.shape[1:]
        cells = (areas[:, None] * n_needs + np.arange(n_needs)) * n_levels + other.columns.levels
        other.counts[:] = np.bincount(cells.ravel(), minlength=other.counts.size).reshape(other.counts.shape)
        return other

    def known_at(self, quarter):
        """The columns of the families that services know a need of, who remember the quarter as if it were quarter 0."""
        rows = np.flatnonzero(self.columns.known | self.columns.found)
        columns = kernels.rows_of([self.columns], rows, self.area_of(rows))
        return columns._replace(**{name: np.roll(getattr(columns, name), -quarter, axis=0) for name in _RINGS})

    def pooled(self, every):
        """A population like this one of all the families of some columns, by neighbourhood and age."""
        areas = np.concatenate([np.repeat(np.arange(len(one.end)), np.diff(one.first)) for one in every])
        order = np.lexsort((np.concatenate([one.age for one in every]), areas))
        return self._with(kernels.rows_of(every, order, areas[order]), self.seed)

    def _with(self, columns, seed):
        """A population like this one in all but its families and their draws, which shares nothing that changes."""
        other, n = object.__new__(Families), len(columns.age)
        own = ("counts", "leavers", "happened", "heard", "_demand", "_kept", "_helped")
        copies = {name: getattr(self, name).copy() for name in own}
        copies["_chosen"] = np.empty(n, np.int64)  # working space
        other.__dict__.update(self.__dict__, columns=columns, n=n, seed=seed, key=key_of(seed), **copies)
        return other

    def follow(self, areas):
        """Needs arise from now on as another :class:`AreaInfluence` says."""
        self._areas = areas

    def age(self, quarter=0, until_full=0):
        """A quarter passes; families leave at 25 and others enter. A new place fills as index children are born."""
        brought = self._newborn.need * np.float32(self._areas.trend(quarter))
        self._each_area(
            kernels.age_families,
            self.columns,
            self._need_tables,
            self._newborn._replace(need=brought),
            key=self.key,
            out=(until_full, self.leavers, self.counts),
        )

    def move_needs(self, quarter):
        """Needs worsen and ease, given last quarter's services and neighbours."""
        tables = self._need_tables._replace(up=self._areas.chances(self.counts, quarter, self.bond))
        self._each_area(kernels.move_needs, self.columns, tables, self.offers, key=self.key, out=(quarter, self.counts))

    def happen(self, quarter):
        """Events happen to families with the need they belong to."""
        self.quarter = quarter
        if self.place.events:
            self._each_area(
                kernels.happen, self.columns, self._event_tables, key=self.key, out=(quarter, self.happened)
            )

    def live(self, quarter, until_full=0):
        """A quarter of the families' own: they age, needs move, events happen. Services come after."""
        self.age(quarter, until_full)
        self.move_needs(quarter)
        self.happen(quarter)

    def screen(self, quarter, lower, open_door, supply):
        """Needs become known; who keeps a place is served, and who waits for one is listed.

        Parameters
        ----------
        quarter : int
        lower : bool (lines,)
            Lines that may let in families below their threshold.
        open_door : bool (lines,)
            Lines that serve all who are eligible; the others have queues.
        supply : float (needs, 4)
            Ratio on the chance that need shows itself, by its level.

        Returns
        -------
        demand : int64 (needs, 4, 2)
            Families by known need and level: all, and those known only because found.
        kept : int64 (lines, 4)
            Families that keep a place on a rationed line: all, and found; then those a line is for that serves a share of
            the cases: all, and found.
        waiting : tuple
            Those who wait, for :meth:`admit`.
        """
        showing = kernels.Showing(self.heard, self.trust_counts, self.all_known)
        lower, open_door = (np.uint32((1 << np.arange(len(mask))) @ mask) for mask in (lower, open_door))
        present = self._services.present * supply.astype(np.float32)
        parts = self._each_area(
            kernels.screen,
            self.columns,
            self._services._replace(present=present, open_door=open_door),
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

    def applicants(self, quarter, target, code, same_programme, reach, engagement, order, barred, areas=None):
        """Families that would take up a place on a programme: :class:`kernels.Applicants`; see :func:`kernels.applicants`."""
        asked = kernels.Invitation(code, same_programme, np.float32(engagement), np.float32(reach), order)
        at, areas = target.at(self.quarter), areas or (0, len(self.heard))
        who = (self.columns, self.offers, at, asked, self.key, quarter, self.heard, barred)
        return kernels.applicants(*who, *areas, self._chosen)

    def take_up(self, quarter, target, code, same_programme, places, *asked, **offer):
        """Rows of the families that take up places on a programme; the rest is as :meth:`applicants` has it."""
        applicants = self.applicants(quarter, target, code, same_programme, *asked, **offer)
        return applicants.rows[applicants.given(places)]

    def enrol(self, rows, offer, trust_gain):
        """Put families on a programme."""
        kernels.enrol(self.columns, rows, offer, np.float32(trust_gain))

    def area_of(self, rows):
        """Neighbourhood of each row."""
        return np.searchsorted(self.columns.first, rows, side="right") - 1

    def worst_need(self, rows, target):
        """Level of the worst need of each row, of those that a programme is for."""
        return (self.columns.levels[rows] * target.needs).max(axis=1)

    def gain_social_capital(self, gain):
        """Social capital gained by neighbourhood, float (neighbourhoods,): needs that it protects from arise less."""
        protection = np.array([self.place.get(f"needs.{need.id}.social_capital") for need in self.place.needs])
        self.bond = self.bond * np.exp(-np.outer(gain, protection) * self.dials["families.frailty_spread"])

    def spread_word(self, word_of_mouth):
        """Trust that neighbours of helped families gain."""
        self._each_area(kernels.on_programmes, self.columns, self.offers, out=(self._helped,))
        self.heard = (self._helped * word_of_mouth).astype(np.float32)

    def as_seen(self):
        """The families that services know a need of, as far as surveys look.

        Returns
        -------
        kernels.Columns
            What is seen of their levels, their ages, events and services; the other columns are those of all families.
        """
        c = self.columns
        seen = c.known | c.found
        rows = np.flatnonzero(seen > 0)
        packed = c.packed[rows] & kernels.spread.py_func(seen[rows])
        by_quarter = {name: np.take(getattr(c, name), rows, axis=1) for name in _RINGS}
        return c._replace(packed=packed, age=c.age[rows], **by_quarter)

    def known_like(self, target, seen):
        """Known families like a programme's target, among those of :meth:`as_seen`."""
        return kernels.list_like(seen, target.at(self.quarter), 0, len(seen.age), self._chosen)

    def use_by_target(self, target):
        """Known families like a programme's target, and the quarters each line served them in the last year."""
        use = np.zeros(len(self.place.lines), np.int64)
        families = kernels.use_of_services(self.columns, target.at(self.quarter), self._chosen, use)
        return families, use

    def like(self, target):
        """Rows of the families a programme is meant for, and whether services know each to be so.

        Parameters
        ----------
        target : kernels.Target

        Returns
        -------
        tuple of (int64 (n,), bool (n,))
        """
        found = kernels.list_like(self.columns, target.at(self.quarter), 0, self.n, self._chosen)
        rows = self._chosen[:found].copy()
        return rows, self.as_referred(target, rows).known

    def as_referred(self, target, rows):
        """What a referrer sees of families like a target: :class:`kernels.Referred`."""
        n = len(rows)
        out = kernels.Referred(np.empty(n, bool), np.empty(n, np.uint16), np.empty(n, np.uint8), np.empty(n, np.uint8))
        kernels.as_referred(self.columns, target.at(self.quarter), rows, out)
        return out

    def with_event(self):
        """Families that each event happened to in the last four quarters: int64 (events,)."""
        lately = np.bitwise_or.reduce(self.columns.events, axis=0)
        return np.array([np.count_nonzero(lately & (1 << e)) for e in range(len(self.place.events))], np.int64)

    def served_in_year(self, rows):
        """Served quarters of the last year, by row and line: uint8 (len(rows), lines)."""
        use = np.zeros((len(rows), len(self.place.lines)), np.uint8)
        kernels.use_by_row(self.columns.served, rows, use)
        return use

    def _each_area(self, kernel, *head, key=None, out=()):
        """Run a kernel over all neighbourhoods, shared among threads by families; a list of what they return."""
        middle = () if key is None else (key,)
        return by_part(lambda *areas: kernel(*head, *areas, *middle, *out), self.columns.first, self.threads)


_RINGS = ("served", "events")  # columns by quarter modulo RING


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
        *(np.zeros(n, np.uint8) for _ in range(3)),
        np.zeros(n, np.uint32),
        np.zeros(n, np.float32),
        np.zeros(n, np.float32),
        np.zeros(n, np.uint16),
        np.zeros(n, np.uint16),
        np.zeros((kernels.RING, n), np.uint32),
        np.zeros((kernels.SLOTS, n), np.uint8),
        np.zeros((kernels.SLOTS, n), np.uint8),
        np.zeros(n, np.uint16),
        np.zeros((kernels.RING, n), np.uint16),
        np.zeros(n, np.uint8),
    )
