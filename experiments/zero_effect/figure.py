"""Tables and figure of the page: what each design finds of a programme that does nothing, and who is paid for luck."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import norm  # comes with Mesa

from sim.core.pages import table
from sim.experiments.numbers import interval
from sim.report import figures

THRESHOLD = 0.1  # of what would have been used: the fall of a cohort that is paid for
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


def digests(found):
    """What a design finds over seeds, by programme, design and places."""
    rows = found["study"]
    families, saving, stated, usual = (
        rows.xs(name, level="measure") for name in ("families", "saving", "stated", "usual")
    )
    margin = usual.mean(axis=1).mul(THRESHOLD)
    luck = pd.DataFrame(norm.sf(stated.clip(lower=1e-9).rdiv(margin, axis=0)), stated.index)
    return pd.DataFrame(
        {
            "families": families.mean(axis=1),
            "mean": saving.mean(axis=1),
            "half": [interval(row)[1] for row in saving.to_numpy()],
            "spread": saving.std(axis=1),
            "stated": stated.mean(axis=1),
            "share": saving.mean(axis=1) / usual.mean(axis=1),
            "paid": (saving > THRESHOLD * usual).mean(axis=1),
            "luck": luck.mean(axis=1),
        }
    )


def cells(name, row):
    """A row of a table; the count of one area states no error of its own, so there is no luck to compare with."""
    counted = "area_count" in name
    low, high = row["mean"] - row["half"], row["mean"] + row["half"]
    return (
        *name,
        f"{row['families']:.0f}",
        f"{row['mean']:+,.0f} ({low:+,.0f} to {high:+,.0f})",
        f"{row['share']:+.1%}",
        f"{row['spread']:,.0f}",
        "" if counted else f"{row['stated']:,.0f}",
        f"{row['paid']:.0%}",
        "" if counted else f"{row['luck']:.0%}",
    )


def slope(drawn):
    """How the spread falls with the families of a cohort, where lots are drawn, in words."""
    sizes = [one for _, one in drawn.groupby("programme") if one["families"].nunique() > 2 and one["spread"].all()]
    slopes = [np.polyfit(np.log(one["families"]), np.log(one["spread"]), 1)[0] for one in sizes]
    if len(slopes) < 2:
        return "Cohorts of too few sizes to say how it falls with their families.\n"
    error = np.std(slopes, ddof=1) / len(slopes) ** 0.5
    return (
        "Slope of its log on the log of families where lots are drawn, mean over programmes: "
        f"{np.mean(slopes):.2f}, standard error {error:.2f} (the root of cohort size is -0.50).\n"
    )


def tables(found):
    """By design and places for one programme, then by programme for one number of places; and how the spread falls."""
    every = digests(found)
    one, all_of = every.loc[SHOWN], every.xs(PLACES, level="places")
    return {
        "slope": slope(every.xs("waiting_list", level="design")),
        "places": table(("design", "places", *HEADS), [cells(name, row) for name, row in one.iterrows()]),
        "programmes": table(("programme", "design", *HEADS), [cells(name, row) for name, row in all_of.iterrows()]),
    }


def draw(found, folder):
    """Middle and 5% to 95% of savings found by design and places, and how often a contract pays beside luck."""
    figures.setup()
    saving, every = found["study"].xs("saving", level="measure").loc[SHOWN], digests(found).loc[SHOWN]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for i, (design, colour) in enumerate(COLOURS.items()):
        label, rows = design.replace("_", " "), saving.loc[design].quantile([0.05, 0.5, 0.95], axis=1)
        spots = rows.columns * 1.06 ** (i - 1.5)
        left.vlines(spots, rows.loc[0.05], rows.loc[0.95], color=colour, linewidth=3, alpha=0.5)
        left.plot(spots, rows.loc[0.5], "o", color=colour, label=label)
        if design != "area_count":
            right.plot(every.loc[design].index, every.loc[design]["paid"], "o-", color=colour, label=label)
            right.plot(every.loc[design].index, every.loc[design]["luck"], "--", color=colour)
    left.axhline(0, color="black", linewidth=1)
    left.set(xscale="log", xlabel="places", ylabel="£ a family", title="Saving found where there is none (5% to 95%)")
    left.set_yscale("symlog", linthresh=1000)
    left.set_yticks([-10_000, -1000, 0, 1000, 10_000], ["-10,000", "-1,000", "0", "1,000", "10,000"])
    right.set(xscale="log", ylim=(0, 1), xlabel="places", ylabel="share of contracts")
    right.set_title("Paid (dashed: by noise alone)")
    places = sorted(saving.loc["matched"].index)
    for axis in (left, right):
        axis.set_xticks(places, places)
        axis.minorticks_off()
        axis.legend()
    figures.save(figure, folder, "zero_effect")
