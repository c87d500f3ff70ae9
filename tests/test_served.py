"""Who was served is kept as what changed, and comes back as it was."""

import pickle

import numpy as np
import pytest

from sim.record.served import Served

QUARTERS = 6


@pytest.fixture(params=[1, 7, 8, 61])
def record(request):
    """Masks of a number of families by quarter, a tenth of them changing, and the record of them."""
    draw, served = np.random.default_rng(request.param), Served()
    masks = [draw.integers(0, 2**32, request.param, np.uint32)]
    for _ in range(1, QUARTERS):
        new = draw.integers(0, 2**32, request.param, np.uint32)
        masks.append(np.where(draw.random(request.param) < 0.1, new * draw.integers(0, 2), masks[-1]).astype(np.uint32))
    masks[2][-1], masks[3][-1] = 5, 0  # the last family too
    now = masks[0].copy()
    for quarter in masks:
        now[:] = quarter  # as in the model, where the quarter's masks are written over a year later
        served.add(now)
    return masks, served


def test_every_quarter_comes_back(record):
    masks, served = record
    replay = served.replay()
    assert len(served) == QUARTERS
    for quarter, expected in enumerate(masks, 1):
        np.testing.assert_array_equal(replay.at(quarter)[: len(expected)], expected)


def test_quarters_may_be_passed_over_or_asked_for_again(record):
    masks, served = record
    replay = served.replay()
    for quarter in (4, 4, 6, 2):
        np.testing.assert_array_equal(replay.at(quarter)[: len(masks[0])], masks[quarter - 1])


def test_only_what_changed_is_kept_and_travels():
    served, masks = Served(), np.arange(80_000, dtype=np.uint32)
    served.add(masks)
    first = served.nbytes
    for _ in range(3):
        masks[17] += 1
        served.add(masks)
    assert served.nbytes - first == 3 * (10_000 + 4)
    served.close()
    kept = pickle.dumps(served)
    assert len(kept) < served.nbytes + 1000
    assert pickle.loads(kept).replay().at(4)[17] == 20
