"""The cut-down task that every version in ``peers.py`` does: its tables, and what is alike for all.

Families live in neighbourhoods of equal size and have 8 needs at levels 0 to 3. In a quarter

1. the index child grows a quarter older; at 25 the family leaves and one with a newborn takes its place;
2. each need worsens or eases by one level at most. The chance to worsen depends on need, level and age band, on how
   common the need was in the neighbourhood last quarter, on the family's other needs, and on the programme; the
   chance to ease on need, level and the programme. A family's needs all move at once;
3. families are counted by neighbourhood, need and level, and the counts priced for 7 agencies;
4. families with two needs or more that never were on the programme enrol with a chance; it works in full for a year,
   then fades.

Numbers are made up, of the size of those of a real place. They sum so low that no chance passes 1.
"""

import numpy as np

from sim.place.kernels import QUARTERS_OF_AGE

NEEDS, AGENCIES, BANDS, SIZE = 8, 7, 5, 500  # SIZE: families a neighbourhood
ENGAGEMENT = 0.1
HELPED = 4  # the first needs are those the programme changes
BAND = np.searchsorted([20, 40, 64, 74], np.arange(QUARTERS_OF_AGE), side="right").astype(np.uint8)

_need = np.arange(NEEDS)
_onset = np.array([0.005, 0.008, 0.011, 0.007, 0.004, 0.012, 0.006, 0.009])
_by_age = 1 + 0.2 * np.cos(np.arange(BANDS)[:, None] + _need)
UP = np.zeros((BANDS, NEEDS, 4), np.float32)
UP[:, :, 0], UP[:, :, 1], UP[:, :, 2] = _onset * _by_age, 0.04 * _by_age, 0.015 * _by_age
DOWN = np.zeros((NEEDS, 4), np.float32)
DOWN[:, 1:] = np.array([0.12, 0.08, 0.1]) * (0.8 + 0.05 * _need[:, None])
COUPLING = (0.04 + 0.02 * ((_need - _need[:, None]) % 4)).astype(np.float32)  # [k, j]: need k per level of need j
np.fill_diagonal(COUPLING, 0)
ENTRY = np.tile(np.array([0.06, 0.015, 0.004], np.float32), (NEEDS, 1))  # chance of level 1, 2, 3 or more
USUAL = _onset / 0.11  # share with a need where neighbours pull neither way
PULL = 0.3
STRENGTH = np.where(np.arange(256) <= 4, 1.0, 0.5 ** ((np.arange(256) - 4) / 8)).astype(np.float32)  # by quarters since
WORSENING, EASING = -0.4, 0.3  # log ratios at full strength
PRICES = (
    np.outer(_need + 1, [0, 300, 900, 2500])[:, :, None] * (1 + (_need[:, None] * np.arange(AGENCIES)) % 5)[:, None]
)


def newborns(rng, n):
    """Levels of families that enter: uint8 (NEEDS, n)."""
    u = rng.random((NEEDS, n))
    return (u[:, :, None] < ENTRY[:, None, :]).sum(axis=2).astype(np.uint8)


def start(rng, areas):
    """Levels (NEEDS, n) and ages (n,) of the first families; every age is as common in every neighbourhood."""
    return newborns(rng, areas * SIZE), np.tile((np.arange(SIZE) % QUARTERS_OF_AGE).astype(np.uint8), areas)


def count(levels):
    """Families by level, int64 (neighbourhoods, NEEDS, 4), of levels (NEEDS, n)."""
    by_area = levels.reshape(NEEDS, -1, SIZE)
    counts = [(by_area == level).sum(axis=2) for level in (1, 2, 3)]
    return np.stack([SIZE - sum(counts), *counts], axis=2).transpose(1, 0, 2)


def chances(counts):
    """Chance to worsen after the influence of neighbours, float32 (neighbourhoods, BANDS, NEEDS, 4)."""
    relative = (1 - counts[:, :, 0] / SIZE) / USUAL
    influence = np.clip(1 + PULL * (relative - 1), 0.25, 4.0).astype(np.float32)
    return UP * influence[:, None, :, None]


def cost(counts):
    """Pence by agency, (AGENCIES,), or (neighbourhoods, AGENCIES) of counts by neighbourhood."""
    return np.tensordot(counts, PRICES, 2)
