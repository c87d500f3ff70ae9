"""Plain-Python twins of compiled code: slow, short, written from the words of docs/odd.md, not from the kernels."""

import numpy as np

from sim.core.streams import code_of, mixed

MASK = 0xFFFFFFFF


def philox(counter, key):
    """Philox4x32-10 with Python integers."""
    x0, x1, x2, x3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * x0, 0xCD9E8D57 * x2
        x0, x1, x2, x3 = (p1 >> 32) ^ x1 ^ k0, p1 & MASK, (p0 >> 32) ^ x3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return x0, x1, x2, x3


def move(columns, tables, offers, key, quarter, decision):
    """Levels after one quarter and which spells are lasting ones, each need of each family worked out in full."""
    levels = columns.levels.astype(int)
    new, lasting = levels.copy(), columns.lasting.astype(int)
    n_needs = levels.shape[1]
    for area in range(len(columns.first) - 1):
        for f in range(columns.first[area], columns.end[area]):
            band = tables.band[columns.age[f]]
            for k in range(n_needs):
                counter = (
                    (area << 20) + f - columns.first[area],
                    int(columns.generation[f]),
                    quarter,
                    (decision << 24) + k // 4,
                )
                word = philox(tuple(int(c) & MASK for c in counter), tuple(int(part) for part in key))[k % 4]
                u = ((word >> 8) + 0.5) / 2**24
                level = levels[f, k]
                others = sum(float(tables.coupling[k, j]) * levels[f, j] for j in range(n_needs))
                up = (
                    float(tables.up[area, band, k, level])
                    * float(tables.frail_up[columns.frailty[f], k])
                    * (1 + others)
                )
                for e in range(16):
                    if columns.events[(quarter - 1) % 4, f] >> e & 1:
                        up *= float(tables.worsens[1 << e, k])
                gate = int(tables.gates[k])
                if level == 2 and gate and not any(int(bits) & gate for bits in columns.events[:, f]):
                    up = 0.0
                kind = lasting[f] >> k & 1
                down = float(tables.down[kind, band, k, level]) * float(tables.frail_down[columns.frailty[f]])
                if columns.served[(quarter - 1) % 4, f] & tables.lines_of[k]:
                    down *= float(tables.recovery[k])
                for slot in range(2):
                    i = columns.offer[slot, f]
                    weight = float(
                        offers.strength[i, columns.clock[slot, f]]
                        * offers.level_weight[i, level]
                        * offers.band_weight[i, band]
                    )
                    up *= np.exp(float(offers.escalation[i, k]) * weight)
                    down *= np.exp(float(offers.recovery[i, k]) * weight)
                if up + down > 1:
                    up, down = up / (up + down), down / (up + down)
                if u < up:
                    new[f, k] += 1
                elif 1 - u < down:
                    new[f, k] -= 1
                if new[f, k] != level:
                    lasting[f] &= ~(1 << k)
                    lasting[f] |= int(word % 256 < tables.lasts[k, new[f, k]]) << k
    return new, lasting


def crises(families, quarter, decision):
    """Who is in a crisis once needs have moved, family by family: the draw is the word after those of the needs."""
    columns, tables, n_needs = families.columns, families._need_tables.crisis, families.columns.levels.shape[1]
    now = []
    for f in range(len(columns.age)):
        area = np.searchsorted(columns.first, f, side="right") - 1
        counter = (
            (area << 20) + f - columns.first[area],
            columns.generation[f],
            quarter,
            (decision << 24) + n_needs // 4,
        )
        chance = float(tables.stays) if columns.crisis[f] else onset(families, f)
        now.append(int(unit(counter, families.key, n_needs % 4) < chance))
    return now


def onset(families, f):
    """Chance that a crisis of a family begins, by how many needs it has."""
    place, needs = families.place, int((families.columns.levels[f] > 0).sum())
    chance = needs and place.get("crisis.onset") * needs ** place.get("crisis.needs_exponent")
    return min(1, chance * float(families._need_tables.crisis.frail[families.columns.frailty[f]]))


def happen(families, quarter, decision):
    """Events of a quarter by family, as sets of their numbers, worked out for each event of each family."""
    columns, tables = families.columns, families._event_tables
    happened = []
    for f in range(len(columns.age)):
        area, now = np.searchsorted(columns.first, f, side="right") - 1, set()
        for e, k in enumerate(tables.need):
            level = columns.levels[f, k]
            others = sum(columns.levels[f] > 0) - 1
            chance = float(tables.rate[e, level]) * float(tables.frail[columns.frailty[f], e])
            chance *= 1 + float(tables.per_other[e]) * others
            if families.place.has("crisis.onset"):
                ends, ratio = 1 / families.place.get("crisis.length"), families.place.get("crisis.ratio")
                share = onset(families, f) / (onset(families, f) + ends)
                within = min(1, ratio * chance / (share * ratio + 1 - share))
                chance = within if columns.crisis[f] else (chance - share * within) / (1 - share)
            counter = ((area << 20) + f - columns.first[area], columns.generation[f], quarter, (decision << 24) + e)
            if level and unit(counter, families.key) < chance:
                now.add(e)
        happened.append(now)
    return happened


def unit(counter, key, word=0):
    """A draw between 0 and 1 for a counter, from one of its four words."""
    return ((philox(tuple(int(c) & MASK for c in counter), tuple(map(int, key)))[word] >> 8) + 0.5) / 2**24


def newborn(families, area, f, trait, need):
    """What a family that enters brings: levels, class of frailty, luck, trust and which needs are lasting."""
    number, generation = (area << 20) + f - families.columns.first[area], families.columns.generation[f]
    words = philox(tuple(map(int, (number, generation, 0, trait << 24))), tuple(map(int, families.key)))
    frailty, entry = words[0] >> 24, families._newborn
    levels, lasting = [], 0
    for k, chances in enumerate(entry.need):
        counter = tuple(int(c) & MASK for c in (number, generation, 0, (need << 24) + k))
        word = philox(counter, tuple(map(int, families.key)))[0]
        u = ((word >> 8) + 0.5) / 2**24
        levels.append(sum(u < float(chance) * float(families._need_tables.frail_up[frailty, k]) for chance in chances))
        lasting |= int(word % 256 < families._need_tables.lasts[k, levels[-1]]) << k
    return levels, frailty, words[2], entry.trust[words[1] >> 20], lasting


def screen(families, quarter, lower, open_door, supply, decision):
    """What :meth:`Families.screen` should find, family by family, need by need and line by line.

    Returns
    -------
    known, found, served : lists of int
    demand : (needs, 4, 2)
    kept : (lines, 4)
    waiting : dict of (line, below) to list of (rank, number, row)
    """
    columns, place = families.columns, families.place
    needs, present = [need.id for need in place.needs], families._services.present * supply
    n_needs, n_lines = len(needs), len(place.lines)
    known, found = (columns.known & columns.has).tolist(), (columns.found & columns.has).tolist()
    served = [0] * len(known)
    demand, kept, waiting = np.zeros((n_needs, 4, 2), int), np.zeros((n_lines, 4), int), {}
    for f in range(len(known)):
        area = np.searchsorted(columns.first, f, side="right") - 1
        on = [i for s, i in enumerate(columns.offer[:, f]) if i and columns.clock[s, f] < families.offers.running[i]]
        contact = float(families.offers.finds[on[-1]]) if on else 0.0
        trust = float(columns.trust[f])
        gain = float(families.trust_counts) * (float(columns.trust_gain[f]) + float(families.heard[area]))
        for k in range(n_needs):
            level = columns.levels[f, k]
            if level and not known[f] >> k & 1:
                counter = ((area << 20) + f - columns.first[area], columns.generation[f], quarter, (decision << 24) + k)
                u, chance = unit(counter, families.key), 2 * float(present[k, level])
                if families.all_known or u < chance * trust:
                    known[f] |= 1 << k
                    found[f] &= ~(1 << k)
                elif u < chance * (trust + gain) * (1 + contact):
                    found[f] |= 1 << k
            if (known[f] | found[f]) >> k & 1:
                demand[k, level] += 1, found[f] >> k & 1
        for j, line in enumerate(place.lines):
            k = needs.index(line.need)
            level = columns.levels[f, k] if (known[f] | found[f]) >> k & 1 else 0
            if not_its_share(place, line, columns.luck[f]):
                continue
            if line.event:
                e = [event.id for event in place.events].index(line.event)
                level = level if columns.events[quarter % 4, f] >> e & 1 else 0
            before = columns.served[(quarter - 1) % 4, f] >> j & 1
            rank, number = 3 - level, int(mixed(columns.luck[f : f + 1], code_of(line.id))[0] >> 32)
            if level >= line.level and place.has(f"lines.{line.id}.share"):
                kept[j, 2:] += 1, found[f] >> k & 1
            if level >= line.level and open_door[j]:
                served[f] |= 1 << j
            elif level >= line.level and before:
                served[f] |= 1 << j
                kept[j, :2] += 1, found[f] >> k & 1
            elif level >= line.level:
                waiting.setdefault((j, 0), []).append((rank, number, f))
            elif level == line.level - 1 > 0 and lower[j]:
                waiting.setdefault((j, 1), []).append((rank + 4 * (not before), number, f))
    return known, found, served, demand, kept, waiting


def take_up(families, quarter, target, code, same_programme, places, reach, engagement, order, barred, decision):
    """Rows of the families that :meth:`Families.take_up` should choose, from all who would come: set of int."""
    columns, offers, queue = families.columns, families.offers, {}
    for f in range(families.n):
        levels = {k: int(columns.levels[f, k]) for k in np.nonzero(target.needs)[0]}
        at = [k for k, level in levels.items() if target.level_from <= level <= target.level_to]
        if len(at) < target.at_least or not target.age_from <= columns.age[f] <= target.age_to:
            continue
        carried = [(i, columns.clock[s, f]) for s, i in enumerate(columns.offer[:, f]) if i]
        if any(clock < offers.running[i] or same_programme[i] for i, clock in carried) or (len(barred) and barred[f]):
            continue
        area = int(np.searchsorted(columns.first, f, side="right")) - 1
        counter = (area << 20) + f - columns.first[area], columns.generation[f], quarter, (decision << 24) + code
        trust = float(columns.trust[f]) + float(columns.trust_gain[f]) + float(families.heard[area])
        known_of = {k for k in levels if (columns.known[f] | columns.found[f]) >> k & 1}
        known = len(known_of & set(at)) >= target.at_least
        seen = [levels[k] for k in (known_of if known else known_of | set(at))]
        lately = [int(columns.events[(families.quarter - back) % 4, f]) for back in range(target.within)]
        signs = sum(any(events >> e & 1 for events in lately) for e in range(16) if target.signs >> e & 1)
        asked = target.events == 0 or any(events & target.events for events in lately)
        if not asked or columns.served[families.quarter % 4, f] & target.not_served:
            continue
        if (known or unit(counter, families.key) < reach) and unit(counter, families.key, 1) < 2 * engagement * trust:
            words = philox(tuple(int(c) & MASK for c in counter), tuple(map(int, families.key)))
            queue[f] = sum(seen) + signs, max(seen), words[2], words[3]
    by_order = sorted(queue, key=lambda f: (-order * queue[f][0], queue[f][2]))
    chosen = set(by_order[: places.by_order])
    for level, number in enumerate(places.by_level):
        left = [f for f in queue if f not in chosen and level in (0, queue[f][1])]
        left.sort(key=lambda f: (queue[f][0] if order < 0 else 0, queue[f][3]))
        chosen |= set(left[:number])
    return chosen


def not_its_share(place, line, luck):
    """Whether a line serves a share of the cases of its need and level, and another line that of such luck."""
    if not place.has(f"lines.{line.id}.share"):
        return False
    alike = [other.id for other in place.lines if (other.need, other.level) == (line.need, line.level)]
    ends = np.cumsum([place.get(f"lines.{name}.share") for name in alike])
    return alike.index(line.id) != min(np.searchsorted(ends, luck / 2**32, side="right"), len(alike) - 1)


def chain(entry, up, down, quarters):
    """Exact level shares of families by quarters lived: entry shares times powers of the one-quarter matrix.

    Returns
    -------
    float (quarters + 1, 4)
        Row q: after q moves.
    """
    matrix = np.zeros((4, 4))
    for level in range(4):
        rise = up[level] if level < 3 else 0.0
        fall = down[level] if level > 0 else 0.0
        if level < 3:
            matrix[level, level + 1] = rise
        if level > 0:
            matrix[level, level - 1] = fall
        matrix[level, level] = 1 - rise - fall
    shares = [np.array(entry, float)]
    for _ in range(quarters):
        shares.append(shares[-1] @ matrix)
    return np.array(shares)
