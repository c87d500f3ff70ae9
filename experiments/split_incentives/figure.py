"""Tables and figure of the page: what each cause keeps from being bought, and who buys what."""

from sim import incentives
from sim.arrangements.reading import load_arrangement
from sim.core.pages import table
from sim.cost_benefit.views import View
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
MOST = 20  # years within which what is true is counted
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
    paying = incentives("birmingham_2010")
    return {
        "says": says(found, paying),
        "causes": causes(found),
        "cash_by_agency": by_agency(found, "cash_released"),
        "bought": bought(found),
        "forgone": forgone(paying),
        "would_buy": would_buy(paying.to_dict()),
        "contracts": contracts(found),
    }


def says(found, paying):
    """What the tables come to, in lines."""
    first, *others = cases()
    put_in = money(found, "programme_cost").xs("all", level="of")
    more = {case: interval(put_in.loc[case] - put_in.loc[first]) for case in others}
    alone = max(others[:-1], key=lambda case: more[case][0])
    lines = [
        f"Silos as they are put £{put_in.loc[first].mean():.1f}m into programmes. Of single causes *{alone}* adds most, "
        f"£{more[alone][0]:.1f}m (± {more[alone][1]:.1f}); all three add £{more[others[-1]][0]:.1f}m (± {more[others[-1]][1]:.1f})."
    ]
    net = money(found, "net_position").xs("all", level="of").mean(axis=1)
    lines.append(
        f"The place's net position is £{net[first]:.1f}m as they are and £{net[others[-1]]:.1f}m with all three lifted."
    )
    number = signed(found, "causes").reindex(columns=cases(), fill_value=0.0) >= 1
    for case in others:
        new = number.index[number[case] & ~number[first]]
        lines.append(f"Bought at least once a run with *{case}* lifted, and not as they are: {_listed(new)}.")
    total = signed(found, "shipped").sum(axis=1)
    most, share = total.idxmax(), total.max() / total.sum()
    half = "more than half" if share > 0.5 else "the most of any, and not half"
    lines.append(f"Over all shipped arrangements `{most}` makes {share:.0%} of contracts: {half}.")
    shipped = signed(found, "shipped")
    of_joint, of_silos = (
        shipped.reindex(columns=codes, fill_value=0.0).sum(axis=1) > 0 for codes in (joint(shipped), SILOS)
    )
    lines.append(
        f"Bought by a joint body, and by silos neither at three years nor at ten: {_listed(shipped.index[of_joint & ~of_silos])}."
    )
    nobody = [view.stakes.programme for view in paying.views(paying.horizon) if not view.causes]
    lines.append(f"Worth its cost to nobody, whatever is lifted: {_listed(nobody)}.")
    return "".join(f"- {line}\n" for line in lines)


def _listed(names):
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def joint(shipped):
    """Arrangements in which members found a body together."""
    return [code for code in shipped.columns if "joint" in load_arrangement(code).rules.decides.offers.split()]


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
    """Contracts by programme over the shipped arrangements, their share, and what silos and joint bodies buy of it."""
    number = signed(found, "shipped")
    total = number.sum(axis=1).sort_values(ascending=False, kind="stable")
    lines = []
    for name, times in total.items():
        buyers = number.loc[name]
        groups = (f"{buyers.reindex(codes, fill_value=0.0).sum():.0f}" for codes in (SILOS, joint(number)))
        lines.append((f"`{name}`", f"{times:.0f}", f"{times / total.sum():.0%}", f"{(buyers > 0).sum()}", *groups))
    heads = (
        "programme",
        "contracts",
        "share",
        "arrangements that buy it",
        "of silos, 3 and 10 years",
        "of joint bodies",
    )
    return table(heads, lines)


def forgone(paying):
    """By case, what agencies forgo by their own reckoning of it, and what nobody would buy though it is worth its cost in truth."""
    lines = []
    for case, (years, lifted) in _lifted().items():
        left = [view for view in paying.views(years) if not view.passes(lifted)]
        reckoned = sum(view.forgone_with(lifted) for view in left)
        gains = {view.stakes.programme: View(view.bodies, view.stakes, MOST).gain_in_truth for view in left}
        worth_it = {name: pence for name, pence in gains.items() if pence > 0}
        pounds = (f"{pence / 1e8:.1f}" for pence in (reckoned, sum(worth_it.values())))
        lines.append((case, *pounds, _listed(worth_it)))
    heads = (
        "£m a year at full reach",
        "forgone, by their own reckoning",
        f"in truth, within {MOST} years",
        "which nobody would buy",
    )
    return table(heads, lines)


def _lifted():
    """Years ahead and causes lifted besides, by case."""
    three = (3, ()), (3, ("scope",)), (10, ()), (20, ()), (3, ("cash_rule",)), (20, ("scope", "cash_rule"))
    return dict(zip(cases(), three, strict=True))


def would_buy(said):
    """Who would buy each programme at each horizon, and what is forgone a year, by ``listsim incentives``."""
    every = zip(*(item["rows"] for item in said["horizons"]), strict=True)
    lines = [(f"`{rows[0]['programme']}`", *map(_with_forgone, rows)) for rows in every]
    heads = ("would buy; forgone, £m a year", *(f"{item['horizon_years']:g} years" for item in said["horizons"]))
    return table(heads, lines)


def _with_forgone(row):
    pounds = row["forgone_gbp_per_year"]
    return verdict(row) + (f", {pounds / 1e6:.1f}" if pounds else "")


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
