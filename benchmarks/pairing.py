"""How many fewer replicates a paired comparison needs than an unpaired one, for the same interval.

    uv run python benchmarks/pairing.py [REPLICATES] [PLACE]

The width of an interval of a mean difference goes with the root of a variance over the replicates: of the differences within a
seed where runs are paired, of the sum of both variances where each run has a seed of its own. So the ratio of the two is the
ratio of replicates. Its interval is by bootstrap over the seeds.
"""

import sys

import numpy as np

import sim

MEASURES = ("gross_avoided", "cash_released", "retained", "net_position")
RESAMPLES = 10_000


def ratios(first, second):
    """Unpaired over paired variance of second less first, with a 95% bootstrap interval over the seeds."""
    picked = np.random.default_rng(1).integers(len(first), size=(RESAMPLES, len(first)))

    def ratio(a, b):
        return (a.var(axis=-1, ddof=1) + b.var(axis=-1, ddof=1)) / (b - a).var(axis=-1, ddof=1)

    return ratio(first, second), np.percentile(ratio(first[picked], second[picked]), [2.5, 97.5])


def main(replicates=40, place="birmingham_2010"):
    runs = sim.compare(["silo", "list_public"], place=place, replicates=int(replicates)).runs
    print(f"{place}: list_public less silo, {replicates} replicates, £m over 15 years")
    print("measure | silo: sd | list_public: sd | difference: mean | sd | correlation | ratio of replicates (95%)")
    for measure in MEASURES:
        of_one = runs[runs["measure"] == measure]
        pounds = of_one.pivot_table(index="seed", columns="arrangement", values="value_pence", aggfunc="sum") / 1e8
        first, second = (pounds[name].to_numpy(float) for name in ("silo", "list_public"))
        found, (low, high) = ratios(first, second)
        gap = second - first
        print(
            f"{measure} | {first.std(ddof=1):.1f} | {second.std(ddof=1):.1f} | {gap.mean():.1f} | {gap.std(ddof=1):.1f} | "
            f"{np.corrcoef(first, second)[0, 1]:.2f} | {found:.1f} ({low:.1f} to {high:.1f})"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
