"""Tables and picture of ``zero_effect.py``."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import norm, t  # comes with Mesa

from sim.report import figures

SHOWN, PLACES = "family_group_conference", 100  # the programme shown by places, and the places shown by programme
COLOURS = {
    "before_after": figures.VERMILION,
    "matched": figures.BLUE,
    "waiting_list": figures.GREEN,
    "area_count": figures.GREY,
}
HEADS = (
    "families",
    "saving found, £ a family (95% interval)",
    "share of use",
    "spread, £",
    "stated error, £",
    "paid",
    "luck",
)
READING = """\
Before and after pays for crises that pass, most where a crisis is what a programme is for (conferences, through the gate); of help given
early it finds harm, since emerging needs grow. Matching takes that away where one known need decides who is taken. Where several do, the
worst off are taken for needs that services do not know yet, and engage because they trust services: they come to use more than families
who look like them, and the programme seems to do harm. A draw is right on average and pays by luck. An area's count hides a cohort in its
noise, and is still where a service has a queue: its places stay full.
"""


def digest(rows, threshold):
    """What a design finds over seeds."""
    half = t.ppf(0.975, len(rows) - 1) * rows.saving.std() / len(rows) ** 0.5
    luck = norm.sf(threshold * rows.usual.mean() / rows.stated.clip(lower=1e-9)).mean()
    return pd.Series({"families": rows.families.mean(), "mean": rows.saving.mean(), "half": half, "spread": rows.saving.std(),
                      "stated": rows.stated.mean(), "share": rows.saving.mean() / rows.usual.mean(),
                      "paid": (rows.saving > threshold * rows.usual).mean(), "luck": luck})  # fmt: skip


def by(results, names, threshold):
    return results.groupby(names, sort=False)[list(results.columns)].apply(digest, threshold)


def cells(name, row):
    """A row of a table; the count of one area states no error of its own, so there is no luck to compare with."""
    counted = "area_count" in name
    return [*name, f"{row.families:.0f}", f"{row['mean']:+,.0f} ({row['mean'] - row.half:+,.0f} to {row['mean'] + row.half:+,.0f})",
            f"{row.share:+.1%}", f"{row.spread:,.0f}", "" if counted else f"{row.stated:,.0f}", f"{row.paid:.0%}",
            "" if counted else f"{row.luck:.0%}"]  # fmt: skip


def write(results, threshold, text, folder="docs"):
    """The page and its picture."""
    page = f"# {text}\n\n{READING}\n{tables(results, threshold)}"
    (Path(folder) / "zero_effect.md").write_text(page, encoding="utf-8")
    picture(results, threshold, folder)


def tables(results, threshold):
    """By design and places for one programme, then by programme for one number of places, in Markdown."""
    drawn = by(results[results.design == "waiting_list"], ["programme", "places"], threshold)
    slopes = [np.polyfit(np.log(one.families), np.log(one.spread), 1)[0] for _, one in drawn.groupby("programme")]
    text = f"""{results.seed.nunique()} seeds; the spread is that of cohorts of different seeds. Slope of its log on the log of families where lots are drawn, mean over
programmes: {np.mean(slopes):.2f}, standard error {np.std(slopes, ddof=1) / len(slopes) ** 0.5:.2f} (the root of cohort size is -0.50).\n\n![Savings found, and contracts paid](zero_effect.svg)\n"""
    for title, names, rows in (
        (f"One programme: {SHOWN}", ["design", "places"], results[results.programme == SHOWN]),
        (f"Every programme, {PLACES} places", ["programme", "design"], results[results.places == PLACES]),
    ):
        heads = [*names, *HEADS]
        lines = [
            heads,
            ["---"] * 2 + ["---:"] * len(HEADS),
            *(cells([str(part) for part in name], row) for name, row in by(rows, names, threshold).iterrows()),
        ]
        text += f"\n## {title}\n\n" + "".join("| " + " | ".join(line) + " |\n" for line in lines)
    return text


def picture(results, threshold, folder):
    """Middle and 5% to 95% of savings found by design and places, and how often a contract pays beside luck."""
    figures.setup()
    rows = results[results.programme == SHOWN]
    summary = by(rows, ["design", "places"], threshold)
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for i, (design, colour) in enumerate(COLOURS.items()):
        label, spot = design.replace("_", " "), lambda places, i=i: places * 1.06 ** (i - 1.5)
        found = rows[rows.design == design].groupby("places").saving.quantile([0.05, 0.5, 0.95]).unstack()
        left.vlines(spot(found.index), found[0.05], found[0.95], color=colour, linewidth=3, alpha=0.5)
        left.plot(spot(found.index), found[0.5], "o", color=colour, label=label)
        if design != "area_count":
            right.plot(summary.loc[design].index, summary.loc[design].paid, "o-", color=colour, label=label)
            right.plot(summary.loc[design].index, summary.loc[design].luck, "--", color=colour)
    left.axhline(0, color="black", linewidth=1)
    left.set(
        xscale="log",
        yscale="symlog",
        xlabel="places",
        ylabel="£ a family",
        title="Saving found where there is none (5% to 95%)",
    )
    right.set(
        xscale="log", ylim=(0, 1), xlabel="places", ylabel="share of contracts", title="Paid (dashed: by noise alone)"
    )
    left.set_yscale("symlog", linthresh=1000)
    left.set_yticks([-10_000, -1000, 0, 1000, 10_000], ["-10,000", "-1,000", "0", "1,000", "10,000"])
    for axis in (left, right):
        axis.set_xticks(sorted(rows.places.unique()), sorted(rows.places.unique()))
        axis.minorticks_off()
        axis.legend()
    return figures.save(figure, folder, "zero_effect")
