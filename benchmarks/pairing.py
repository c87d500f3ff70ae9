"""How many fewer replicates a paired comparison needs than an unpaired one, for an interval of the same width.

    uv run python benchmarks/pairing.py [REPLICATES] [PLACE]

The width of an interval of a mean difference goes with the root of variance over replicates. The variance is that of the
differences within a seed where runs are paired, and the sum of both arrangements' variances where each has seeds of its own. So
the ratio of the two is the ratio of replicates. It is measured against two ways of not pairing: seeds differ between arrangements but
each run still has its twin; and no two runs share any luck, so that cash is what services cost less from one run to another. Ranges are
95% by bootstrap over the seeds.
"""

import sys

import numpy as np

import sim

MEASURES = ("gross_avoided", "cash_released", "retained", "net_position")
RESAMPLES = 10_000


def ratio(first, second, gap):
    """Unpaired over paired variance, with a 95% bootstrap interval over the seeds."""
    picked = np.random.default_rng(1).integers(len(gap), size=(RESAMPLES, len(gap)))

    def of(a, b, d):
        return (a.var(axis=-1, ddof=1) + b.var(axis=-1, ddof=1)) / d.var(axis=-1, ddof=1)

    low, high = np.percentile(of(first[picked], second[picked], gap[picked]), [2.5, 97.5])
    return f"{of(first, second, gap):.1f} ({low:.1f} to {high:.1f})"


def by_seed(table, column):
    """£m of silo and of list_public, one a seed."""
    million = table.pivot_table(index="replicate", columns="arrangement", values=column, aggfunc="sum") / 1e8
    return million["silo"].to_numpy(float), million["list_public"].to_numpy(float)


def main(replicates=40, place="birmingham_2010"):
    result = sim.compare(["silo", "list_public"], place=place, replicates=int(replicates))
    print(f"{place}: list_public less silo, {replicates} replicates, £m over 15 years")
    print("measure | silo: sd | list_public: sd | difference: mean, sd | correlation | times the replicates, unpaired")
    for measure in MEASURES:
        show(measure, *by_seed(result.runs[result.runs["measure"] == measure], "value_pence"))
    spent = by_seed(result.flows[result.flows["purpose"] == "service"], "pence")
    show("cash_released, as spending without twins", *(-million for million in spent))


def show(label, first, second):
    """Print a row of the table."""
    gap = second - first
    print(
        f"{label} | {first.std(ddof=1):.1f} | {second.std(ddof=1):.1f} | {gap.mean():.1f}, {gap.std(ddof=1):.1f} | "
        f"{np.corrcoef(first, second)[0, 1]:.2f} | {ratio(first, second, gap)}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
