"""Tables and figure of the page: what each friction does to the leak that bears its name, and where all of it went."""

from sim.core.pages import table
from sim.experiments.numbers import with_interval
from sim.record.measures import LEAKS
from sim.report import figures

UNCLOSED, ON_NOTICE = "stranded_unclosed", "stranded_notice"
STEPS = [
    ("frictionless", "unmet need", ("backfill_unmet_need",)),
    ("frictionless", "drift", ("backfill_threshold",)),
    ("unmet need", "unmet need, found", ("case_finding",)),
    ("fixed cost", "fixed cost, blocks", (UNCLOSED,)),
    ("fixed cost", "fixed cost, notice", (ON_NOTICE,)),
    ("fixed cost", "fixed cost, blocks, notice", (UNCLOSED, ON_NOTICE)),
]
COLOURS = (
    figures.YELLOW,
    figures.VERMILION,
    figures.ORANGE,
    figures.PURPLE,
    figures.SKY,
    figures.GREY,
    figures.BLUE,
)


def millions(found):
    """£m of the whole place by point and measure, a column a seed."""
    return found["study"].xs("all", level="agency").droplevel("arrangement") / 1e6


def check_corner(found):
    """Stop where cash is not gross, to the penny, for every body and seed of the frictionless corner."""
    corner = found["study"].xs("frictionless", level="frictions")
    gross, cash = (corner.xs(measure, level="measure") for measure in ("gross_avoided", "cash_released"))
    assert gross.equals(cash), "without frictions cash equals gross"


def tables(found):
    check_corner(found)
    money, steps = millions(found), []
    for old, new, leaks in STEPS:
        gaps = sum(money.loc[(new, leak)] - money.loc[(old, leak)] for leak in leaks)
        steps.append((f"{old} → {new}", " + ".join(leaks), with_interval(gaps), len(gaps)))
    shown = ["programme_cost", "gross_avoided", *LEAKS, "cash_released"]
    means = money.mean(axis=1).unstack("measure", sort=False)[shown]
    points = [
        (name, *(f"{pounds:.2f}" for pounds in row), f"{row['cash_released'] / row['gross_avoided']:.0%}")
        for name, row in means.iterrows()
    ]
    return {
        "steps": table(("change", "leak", "paired difference, £m (95% interval)", "seeds"), steps),
        "points": table(("£m", *shown, "cash / gross"), points),
    }


def draw(found, folder):
    leaks = [*LEAKS, "cash_released"]
    means = millions(found).mean(axis=1).unstack("measure", sort=False)[leaks]
    figures.setup()
    labels = [leak.replace("_", " ") for leak in leaks]
    axis = means.set_axis(labels, axis=1).plot.barh(stacked=True, figsize=(9.5, 4.2), width=0.7, color=COLOURS)
    axis.invert_yaxis()
    axis.set(xlabel="£m of 2010/11 over the years", ylabel="", title="Where the service use avoided went")
    axis.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.4, -0.15), frameon=False)
    figures.save(axis.figure, folder, "leaks_by_friction")
