"""Tables and figures of the page: what each design finds where there is nothing, or a known good; and what deciders believe."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sim.core.pages import table
from sim.deals.luck import chance
from sim.experiments.numbers import interval
from sim.report import figures

THRESHOLD, Z95 = 0.1, 1.96  # of what would have been used: the fall of a cohort that is paid for
COLOURS = {
    "before_after": figures.VERMILION,
    "stated_baseline": figures.ORANGE,
    "area_count": figures.GREY,
    "matched_here": figures.PURPLE,
    "waiting_list": figures.GREEN,
    "matched": figures.BLUE,
}
NUMBERS = ("estimate", "taken", "effective", "support", "worst", "later", "saving", "true", "stated", "usual")
HEADS = (
    "families",
    "estimates",
    "true, £",
    "bias, £ (2 errors)",
    "spread, £",
    "stated error, £",
    "interval",
    "paid",
    "luck",
)
LEAST = 3  # seeds with an estimate, or cohorts of a run: with fewer, a mean says nothing


def digests(rows):
    """What a design finds over seeds, by programme, design, intake and effect.

    Of seeds with an estimate: the mean error of what is found (bias) with its standard error, its spread over seeds, the error
    stated, how often the 95% interval holds the truth, how often a contract pays, and how often noise alone would pass.
    """
    every = rows.index.droplevel("measure").unique()
    of = {
        name: rows[rows.index.get_level_values("measure") == name].droplevel("measure").reindex(every)
        for name in NUMBERS
    }
    estimate, gap, bar = of["estimate"] == 1, of["saving"] - of["true"], THRESHOLD * of["usual"]
    n = estimate.sum(axis=1)
    paid = (of["saving"] > bar).where(estimate)
    luck = pd.DataFrame(np.vectorize(chance)(bar.fillna(0), of["stated"].fillna(0)), bar.index, bar.columns).where(
        estimate
    )
    means = {
        name: of[name].mean(axis=1)
        for name in ("taken", "effective", "support", "worst", "later", "true", "stated", "usual")
    }
    spread = gap.std(axis=1)
    return pd.DataFrame(
        {
            **means,
            "seeds": n,
            "estimates": estimate.sum(axis=1) / of["estimate"].notna().sum(axis=1),
            "bias": gap.mean(axis=1),
            "error": spread / np.sqrt(n),
            "spread": spread,
            "interval": (gap.abs() <= Z95 * of["stated"]).where(estimate).mean(axis=1),
            "paid": paid.mean(axis=1),
            "luck": luck.mean(axis=1),
        }
    )


def known(cells):
    """Cells of which there are enough seeds with an estimate to say anything."""
    return cells[cells["seeds"] >= LEAST]


def cell(name, row):
    """A row of a table by programme and design."""
    if row["seeds"] < LEAST:
        return (*name, f"{row['taken']:.0f}", f"{row['estimates']:.0%}", *[""] * 7)
    return (
        *name,
        f"{row['taken']:.0f}",
        f"{row['estimates']:.0%}",
        f"{row['true']:+,.0f}",
        f"{row['bias']:+,.0f} ({2 * row['error']:,.0f})",
        f"{row['spread']:,.0f}",
        f"{row['stated']:,.0f}",
        f"{row['interval']:.0%}",
        f"{row['paid']:.0%}",
        f"{row['luck']:.0%}",
    )


def of_designs(cells, names=tuple(COLOURS)):
    """Cells in the order of designs, within each programme."""
    order = {design: number for number, design in enumerate(names)}
    cells = cells[cells.index.get_level_values("design").isin(names)]
    return cells.iloc[
        np.lexsort((cells.index.get_level_values("design").map(order), cells.index.get_level_values("programme")))
    ]


def rows_of(cells):
    """Rows of a table by programme and design."""
    return [cell(name, row) for name, row in of_designs(cells).iterrows()]


def summary(cells):
    """A row for each design, coverage and effect: over programmes of which there are enough estimates."""
    for (design, intake, effect), every in known(cells).groupby(level=["design", "intake", "effect"], sort=False):
        if intake in ("low", "high"):
            unbiased, of_all = (every["bias"].abs() <= 2 * every["error"]), len(every)
            right = (
                (np.sign(every["true"] + every["bias"]) == np.sign(every["true"])).sum() if effect == "known" else ""
            )
            relative = (every["bias"] / every["usual"]).abs().median()
            numbers = (
                f"{relative:.1%}",
                f"{every['interval'].median():.0%}",
                f"{(every['spread'] / every['stated']).median():.2f}",
            )
            yield (
                design,
                intake,
                effect,
                of_all,
                unbiased.sum(),
                right,
                *numbers,
                f"{every['paid'].mean():.0%}",
                f"{every['luck'].mean():.0%}",
            )


def by_event(cells):
    """Rows of programmes with events of their own: what before and after, and families alike, find after one and without."""
    wide = known(cells)[["bias", "error"]].unstack(["design", "intake"])
    for programme, row in wide.iterrows():
        told = [
            ""
            if np.isnan(row["bias", design, intake])
            else f"{row['bias', design, intake]:+,.0f} ({2 * row['error', design, intake]:,.0f})"
            for design in ("before_after", "matched")
            for intake in ("after an event", "without an event")
        ]
        yield (programme, *told)


def quality(cells):
    """How good comparisons are, by design and coverage: medians over programmes."""
    cells = cells[cells["effective"] > 0].xs("nought", level="effect")
    for design in ("matched", "matched_here", "waiting_list"):
        for intake in ("low", "high"):
            if (design, intake) in cells.index.droplevel("programme"):
                every = cells.xs((design, intake), level=("design", "intake"))
                middle = every.median()
                yield (
                    design, intake, f"{every['estimates'].mean():.0%}", f"{middle['effective']:.0f}", f"{middle['support']:.0%}",
                    f"{middle['worst']:.2f}", f"{middle['later']:.0%}",
                )  # fmt: skip


def gaps(rows):
    """How far beliefs lie from what the same cohorts saved, of programmes with cohorts enough: by programme, design, year and seed."""
    truth, cohorts = (rows.xs(name, level="measure").droplevel(["intake", "effect"]) for name in ("truth", "cohorts"))
    belief = rows.xs("belief", level="measure").droplevel("effect")
    truth = truth.where(cohorts >= LEAST)
    return belief - truth.reindex(belief.index.droplevel("intake")).to_numpy()


def believed(rows):
    """Rows of a table of beliefs after ten years beside the truth, by programme and design."""
    cohorts = rows.xs("cohorts", level="measure").droplevel(["intake", "effect"])
    enough = cohorts.where(cohorts >= LEAST).notna()
    truth = rows.xs("truth", level="measure").droplevel(["intake", "effect"]).where(enough)
    last = rows.xs("belief", level="measure").xs("year 10", level="intake").droplevel("effect").where(enough)
    for name in truth.index[enough.sum(axis=1) >= LEAST]:
        gap = last.loc[name] - truth.loc[name]
        mean, half = interval(gap.dropna())
        yield (
            *name, int(enough.loc[name].sum()), f"{truth.loc[name].mean():.2f}", f"{last.loc[name].mean():.2f}",
            f"{mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f})",
        )  # fmt: skip


def tables(found):
    """Tables of the page by mark."""
    cells = digests(found["study"])
    heads = ("design", "coverage", "effect", "programmes", "within 2 errors", "right sign")
    heads += ("bias, share of use", "interval", "spread / stated", "paid", "luck")
    after = ("before and after, after an event", "without", "like areas, after an event", "without")
    return {
        "summary": table(heads, list(summary(of_designs(cells)))),
        "quality": table(
            (
                "design",
                "coverage",
                "estimates",
                "effective controls",
                "on support",
                "worst difference",
                "enrolled later",
            ),
            list(quality(cells)),
        ),
        "nought": table(
            ("programme", "design", *HEADS), rows_of(cells.xs(("low", "nought"), level=("intake", "effect")))
        ),
        "known": table(
            ("programme", "design", *HEADS), rows_of(cells.xs(("high", "known"), level=("intake", "effect")))
        ),
        "events": table(("programme", *after), list(by_event(cells.xs("nought", level="effect")))),
        "beliefs": table(
            ("programme", "design", "runs", "true", "believed", "gap (95% interval)"), list(believed(found["beliefs"]))
        ),
    }


def draw(found, folder):
    """Bias of each programme by design, and how far beliefs lie from the truth year by year."""
    figures.setup()
    _biases(digests(found["study"]), folder)
    _beliefs(gaps(found["beliefs"]), folder)


def _biases(cells, folder):
    """Bias in standard errors stated, a dot for each programme: nought at low coverage, a known good at high."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", sharey=True)
    for axis, intake, effect in zip(axes, ("low", "high"), ("nought", "known"), strict=True):
        every = known(cells).xs((intake, effect), level=("intake", "effect"))
        for spot, (design, colour) in enumerate(COLOURS.items()):
            mine = every[every.index.get_level_values("design") == design]
            shifts = np.linspace(-0.3, 0.3, max(1, len(mine)))
            axis.errorbar(
                spot + shifts[: len(mine)], mine["bias"] / mine["stated"], 2 * mine["error"] / mine["stated"],
                fmt="o", color=colour, markersize=3, linewidth=1,
            )  # fmt: skip
        axis.axhline(0, color="black", linewidth=1)
        axis.set_xticks(range(len(COLOURS)), [design.replace("_", "\n") for design in COLOURS])
        axis.set_yscale("symlog", linthresh=1)
        axis.set_title({"nought": "Nothing done, low coverage", "known": "A known good, high coverage"}[effect])
    axes[0].set(ylabel="bias, in errors stated (bars: 2 errors)")
    figures.save(figure, folder, "zero_effect")


def _beliefs(gap, folder):
    """Mean distance of beliefs from the truth by year and design, with its 95% interval over runs."""
    figure, axis = plt.subplots(figsize=(6.5, 4), layout="constrained")
    for design in ("before_after", "matched"):
        if design not in gap.index.get_level_values("design"):
            continue
        of_run = gap.xs(design, level="design").abs().groupby(level="intake").mean()
        years = [int(name.removeprefix("year ")) for name in of_run.index]
        mean, half = np.array([interval(row.dropna()) for _, row in of_run.iterrows()]).T
        axis.plot(years, mean, color=COLOURS[design], label=design.replace("_", " "))
        axis.fill_between(years, mean - half, mean + half, color=COLOURS[design], alpha=0.2, linewidth=0)
    axis.set(xlabel="year", ylabel="multiples of what was promised", title="Beliefs: distance from what cohorts saved")
    axis.set_ylim(bottom=0)
    axis.legend()
    figures.save(figure, folder, "zero_effect_beliefs")
