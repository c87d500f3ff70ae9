"""The statistics of an evaluation, each worked by hand; what comes out of the dynamics stands in test_measurement."""

import numpy as np
import pytest

from sim.evaluation.contrast import contrast, differences, effective, half_a_case, weights
from sim.evaluation.loops import gram, nearest, newton
from sim.evaluation.matching import caliper, matched, pooled_deviation, propensity, standardised

ALL = np.ones(9, bool)


def test_weights_by_hand():
    """Of two families one shares its half between controls 0 and 1, the other gives all of its to 0: 3/4 and 1/4."""
    pairs = np.array([[0, 1, -1], [0, -1, -1]])
    weight, supported = weights(pairs, ALL[:2], ALL[:2])
    np.testing.assert_allclose(weight, [0.75, 0.25])
    assert supported.all()
    weight, supported = weights(pairs, np.array([False, True]), ALL[:2])  # control 0 has left
    np.testing.assert_allclose(weight, [0, 1])
    assert list(supported) == [True, False]
    weight, supported = weights(pairs, ALL[:2], np.array([False, True]))  # the first family has left
    np.testing.assert_allclose(weight, [1, 0])
    assert list(supported) == [False, True]


def test_effective_controls_by_hand():
    """Weights of 3/4 and 1/4 count as 1 / (9/16 + 1/16) = 1.6 families; both of one family, as one."""
    assert effective(np.array([0.75, 0.25, 0.0]), np.array([0, 1, 2])) == (2, pytest.approx(1.6))
    assert effective(np.array([0.75, 0.25, 0.0]), np.array([1, 1, 0])) == (1, pytest.approx(1.0))
    assert effective(np.full(8, 1 / 8), np.arange(8)) == (8, pytest.approx(8))
    assert effective(np.zeros(2), np.arange(2)) == (0, 0.0)


def test_differences_after_matching_by_hand():
    """Means of 3 against 3/4 x 2 + 1/4 x 6 = 3, and of 10 against 8 in deviations of 4: half of one; a family does not count."""
    seen, pool = np.array([[2.0, 10, 1], [9, 9, 9], [4, 10, 1]]), np.array([[2.0, 8, 1], [6, 8, 1]])
    gap = differences(seen, np.array([True, False, True]), pool, np.array([0.75, 0.25]), np.array([1.0, 4.0, 0.0]))
    np.testing.assert_allclose(gap, [0, 0.5, 0])


def test_the_caliper_by_hand():
    """Logits with variances of 1 and 4: a fifth of the root of 2.5."""
    assert caliper(np.array([0.0, 2.0]), np.array([0.0, 4.0])) == pytest.approx(0.2 * 2.5**0.5)


def test_nearest_within_a_caliper_and_a_quarter_by_hand():
    """Of four in quarter 1 those nearest to 0.2 are 0.25, 0.1 and 0.4, in this order; 9 is out of reach of everybody."""
    other, quarter = np.array([0.1, 0.25, 0.4, 9.0, 0.0]), np.array([1, 1, 1, 1, 2])
    of_pool = other, quarter
    np.testing.assert_array_equal(
        nearest(np.array([0.2, 8.0, -0.5]), np.array([1, 2, 2]), *of_pool, 1.0, 3), [[1, 0, 2], [-1] * 3, [4, -1, -1]]
    )
    np.testing.assert_array_equal(nearest(np.array([0.2]), np.array([1]), *of_pool, 0.07, 3), [[1, -1, -1]])


def test_a_propensity_score_by_hand():
    """A quarter of those without a mark are treated and three quarters of those with it: logits of -ln 3 and ln 3.

    Of a pool of four times as many, looked at by a quarter, the same.
    """
    for times in (1, 4):
        mine, theirs = (np.repeat([[0.0], [1.0]], n, axis=0) for n in ([250, 750], [750 * times, 250 * times]))
        ones = [np.ones(len(group), int) for group in (mine, theirs)]
        own, other = propensity(mine, theirs, *ones)
        np.testing.assert_allclose(own[[0, -1]], [-np.log(3), np.log(3)], atol=0.02)
        np.testing.assert_allclose(other[[0, -1]], own[[0, -1]])


def test_perfect_separation_has_an_answer_and_nobody_is_alike():
    mine, theirs = np.full((30, 1), 10.0), np.zeros((30, 1))
    ones = np.ones(30, int)
    own, other = propensity(*standardised(mine, theirs + np.arange(30)[:, None] / 30, np.ones(1)), ones, ones)
    assert own.min() > other.max()
    assert np.isfinite(own).all()
    found = matched(
        mine + np.arange(30)[:, None] / 30,
        ones,
        theirs + np.arange(30)[:, None] / 30,
        ones,
        pooled_deviation(mine + np.arange(30)[:, None] / 30, theirs + np.arange(30)[:, None] / 30),
    )
    assert (found < 0).all()


def test_gradient_and_curvature_by_hand():
    """At a beta of 0 every chance is a half: the first row misses by 1/2, the other by -1/2, each with a weight of 1/4."""
    gradient, curve = newton(np.array([[1.0, 2.0], [1.0, 4.0]]), 1, np.zeros(2))
    np.testing.assert_allclose(gradient, [0, -1])
    np.testing.assert_allclose(curve, np.array([[2, 6], [6, 20]]) / 4)
    np.testing.assert_allclose(gram(np.array([[1.0, 2.0], [1.0, 4.0]]), np.array([1.0, 0.5])), [[1.5, 4], [4, 12]])


def test_controls_are_the_three_nearest_of_the_same_quarter():
    """A hundred in a pool, all at one score but for age: for 50 they are 49, 50 and 51, and never of another quarter."""
    ages = np.arange(100.0)
    pool, quarter = np.column_stack([np.concatenate([ages, ages])]), np.repeat([1, 2], 100)
    mine = np.array([[50.0], [20.0]])
    found = matched(mine, np.array([1, 2]), pool, quarter, pooled_deviation(mine, pool))
    assert [set(row) for row in found] == [{49, 50, 51}, {119, 120, 121}]
    assert found[:, 0].tolist() == [50, 120]
    assert matched(mine, np.array([1, 2]), pool[:0], quarter[:0], np.ones(1)).tolist() == [[-1] * 3] * 2


def test_the_bias_of_inexact_matches_is_taken_away_by_hand():
    """Controls at 0 and 2 have 10 and 20, so 5 a step; families at 1 and 3 would have had 15 and 25, and have 12 and 20.

    Uncorrected they gain 1, corrected they lose 4. Controls stand on the line; families miss it by -3 and -5, which is a
    variance of 2 and an error of 1.
    """
    mine, theirs = np.array([[12.0], [20.0]]), np.array([[10.0], [20.0]])
    x, z = np.array([[1.0], [3.0]]), np.array([[0.0], [2.0]])
    half = np.full(2, 0.5)
    plain = contrast(mine, theirs, half, np.arange(2))
    assert plain[0] == pytest.approx(1)
    gain, error, usual = contrast(mine, theirs, half, np.arange(2), x, z)
    assert (gain[0], error[0], usual[0]) == pytest.approx((-4, 1, 20))


def test_a_covariate_that_says_nothing_new_moves_nothing():
    """One that is another twice over, and one that no two controls differ in, however far from them the families are."""
    rng = np.random.Generator(np.random.PCG64(3))
    pool, mine, weight = rng.normal(size=(60, 2)), rng.normal(size=(20, 2)), rng.random(60) / 30
    theirs, own = rng.normal(size=(60, 2)) + pool[:, :1], rng.normal(size=(20, 2))
    plain = contrast(own, theirs, weight, np.arange(60), mine, pool)
    more = [
        np.column_stack([group, 2 * group[:, 0], np.full(len(group), one)]) for group, one in ((mine, 9), (pool, 4))
    ]
    for found, wanted in zip(contrast(own, theirs, weight, np.arange(60), *more), plain, strict=True):
        np.testing.assert_allclose(found, wanted)
    without = contrast(own, theirs, weight, np.arange(60), mine, pool, plain=1)
    for found, wanted in zip(without, (plain[0], plain[1][1:], plain[2]), strict=True):
        np.testing.assert_allclose(found, wanted)


def test_an_error_knows_who_is_used_twice_by_hand():
    """Controls of 0, 0 and 6 with weights of 1/4, 1/4 and 1/2 have a mean of 3, and pull by -3/4, -3/4 and 3/2.

    Of three families: (9/16 + 9/16 + 9/4) x 3/2 = 81/16; where the first two are one family, -3/2 and 3/2: 9/2 x 2 = 9.
    """
    theirs, weight = np.array([[0.0], [0.0], [6.0]]), np.array([0.25, 0.25, 0.5])
    many = np.full((10**6, 1), 5.0)  # whose own luck is nothing
    gain, error, usual = contrast(many, theirs, weight, np.arange(3))
    assert (gain[0], error[0], usual[0]) == pytest.approx((2, 9 / 4, 3), rel=1e-5)
    assert contrast(many, theirs, weight, np.array([0, 0, 1]))[1] == pytest.approx(3, rel=1e-5)


def test_families_own_luck_is_the_larger_of_theirs_and_their_controls_by_hand():
    """Controls of 0 and 6: a variance of 18 each way. Two families of 5 and 5 have theirs, 18/2; of 0 and 20, 200/2."""
    theirs, half = np.array([[0.0], [6.0]]), np.full(2, 0.5)
    alike, apart = np.array([[5.0], [5.0]]), np.array([[0.0], [20.0]])
    assert contrast(alike, theirs, half, np.arange(2))[1] == pytest.approx((9 + 9) ** 0.5)
    assert contrast(apart, theirs, half, np.arange(2))[1] == pytest.approx((9 + 100) ** 0.5)


def test_half_a_case_by_hand():
    """Half of a mean square of 1,000 squared, over 50 squared and over 100 squared: 200 and 50; one of nought adds nothing."""
    np.testing.assert_allclose(half_a_case(np.array([1e6, 0.0]), 50.0, 100), [250, 0])


def test_those_without_weight_do_not_count():
    theirs, weight = np.array([[3.0], [5.0], [99.0]]), np.array([0.5, 0.5, 0.0])
    gain, error, usual = contrast(np.array([[4.0]]), theirs, weight, np.array([0, 1, 2]))
    assert (gain[0], error[0], usual[0]) == pytest.approx((0, 3**0.5, 4))


def test_intervals_hold_what_they_say():
    """Outcomes that follow covariates with noise, 200 draws: the mean error is nothing and 95% intervals hold it."""
    rng = np.random.Generator(np.random.PCG64(5))
    hits, errors = 0, []
    for _ in range(200):
        pool, mine = rng.normal(size=(400, 3)), rng.normal(size=(80, 3)) + 0.5
        theirs, own = (x @ [2.0, 1.0, -1.0] + rng.normal(size=len(x)) * 2 for x in (pool, mine))
        pairs = matched(mine, np.ones(80, int), pool, np.ones(400, int), pooled_deviation(mine, pool))
        weight, supported = weights(pairs, np.ones(400, bool), np.ones(80, bool))
        gain, error, _ = contrast(own[supported, None], theirs[:, None], weight, np.arange(400), mine[supported], pool)
        errors.append(gain[0])
        hits += abs(gain[0]) < 1.96 * error[0]
    assert abs(np.mean(errors)) < 2 * np.std(errors) / 200**0.5 + 0.02
    assert 0.89 < hits / 200 < 0.99
