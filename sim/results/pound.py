"""One pound from where it first comes in to the last hand, through the ledger (docs/odd.md, 8.3)."""

import heapq
from collections import defaultdict
from math import exp, log

from sim.core.faults import InputError
from sim.core.ledger import OUTSIDE, TREASURY
from sim.results.wishes import wish_named

LAST = (OUTSIDE, TREASURY)  # where a pound has left the place, or is back where it was voted
KEPT = "kept"
_ROUNDS, _DUST = 500, 1e-12  # of money that goes to and fro within a year


def trace_pound(flows, wish=None):
    """Follow a pound of a run's ledger by the likeliest way that a wish allows.

    Money of a party is mixed: of what it had in a year, kept from before or received, each payment takes its share.

    Parameters
    ----------
    flows : list of tuple
        (year, payer, payee, purpose, pence), as in ``flows.parquet`` of one run.
    wish : PoundWish, optional
        By default a pound that bought help.

    Returns
    -------
    dict
        ``wish``, ``in_words``; ``hops``: ``year``, ``payer``, ``payee``, ``purpose`` (``kept`` from one year to the next),
        ``gbp`` of the whole flow and ``share`` of what the payer had that went this way; ``chance`` of the whole way;
        ``last_hands``: ``payer``, ``payee``, ``purpose`` and ``share`` of the pound that ends so, of all pounds that
        came in with this one, most first.

    Raises
    ------
    InputError
        If no pound of this ledger went that way.
    """
    wish = wish or wish_named("pound", "programme")
    ways = Ways(flows)
    path, chance = ways.likeliest(wish)
    first = path[0]
    return {
        "wish": wish.name,
        "in_words": wish.text,
        "hops": path,
        "chance": chance,
        "last_hands": ways.last_hands(first["payee"], first["year"]),
    }


class Ways:
    """Where each party's money of each year goes: shares of what it had."""

    def __init__(self, flows):
        self.last_year = max((row[0] for row in flows), default=0)
        self.starts, paid, received = [], defaultdict(list), defaultdict(int)
        for year, payer, payee, purpose, pence in flows:
            received[payee, year] += pence
            if payer in LAST:
                self.starts.append((year, payer, payee, purpose, pence))
            else:
                paid[payer, year].append((payee, purpose, pence))
        self.ways = {}  # (party, year) -> [(payee, year, purpose, pence, share)]
        for party in sorted({name for name, _ in (*paid, *received)} - set(LAST)):
            kept = 0
            for year in range(self.last_year + 1):
                had = max(0, kept) + received[party, year]
                out = sum(pence for *_, pence in paid[party, year])
                kept += received[party, year] - out
                whole = max(had, out)  # more goes out than there was where it is in overdraft
                ways = [(payee, year, purpose, pence, pence / whole) for payee, purpose, pence in paid[party, year]]
                if whole > out:
                    ways.append((party, year + 1, KEPT, whole - out, (whole - out) / whole))
                self.ways[party, year] = ways

    def likeliest(self, wish):
        """Hops of the likeliest way that starts and goes as wished and ends in a last hand, and its chance."""
        begin = [start for start in self.starts if start[3] == wish.start]
        whole = defaultdict(int)
        for year, *_, pence in begin:
            whole[year] += pence
        queue = []
        for number, (year, payer, payee, purpose, pence) in enumerate(begin):
            share = pence / whole[year]
            heapq.heappush(
                queue, (-log(share), number, (payee, year, 0), (_hop(year, payer, payee, purpose, pence, share), None))
            )
        seen, number = set(), len(queue)
        while queue:
            length, _, state, way = heapq.heappop(queue)
            if state in seen:
                continue
            seen.add(state)
            party, year, done = state
            if party in LAST or year > self.last_year:
                if done == len(wish.through):
                    return _unrolled(way), exp(-length)
                continue
            for payee, then, purpose, pence, share in self.ways.get((party, year), ()):
                step = done + (done < len(wish.through) and purpose == wish.through[done])
                number += 1
                hop = _hop(year, party, payee, purpose, pence, share)
                heapq.heappush(queue, (length - log(share), number, (payee, then, step), (hop, way)))
        said = f"goes from {wish.start} through {', '.join(wish.through)}"
        raise InputError("trace", wish.name, f"no pound of this ledger {said}", "choose another wish or arrangement")

    def last_hands(self, party, year):
        """Where the pounds end that a party has in a year: list of dict, most first; what is kept at the end too."""
        now, ends = {(party, year): 1.0}, defaultdict(float)
        for _ in range(_ROUNDS * (self.last_year + 1)):
            then = defaultdict(float)
            for (at, when), amount in now.items():
                for payee, later, purpose, _, share in self.ways.get((at, when), ()):
                    if payee in LAST or later > self.last_year:
                        ends[at, payee, purpose] += amount * share
                    elif amount * share > _DUST:
                        then[payee, later] += amount * share
            now = then
            if not now:
                break
        return [
            {"payer": payer, "payee": payee, "purpose": purpose, "share": share}
            for (payer, payee, purpose), share in sorted(ends.items(), key=lambda item: (-item[1], item[0]))
        ]


def _hop(year, payer, payee, purpose, pence, share):
    return {"year": year, "payer": payer, "payee": payee, "purpose": purpose, "gbp": pence / 100, "share": share}


def _unrolled(way):
    """A chain of (hop, the way before) as a list."""
    hops = []
    while way:
        hop, way = way
        hops.append(hop)
    return hops[::-1]
