"""A cohort's use of services against its own: before it was referred, or against what was agreed beforehand."""

import numpy as np

from sim.evaluation.findings import Finding
from sim.evaluation.tally import Tally


def finding(cohort, families, protocol):
    """Use in the year just past against that in the twelve months before referral; None when nobody is left to measure."""
    picked, use = cohort.use(families, protocol.size)
    return _against(cohort, families, protocol, picked, use, cohort.before[picked].astype(float))


def against_baseline(cohort, families, protocol):
    """Use in the year just past against what was stated for a year without help; None when nobody is left to measure.

    Services of which nothing was stated are not looked at.
    """
    picked, use = cohort.use(families, protocol.size)
    stated = np.where(np.isnan(protocol.stated), use, protocol.stated)
    return _against(cohort, families, protocol, picked, use, stated)


def _against(cohort, families, protocol, picked, use, usual):
    """The finding of those still there, of an even sample, against what they would have used."""
    if not len(picked):
        return None
    saved, price = usual - use, protocol.price(cohort.programme)
    if protocol.stated is not None:
        price = np.where(np.isnan(protocol.stated), 0, price)
    scale = len(cohort.rows) / min(len(cohort.rows), protocol.size)
    by_family = saved @ price
    turned = cohort.turned_around(families)
    return Finding(
        cohort,
        saved.sum(axis=0) * scale,
        float(by_family.mean()),
        float(by_family.std() / np.sqrt(len(picked))),
        len(picked),
        float((usual @ price).mean()),
        *(int(group.sum()) for group in turned),
        cohort.shared(families),
        tally=_tally(cohort, protocol, usual, use, [group[picked] for group in turned], scale),
    )


def _tally(cohort, protocol, usual, use, turned, scale):
    """What is paid for, of the cohort that a sample stands for: nobody was turned around before."""
    before = protocol.counted(cohort.programme, usual, *np.zeros((2, len(use))))
    gain = protocol.counted(cohort.programme, use, *turned) - before
    error = gain.std() * np.sqrt(len(gain))
    return Tally(float(gain.sum()) * scale, float(error) * scale, float(abs(before.sum())) * scale)
