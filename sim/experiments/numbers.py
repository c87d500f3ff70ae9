"""Intervals as pages of experiments show them."""

import numpy as np

from sim.results import differences


def interval(gaps):
    """Mean of paired differences and half the width of its 95% interval (Student's t); null of one difference."""
    ((mean, low, _, _),) = differences.interval(np.atleast_2d(np.asarray(gaps, float)))
    return mean, mean - low


def with_interval(gaps):
    """Mean of paired differences with its 95% interval, in words."""
    mean, half = interval(gaps)
    return f"{mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f})"
