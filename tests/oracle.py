"""Plain-Python twins of compiled code: slow, short, written from the words of docs/odd.md, not from the kernels."""

import numpy as np

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
    """Levels after one quarter, each need of each family worked out in full: no screen, no blocks, no lists."""
    levels = columns.levels.astype(int)
    new = levels.copy()
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
                down = float(tables.down[band, k, level]) * float(tables.frail_down[columns.frailty[f]])
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
    return new


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
