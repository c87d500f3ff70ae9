"""Arrangements that bought nothing at all, and why: from the decisions of their runs."""

from collections import Counter

from sim.programmes.refusals import REFUSED, nearness


def bought_nothing(decisions):
    """Why each arrangement bought nothing that bought nothing in any replicate: dict of arrangement to text.

    Each programme counts once, under the reason at which it came nearest to being bought, by any body in any year of any
    replicate, in the words of its latest year. Arrangements in which nobody chooses programmes are left out.

    Parameters
    ----------
    decisions : pandas.DataFrame
        With columns results.summary.DECISION_COLUMNS.
    """
    bought = (decisions["kind"] == "commission") & (decisions["decision"] != "0")
    bought &= ~decisions["outcome"].str.startswith(REFUSED)
    declined = decisions[decisions["kind"] == "decline"]
    declined = declined[~declined["arrangement"].isin(decisions.loc[bought, "arrangement"])]
    return {code: _in_words(mine) for code, mine in declined.groupby("arrangement", sort=False)}


def _in_words(declined):
    """Programmes by reason, the commonest first."""
    nearest = {}
    for _, what, text in sorted(declined[["year", "what", "outcome"]].itertuples(index=False, name=None)):
        if what and (what not in nearest or nearness(text) >= nearness(nearest[what])):
            nearest[what] = text
    counts = Counter(nearest.values())
    (first, most), *others = sorted(counts.items(), key=lambda item: (-item[1], item[0])) or [("", 0)]
    if not first:
        return "the body that would buy was never agreed"
    return ", ".join([f"{most} programme{'s' * (most > 1)} {first}", *(f"{number} {text}" for text, number in others)])
