"""Tables and figure of the page: published figures of austerity beside simulated ones."""

import matplotlib.pyplot as plt

from sim.core.pages import table
from sim.experiments.numbers import interval
from sim.report import figures

# What is compared: measure, last year of it and the first (0 is 2009/10, 1 is 2010/11), published figure, source.
COMPARED = (
    ("council's income", "income", 8, "-28.6% (2010/11 to 2017/18)", "institutions:LG13"),
    ("early help", "early_help", 8, "-42% (to 2023/24); -48% (2010 to 2019; -53 and -38% in the poorest and richest areas)", "institutions:EL4, EL5"),
    ("social care: duties", "social_care", 7, "-3.0% (2010/11 to 2016/17, adults' included)", "institutions:LG15"),
    ("other services that are no duty", "other_services", 7, "-32.6% (all but social care, 2010/11 to 2016/17)", "institutions:LG15"),
    ("reserves of the police", "police_reserve", 7, "+14% (Mar 2011 to Mar 2017)", "institutions:PO1"),
)  # fmt: skip
DRAWN = (
    ("income", "council's income", figures.GREY),
    ("early_help", "early help", figures.VERMILION),
    ("social_care", "care and social work", figures.BLUE),
    ("other_services", "other services that are no duty", figures.GREEN),
)


def tables(found):
    """Published beside simulated changes; year by year; and who spent more than it had."""
    rows = found["study"]
    last = rows.index.get_level_values("year").max()
    return {
        "compared": table(
            ("", "published", "simulated (95% interval)", "source"),
            [(what, said, changed(rows, name, min(year, last)), source) for what, name, year, said, source in COMPARED],
        ),
        "years": table(
            (
                "year",
                "income, £m",
                "early help, £m",
                "duties, £m",
                "others, £m",
                "prevention, £m",
                "known need unserved",
                "all need unhelped",
                "emerging need helped",
                "duties withheld",
            ),
            [year_of(rows, year) for year in range(last + 1)],
        ),
        "means": means(rows, last),
    }  # fmt: skip


def changed(rows, name, year):
    """Change of a measure from the year 2010/11 to a later one, in words."""
    number = rows.loc[(year, name)] / rows.loc[(1, name)] - 1
    middle, half = interval(number.to_numpy())
    return f"{middle:+.1%} ({middle - half:+.1%} to {middle + half:+.1%})"


def year_of(rows, year):
    """A row of the table of years."""
    means = {name: rows.loc[(year, name)].mean() for name in rows.loc[year].index}
    money = (
        f"{means[name] / 1e6:,.1f}" for name in ("income", "early_help", "social_care", "other_services", "prevention")
    )
    shares = (f"{means[name]:.1%}" for name in ("unserved", "unhelped", "emerging_helped", "withheld"))
    return (2009 + year, *money, *shares)


def means(rows, last):
    """What bodies spent beyond their means, in words."""
    beyond, reports = (
        rows.xs(name, level="measure").loc[1:last].sum() for name in ("beyond_means", "section_114_reports")
    )
    modelled = rows.loc[(0, "modelled")].mean()
    return (
        f"Spent by all bodies beyond income and reserves, over {last} years and {len(beyond)} seeds: "
        f"£{beyond.sum():,.0f}; section 114 reports: {reports.sum():.0f}. "
        f"The services of the model are {modelled:.1%} of public spending in the city.\n"
    )


def draw(found, folder):
    """Income and spending by year, each over its first year."""
    figures.setup()
    rows = found["study"]
    figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, label, colour in DRAWN:
        each = rows.xs(name, level="measure")
        each = each / each.loc[1]
        middle = each.mean(axis=1)
        axis.plot(2009 + middle.index, middle, "o-", color=colour, label=label)
        axis.fill_between(2009 + middle.index, each.min(axis=1), each.max(axis=1), color=colour, alpha=0.2)
    axis.axhline(1, color="black", linewidth=1)
    axis.set(ylim=(0, 1.2), xlabel="financial year that begins in", ylabel="real, 2010/11 = 1")
    axis.legend()
    figures.save(figure, folder, "austerity")
