"""Tables and figure of the page: what each cause keeps from being bought, and who buys what."""

from sim import incentives
from sim.core.pages import table
from sim.experiments.numbers import interval
from sim.experiments.reading import load_experiment
from sim.report import figures
from sim.report.incentive_words import verdict

SHOWN = {
    "programme_cost": "put in",
    "gross_avoided": "gross",
    "cash_released": "cash",
    "retained": "retained",
    "net_position": "net position",
}
SILOS = ("silo", "silo_ten_years")
JOINT = ("pooled_s75", "pooled_s75_ten_years", "list_public", "community_budget", "place_based_budget")
COLOURS = (figures.BLUE, figures.ORANGE, figures.GREEN, figures.VERMILION, figures.SKY, figures.PURPLE, figures.GREY)


def cases():
    """Names of the cases, silos as they are first."""
    made = load_experiment("split_incentives").code("measure")
    return [*made.CASES, *made.CASHED]


def money(found, measure):
    """£m by case and agency, ``all`` for the whole place, a column a seed; nought where there is none."""
    rows = found["causes"].xs(measure, level="measure") / 1e6
    return rows.fillna(0.0)


def tables(found):
    return {
        "causes": causes(found),
        "cash_by_agency": by_agency(found, "cash_released"),
        "bought": bought(found),
        "contracts": contracts(found),
        "forgone": forgone(),
    }


def causes(found):
    """Each case, and its paired difference from silos as they are, seed by seed."""
    first, *others = cases()
    lines = []
    for case in (first, *others):
        cells = []
        for measure in SHOWN:
            rows = money(found, measure).xs("all", level="of")
            cells.append(
                f"{rows.loc[case].mean():.1f}{_gap(rows.loc[case] - rows.loc[first]) if case != first else ''}"
            )
        lines.append((case, *cells))
    return table(("£m over the years (more than as they are, 95%)", *SHOWN.values()), lines)


def _gap(gaps):
    mean, half = interval(gaps)
    return f" ({mean:+.1f} ± {half:.1f})"


def by_agency(found, measure):
    """Means of a measure by case and agency."""
    means = money(found, measure).mean(axis=1).unstack("of").reindex(cases()).drop(columns="all").fillna(0.0)
    means = means.loc[:, means.abs().max() >= 0.05]
    return table(
        ("£m over the years", *means.columns), [(case, *(f"{x:.1f}" for x in row)) for case, row in means.iterrows()]
    )


def signed(found, study):
    """Mean number of contracts a run, by programme and case."""
    rows = found[study].xs("contracts", level="measure").fillna(0.0).mean(axis=1)
    return rows.unstack("case").fillna(0.0)


def bought(found):
    """Contracts a run by programme and case."""
    number = signed(found, "causes").reindex(columns=cases(), fill_value=0.0)
    return table(
        ("contracts a run", *number.columns),
        [(f"`{name}`", *(f"{x:.1f}" for x in row)) for name, row in number.iterrows()],
    )


def contracts(found):
    """Contracts by programme over the shipped arrangements, their share, and who of silos and joint bodies buys it."""
    number = signed(found, "shipped")
    total = number.sum(axis=1).sort_values(ascending=False, kind="stable")
    lines = []
    for name, times in total.items():
        buyers = number.loc[name]
        groups = (f"{sum(buyers.get(code, 0.0) for code in group):.0f}" for group in (SILOS, JOINT))
        lines.append((f"`{name}`", f"{times:.0f}", f"{times / total.sum():.0%}", f"{(buyers > 0).sum()}", *groups))
    heads = ("programme", "contracts", "share", "arrangements that buy it", " and ".join(SILOS), ", ".join(JOINT))
    return table(heads, lines)


def forgone():
    """Who would buy each programme at each horizon, and what is forgone a year, by ``listsim incentives``."""
    said = incentives("birmingham_2010").to_dict()
    lines = []
    for rows in zip(*(item["rows"] for item in said["horizons"]), strict=True):
        at_each = (
            f"{verdict(row)}" + (f", {row['forgone_gbp_per_year'] / 1e6:.1f}" if row["forgone_gbp_per_year"] else "")
            for row in rows
        )
        lines.append((f"`{rows[0]['programme']}`", *at_each))
    return table(
        ("would buy; forgone, £m a year", *(f"{item['horizon_years']:g} years" for item in said["horizons"])), lines
    )


def draw(found, folder):
    figures.setup()
    cash = money(found, "cash_released").mean(axis=1).unstack("of").reindex(cases()).drop(columns="all").fillna(0.0)
    cash = cash.loc[:, cash.abs().max() >= 0.05]
    paid = money(found, "programme_cost").xs("all", level="of").mean(axis=1).reindex(cases())
    axis = cash.plot.barh(stacked=True, figsize=(9.5, 3.8), width=0.65, color=COLOURS[: len(cash.columns)])
    axis.plot(paid, range(len(paid)), "D", color="black", label="put into programmes")
    axis.invert_yaxis()
    axis.set(
        xlabel="£m of 2010/11 over the years",
        ylabel="",
        title="Cash released, by agency, with one cause lifted at a time",
    )
    axis.legend(ncols=5, loc="upper center", bbox_to_anchor=(0.4, -0.16), frameon=False)
    figures.save(axis.figure, folder, "split_incentives")
