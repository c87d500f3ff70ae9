"""Points of a sweep: grids by hand, one point in every slice of a hypercube, halves and quarters of Sobol's."""

import math

import numpy as np
import pytest

from sim.studies.designs import Axis, Range, Sample, combined

A, B = Axis("a", (1.0, 2.0)), Axis("b", ("x", "y", "z"))
UNIT = tuple(Range(name, 0.0, 1.0) for name in "uvw")


def columns(points):
    return {name: np.array([point[name] for point in points]) for name in points[0]}


def test_the_last_axis_changes_fastest():
    points, labels = combined([A, B])
    assert points == labels
    assert [(point["a"], point["b"]) for point in points] == [
        (1, "x"), (1, "y"), (1, "z"), (2, "x"), (2, "y"), (2, "z"),
    ]  # fmt: skip
    assert all(list(point) == ["a", "b"] for point in points)


def test_without_axes_there_is_one_point():
    assert combined([]) == (({},), ({},))


def test_every_combination_has_the_same_points_of_a_sample():
    points, _ = combined([A], [{"u": 0.1}, {"u": 0.7}])
    assert points == ({"a": 1, "u": 0.1}, {"a": 1, "u": 0.7}, {"a": 2, "u": 0.1}, {"a": 2, "u": 0.7})


def test_a_named_set_sets_its_settings_and_is_shown_by_its_name():
    sets = Axis("world", ("plain", "hard"), {"plain": {}, "hard": {"c": 3.0, "d": 4.0}})
    points, labels = combined([sets, A])
    assert points[:2] == ({"a": 1}, {"a": 2})
    assert points[2] == {"c": 3, "d": 4, "a": 1}
    assert labels[3] == {"world": "hard", "a": 2}


@pytest.mark.parametrize("n", [1, 7, 20])
def test_a_latin_hypercube_has_one_point_in_every_slice(n):
    for values in columns(Sample("latin", n, UNIT).points(3)).values():
        assert sorted(np.floor(values * n)) == list(range(n))


def test_points_of_sobol_are_balanced():
    """Of 16 points two lie in each eighth of a range, and in two dimensions four in each quarter of the square."""
    found = columns(Sample("sobol", 16, UNIT[:2]).points(11))
    for values in found.values():
        assert list(np.bincount((values * 8).astype(int))) == [2] * 8
    assert list(np.bincount((found["u"] > 0.5) * 2 + (found["v"] > 0.5))) == [4] * 4


@pytest.mark.parametrize("design", ["latin", "sobol"])
def test_the_same_seed_gives_the_same_points(design):
    sample = Sample(design, 8, UNIT)
    assert sample.points(5) == sample.points(5)
    assert sample.points(5) != sample.points(6)


def test_points_stay_what_they_are_from_one_version_to_the_next():
    """Else a sweep of a year ago could not be gone on with, or compared with."""
    assert Sample("latin", 2, UNIT[:1]).points(1) == [{"u": 0.15048272628158216}, {"u": 0.912832239313452}]
    assert Sample("sobol", 2, UNIT[:1]).points(1) == [{"u": 0.28616916202008724}, {"u": 0.9046126157045364}]


@pytest.mark.parametrize(
    ("item", "share", "value"),
    [
        (Range("a", 2.0, 10.0), 0.25, 4),
        (Range("a", 1.0, 100.0, "log"), 0.5, 10),
        (Range("a", 1.0, 100.0, "log"), 0.0, 1),
        (Range("a", 0.0, 1.0, "triangle", 0.5), 0.125, 0.25),  # 2 x 0.25^2
        (Range("a", 0.0, 1.0, "triangle", 0.5), 0.875, 0.75),
        (Range("a", 0.0, 2.0, "triangle", 0.0), 0.75, 1),
        (Range("a", 0.0, 2.0, "triangle", 2.0), 0.25, 1),
    ],
)
def test_a_share_of_a_range_is_a_value_worked_by_hand(item, share, value):
    assert item.at(share) == pytest.approx(value, abs=1e-12)


def test_choices_share_the_range_evenly():
    item = Range("a", choices=("x", "y", "z"))
    assert [item.at(share) for share in (0, 0.33, 0.34, 0.66, 0.67, 0.999)] == ["x", "x", "y", "y", "z", "z"]


def test_whole_numbers_are_all_as_likely_the_ends_too():
    item = Range("a", 1.0, 4.0)
    drawn = [item.at((i + 0.5) / 400, whole=True) for i in range(400)]
    assert {value: drawn.count(value) for value in set(drawn)} == {1: 100, 2: 100, 3: 100, 4: 100}


@pytest.mark.parametrize(
    "item", [Range("a", 1.0, 3.0, "log"), Range("a", 1.0, 3.0, "triangle", 1.0), Range("a", 0.1, 0.7)]
)
def test_no_value_lies_outside_its_range(item):
    for share in (0.0, 1e-17, 0.5, math.nextafter(1, 0)):
        for whole in (False, item.low >= 1):
            assert item.low <= item.at(share, whole) <= item.high
