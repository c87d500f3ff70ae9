"""Tables and figures of the page: what each design finds where there is nothing, or a known good; and what deciders believe."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sim.core.pages import table
from sim.deals.luck import chance, paid
from sim.experiments.numbers import interval
from sim.report import figures

CONTROLS = 50  # effective, below which there is no estimate
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
INTAKES = "after an event", "without an event"
SIZES = 25, 100, 400, 1000  # families of a cohort, for what is paid for luck
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
    passed = of["saving"] > bar
    by_chance, for_luck = (
        pd.DataFrame(np.vectorize(what)(bar.fillna(0), of["stated"].fillna(0)), bar.index, bar.columns).where(estimate)
        for what in (chance, paid)
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
            "paid": passed.where(estimate).mean(axis=1),
            "luck": by_chance.mean(axis=1),
            "for luck": for_luck.mean(axis=1),
            "received": of["saving"].where(passed, 0.0).where(estimate).mean(axis=1),
        }
    )


def known(cells):
    """Cells of which there are enough seeds with an estimate to say anything."""
    return cells[cells["seeds"] >= LEAST]


def at(cells, intake, effect):
    """Cells of one intake and effect, by programme and design; there may be none."""
    index = cells.index
    some = (index.get_level_values("intake") == intake) & (index.get_level_values("effect") == effect)
    return cells[some].droplevel(["intake", "effect"])


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
            together = ((every["bias"] / every["error"]) ** 2).mean()
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
                f"{together:.1f}",
                right,
                *numbers,
                f"{every['paid'].mean():.0%}",
                f"{every['luck'].mean():.0%}",
            )


def again(first, other):
    """Rows of a table of biases by like areas with the first seeds, and with other ones."""
    for name in other.index.intersection(first.index):
        programme, _, intake, effect = name
        both = first.loc[name], other.loc[name]
        biases = (f"{side['bias']:+,.0f} ({2 * side['error']:,.0f})" for side in both)
        yield programme, intake, effect, f"{both[1]['usual']:,.0f}", *biases, f"{both[1]['seeds']:,.0f}"


def by_event(cells):
    """Rows of programmes with events of their own: what before and after, and like areas, find after one and without."""
    cells = known(cells)
    cells = cells[cells.index.get_level_values("effect") == "nought"].droplevel("effect")
    told = cells["bias"].map("{:+,.0f}".format) + (2 * cells["error"]).map(" ({:,.0f})".format)
    wanted = [(design, intake) for design in ("before_after", "matched") for intake in INTAKES]
    for programme in dict.fromkeys(name for name, _, intake in cells.index if intake in INTAKES):
        yield programme, *(told.get((programme, *which), "") for which in wanted)


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


def by_size(cells):
    """What is paid for luck where nothing is done, by design and families of a cohort: means over programmes.

    Errors stated a family shrink with the root of families, those of an area's count with their number. Of each size: how
    often noise passes the bar, and what is paid as a share of use; a dash where controls are too few for an estimate, if they
    are as many a family as here. Then what is paid by the same formula at the size of the cohorts here, and what their
    findings would have been paid.
    """
    cells = known(at(cells, "low", "nought"))
    for design, every in of_designs(cells).groupby(level="design", sort=False):
        usual, row = every["usual"].abs(), []
        for size in SIZES:
            many = every["taken"] / size
            error = every["stated"] * (many if design == "area_count" else np.sqrt(many))
            enough = (every["effective"] / many >= CONTROLS) | (every["effective"] == 0) | (design == "area_count")
            both = [np.vectorize(what)(THRESHOLD * usual, error) / of for what, of in ((chance, 1), (paid, usual))]
            row.append("{:.0%}, {:.1%}".format(*(part[enough].mean() for part in both)) if enough.any() else "-")
        own = [(every[name] / usual).mean() for name in ("for luck", "received")]
        yield design, len(every), *row, *map("{:.1%}".format, own)


def part(rows, measure, *dropped):
    """Rows of a measure, which may be none."""
    return rows[rows.index.get_level_values("measure") == measure].droplevel(["measure", "effect", *dropped])


def enough(rows):
    """What the cohorts of a programme truly saved by design and run, where they were enough; null where not."""
    return part(rows, "truth", "intake").where(part(rows, "cohorts", "intake") >= LEAST)


def gaps(rows):
    """How far beliefs lie from what the same cohorts saved: by programme, design, year and run."""
    belief, truth = part(rows, "belief"), enough(rows)
    return belief - truth.reindex(belief.index.droplevel("intake")).to_numpy()


def believed(rows):
    """Rows of a table of beliefs after ten years beside the truth, by programme and design."""
    last, truth = part(rows, "belief"), enough(rows)
    last = last[last.index.get_level_values("intake") == "year 10"].droplevel("intake").where(truth.notna())
    for name in truth.index[truth.notna().sum(axis=1) >= LEAST]:
        mean, half = interval((last.loc[name] - truth.loc[name]).dropna())
        gap = f"{mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f})"
        yield *name, truth.loc[name].count(), f"{truth.loc[name].mean():.2f}", f"{last.loc[name].mean():.2f}", gap


def tables(found):
    """Tables of the page by mark."""
    cells = digests(found["study"])
    heads = ("design", "coverage", "effect", "programmes", "within 2 errors", "squared errors off", "right sign")
    heads += ("bias, share of use", "interval", "spread / stated", "paid", "luck")
    both = (
        "programme",
        "coverage",
        "effect",
        "use, £",
        "bias, £ (2 errors)",
        "with other seeds",
        "of them with an estimate",
    )
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
        "nought": table(("programme", "design", *HEADS), rows_of(at(cells, "low", "nought"))),
        "again": table(both, list(again(known(cells), known(digests(found["again"]))))),
        "known": table(("programme", "design", *HEADS), rows_of(at(cells, "high", "known"))),
        "events": table(("programme", *after), list(by_event(cells))),
        "luck": table(
            ("design", "programmes", *(f"{size:,} families" for size in SIZES), "at their size", "simulated"),
            list(by_size(cells)),
        ),
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
        every = at(known(cells), intake, effect)
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
        axis.set_yticks([-10, -1, 0, 1, 10], ["-10", "-1", "0", "1", "10"])
        axis.set_title({"nought": "Nothing done, low coverage", "known": "A known good, high coverage"}[effect])
    axes[0].set(ylabel="bias, in errors stated (bars: 2 errors)")
    figures.save(figure, folder, "zero_effect")


def _beliefs(gap, folder):
    """Mean distance of beliefs from the truth by year and design, with its 95% interval over runs."""
    figure, axis = plt.subplots(figsize=(6.5, 4), layout="constrained")
    for design in ("before_after", "matched"):
        of_run = gap[gap.index.get_level_values("design") == design].abs().groupby(level="intake").mean()
        years = [int(name.removeprefix("year ")) for name in of_run.index]
        if not len(of_run) or of_run.count(axis=1).min() < 2:
            continue
        mean, half = np.array([interval(row.dropna()) for _, row in of_run.iterrows()]).T
        axis.plot(years, mean, color=COLOURS[design], label=design.replace("_", " "))
        axis.fill_between(years, mean - half, mean + half, color=COLOURS[design], alpha=0.2, linewidth=0)
    axis.set(xlabel="year", ylabel="multiples of what was promised", title="Beliefs: distance from what cohorts saved")
    axis.set_ylim(bottom=0)
    if axis.lines:
        axis.legend()
    figures.save(figure, folder, "zero_effect_beliefs")
