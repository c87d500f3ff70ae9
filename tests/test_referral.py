"""Who is like a programme's target, who is referred to it, and who comes first: families set by hand (odd.md, 3.4)."""

from dataclasses import replace

import numpy as np
import pytest

from sim.core.dials import defaults
from sim.evaluation.draw import NOBODY
from sim.place import kernels
from sim.place.families import Families
from sim.place.tables import no_offers
from sim.programmes.catalogue import load_programme

ARREST = 0b10
IN_CARE = 1 << 3


@pytest.fixture
def families(milltown):
    """Families of whom six have needs 0 and 1 as the tests say; all engage who are asked."""
    made = Families(milltown, defaults(), 600, 1)
    made.offers, made.quarter = no_offers(len(milltown.needs)), 6
    made.columns.age[:], made.columns.trust[:] = 40, 0.95
    made.columns.end[:] = made.columns.first[1:]
    return made


def _set(families, levels, known, found=()):
    """Levels of needs 0 and 1 by family, and which of them are known, as bits."""
    columns, n = families.columns, len(levels)
    columns.levels[:n, :2] = levels
    columns.packed[:n] = [a + 4 * b for a, b in levels]
    columns.has[:n] = [(a > 0) + 2 * (b > 0) for a, b in levels]
    columns.known[:n] = known
    columns.found[: len(found)] = found


def _target(families, at_least, level_from=1, **more):
    needs = np.zeros(len(families.place.needs), np.uint8)
    needs[:2] = 1
    return kernels.Target(needs, level_from, 3, at_least, 0, 100, **more)


def _takes(families, target, places, reach=0.0, order=1):
    asked = {"code": 1, "same_programme": np.zeros(1, np.uint8), "engagement": 1.0, "barred": NOBODY}
    return families.take_up(6, target, places=places, reach=reach, order=order, **asked).tolist()


def _by_order(n):
    return kernels.Places(n, np.zeros(4, np.int64))


def test_services_refer_whom_they_know_by_as_many_needs_as_are_asked_for(families):
    """Two needs asked for: known by both, by one of two, by none, one known and one found, and one who has but one."""
    _set(families, [(1, 2), (1, 2), (3, 3), (2, 1), (2, 0)], [0b11, 0b10, 0, 0b01, 0b01], [0, 0, 0, 0b10, 0])
    target = _target(families, 2)
    rows, known = families.like(target)
    assert (rows.tolist(), known.tolist()) == ([0, 1, 2, 3], [True, False, False, True])
    assert families.use_by_target(target)[0] == 2
    assert families.known_like(target, families.as_seen()) == 2
    assert _takes(families, target, _by_order(9)) == [0, 3]
    assert _takes(families, target, _by_order(9), reach=1.0) == [0, 1, 2, 3]
    deep = _target(families, 1, level_from=2)  # a known need below the level asked for refers nobody
    families.columns.known[:5] = [0b01, 0b10, 0, 0b01, 0b01]
    families.columns.found[:5] = 0
    assert families.like(deep)[1].tolist() == [False, True, False, True, True]
    assert families.known_like(deep, families.as_seen()) == families.use_by_target(deep)[0] == 3


def test_none_is_referred_whom_the_services_that_it_is_to_prevent_serve_now(families):
    """In quarter 6 slot 2 is now: of three alike one is in care now, one was a quarter ago, and one never was."""
    _set(families, [(2, 0)] * 3, [1, 1, 1])
    families.columns.served[2, 0], families.columns.served[1, 1] = IN_CARE | 1, IN_CARE
    target = _target(families, 1)
    assert families.like(target)[0].tolist() == [0, 1, 2]
    away = target._replace(not_served=IN_CARE)
    assert families.like(away)[0].tolist() == [1, 2]
    assert families.use_by_target(away)[0] == 2
    assert families.known_like(away, families.as_seen()) == 2
    assert _takes(families, away, _by_order(9), reach=1.0) == [1, 2]


def test_the_queue_is_of_known_levels_and_late_events_by_hand(families):
    """Known levels are 1 (with a crisis nobody knows), 2, 2 with an arrest lately, and 2 with one long ago: 1, 2, 3, 2.

    A family reached otherwise has shown the needs it is reached for: in crisis with both, it comes before them all.
    """
    _set(families, [(1, 3), (2, 0), (2, 0), (2, 0), (3, 3)], [0b01, 0b01, 0b01, 0b01, 0])
    families.columns.events[1, 2], families.columns.events[3, 3] = ARREST, ARREST  # quarters 5 and 3
    target = _target(families, 1, signs=ARREST, within=2)
    assert _takes(families, target, _by_order(1)) == [2]
    assert 0 not in _takes(families, target, _by_order(3))
    assert _takes(families, target, _by_order(1), order=-1) == [0]
    assert _takes(families, target, _by_order(1), reach=1.0) == [4]
    families.columns.found[0] = 0b10  # its crisis has come to light: 4
    assert _takes(families, target, _by_order(1)) == [0]


def test_places_of_a_level_go_by_the_level_known_by_hand(families):
    """Worst levels are 3, 2 and 2; services know of 1, 2 and 2. No place for families in crisis is taken."""
    _set(families, [(1, 3), (2, 1), (0, 2)], [0b01, 0b11, 0b10])
    target = _target(families, 1)
    referred = families.as_referred(target, np.arange(3))
    assert (referred.known.tolist(), referred.worst.tolist()) == ([True] * 3, [1, 2, 2])
    assert _takes(families, target, kernels.Places(0, np.array([0, 0, 0, 5]))) == []
    assert _takes(families, target, kernels.Places(0, np.array([0, 5, 5, 0]))) == [0, 1, 2]


def test_a_target_leaves_out_lines_that_a_place_has_not(milltown, tmp_path):
    programme = load_programme("multisystemic_therapy")
    lines = milltown.index("lines")
    there = [name for name in programme.target["not_served"] if name in lines]
    assert there
    assert programme.targets(milltown).not_served == sum(1 << lines[name] for name in there)
    programme = replace(programme, target={**programme.target, "not_served": [*there, "secure_home"]})
    assert programme.targets(milltown).not_served == sum(1 << lines[name] for name in there)
    assert load_programme("keyworker").targets(milltown).not_served == 0
    events = milltown.index("events")
    needs = {event.need for event in milltown.events if programme.targets(milltown).signs >> events[event.id] & 1}
    assert needs == {event.need for event in milltown.events} & {*programme.target["needs"]}
