"""Decisions counted by kind: who took how many, and in how many runs."""

COUNTS = ["decisions", "runs", "replicates"]


def by_kind(decisions, replicates):
    """Decisions of each kind that each party took, in the order of arrangements.

    Parameters
    ----------
    decisions : pandas.DataFrame
        With columns results.summary.DECISION_COLUMNS.
    replicates : int
        Runs of each arrangement.

    Returns
    -------
    pandas.DataFrame
        Columns ``arrangement, kind, party`` and COUNTS: how many in all runs together, in how many runs at least one, and
        of how many runs.
    """
    groups = decisions.groupby(["arrangement", "kind", "party"])["replicate"].agg(decisions="size", runs="nunique")
    order = {code: number for number, code in enumerate(decisions["arrangement"].unique())}
    table = groups.reset_index().assign(replicates=replicates)
    return table.sort_values("arrangement", key=lambda codes: codes.map(order), kind="stable", ignore_index=True)
