"""Trials and fits told in plain numbers, as ``--json`` prints them and tables show them."""

import math

from sim.programmes.trials.contrasts import as_stated

KEY = "effect"  # of a programme, by need: what a fit row fixes


def trials_told(programme, place, findings):
    """A programme's trials: published beside emulated.

    Returns
    -------
    dict
        ``programme``, ``place`` and ``trials``. Contrasts and their intervals are as a paper states them on the row's
        scale; standard errors and gaps of ratios and odds are of logs.
    """
    return {
        "programme": programme.id,
        "place": place.id,
        "trials": [finding_told(programme, item) for item in findings],
    }


def finding_told(programme, finding):
    """One trial; null where nothing was published, or nothing emulated."""
    trial, row, emulated = finding.trial, finding.published, finding.emulated
    low, high = finding.bounds if finding.scale else (None, None)
    arms = row.arms or (None, None)
    value = next((effect.value for effect in programme.effects if trial.fixes and effect.need == trial.fixes), None)
    return {
        "id": trial.row,
        "use": row.use,
        "endpoint": row.endpoint,
        "null": row.null,
        "reverse": row.reverse,
        "scale": finding.scale or None,
        "published": {
            "treated": arms[0],
            "control": arms[1],
            "low": low,
            "high": high,
            "contrast": _stated(finding.contrast, finding.scale),
        },
        "emulated": emulated
        and {
            "treated": emulated.treated,
            "control": emulated.control,
            "se": emulated.se,
            "families": emulated.families,
            "contrast": _stated(emulated.contrast, finding.scale),
        },
        "gap": finding.gap,
        "met": finding.met,
        "inside": finding.inside,
        "parameter": f"programmes.{programme.id}.{KEY}.{trial.fixes}" if trial.fixes else None,
        "value": value,
        "not_emulated": finding.reason or None,
    }


def solved_told(solved):
    """A solved effect."""
    finding = solved.finding
    return {
        "programme": solved.programme,
        "need": solved.need,
        "row": solved.row,
        "before": solved.before,
        "value": solved.value,
        "se": solved.se,
        "carried": solved.carried,
        "low": None if solved.problem else solved.low,
        "high": None if solved.problem else solved.high,
        "null": finding.published.null,
        "scale": finding.scale or None,
        "published": _stated(finding.contrast, finding.scale),
        "emulated": finding.emulated and _stated(finding.emulated.contrast, finding.scale),
        "problem": solved.problem or None,
    }


def _stated(contrast, scale):
    """A contrast as a paper states it; None where there is none, or none that is finite."""
    if contrast is None or not scale:
        return None
    stated = as_stated(contrast, scale)
    return stated if math.isfinite(stated) else None
