"""Whether a point has seeds enough: how wide the paired intervals of what is asked for are."""

from sim.core.codes import ALL
from sim.results.differences import paired


def narrow_enough(numbers, measure, than, half_width):
    """Whether the paired 95% interval of a measure of all agencies is narrow in every arrangement compared.

    Parameters
    ----------
    numbers : pandas.DataFrame
        As :func:`sim.results.by_seed.by_seed` gives them.
    measure : str
    than : str
        The arrangement that the others are compared with.
    half_width : float
        Half the width at most, in the measure's unit.

    Returns
    -------
    bool
        False too where fewer than two seeds are known of any arrangement.
    """
    keys = numbers.index
    chosen = numbers[(keys.get_level_values("agency") == ALL) & (keys.get_level_values("measure") == measure)]
    if chosen.empty or len(chosen) < len(keys.unique("arrangement")):
        return False
    found = paired(chosen, than)
    return bool(((found["high"] - found["low"]) / 2 <= half_width).all())  # null is not narrow
