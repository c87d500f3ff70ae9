"""Why a number is what it is: what it means, what it is made of, whose it is, and which parameters move it, with their sources."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from sim.core.codes import ALL
from sim.core.dials import DIALS
from sim.record.measures import MEASURES
from sim.report.incentive_words import label, number
from sim.report.numbers import digits_for, million, spread

with (files("sim") / "app" / "why.toml").open("rb") as _handle:
    MADE_OF = tomllib.load(_handle)
_LINES = 6  # service lines told of, the largest first
_OF_BODY = {
    "benefit_gbp": "believed benefit",
    "believed_cash_gbp": "believed cash",
    "at_once_gbp": "saved at once",
    "true_gbp": "in truth",
    "worth_gbp": "worth to it",
}


@dataclass(frozen=True)
class Why:
    """What there is to say of a number.

    Attributes
    ----------
    title, value, meaning : str
    tables : list of tuple
        Title, heads and rows of texts.
    parameters : list of str
        Names that ``listsim explain`` knows.
    commands : list of str
    """

    title: str
    value: str
    meaning: str
    tables: list
    parameters: list
    commands: list


def of_measure(side, measure):
    """Why a measure of a side is what it is.

    Parameters
    ----------
    side : Shown
    measure : str
    """
    item, cells = MEASURES[measure], side.known.cells
    row = cells.loc[(side.code, measure)] if (side.code, measure) in cells.index else None
    digits = digits_for([row["mean"]]) if row is not None and item.is_money else item.digits
    value = "" if row is None else million(row, digits) if item.is_money else f"{spread(row, 1, digits)} {item.unit}"
    made, tables = MADE_OF.get(measure, {}), []
    parts = _parts(side, made, digits)
    if parts:
        tables.append(("Made of", ("", "£m"), parts))
    agencies = _by_agency(side, item, digits)
    if agencies:
        tables.append(("By body", ("", "£m" if item.is_money else item.unit), agencies))
    lines = _by_line(side, measure)
    if lines:
        tables.append(
            ("By service, largest first", ("", "£m"), [(label(line), f"{pounds / 1e6:,.3f}") for line, pounds in lines])
        )
    prices = [f"lines.{line}.{what}" for line, _ in lines[:2] for what in ("unit_cost", "fixed_share")]
    names = [*made.get("turns", ()), *prices]
    return Why(f"{item.label}: {side.name}", value, item.meaning, tables, names, [f"listsim explain {measure}"])


def _parts(side, made, digits):
    rows = []
    for sign, kind in (("", "plus"), ("-", "minus")):
        for name in made.get(kind, ()):
            if (side.code, name) in side.known.cells.index:
                mean = side.known.cells.loc[(side.code, name), "mean"]
                rows.append(
                    (
                        f"{'less ' if sign else ''}{MEASURES[name].label}",
                        f"{round((-mean if sign else mean) / 1e6, digits) + 0.0:,.{digits}f}",
                    )
                )
    return rows


def _by_agency(side, item, digits):
    table = side.known.summary
    own = table[(table["arrangement"] == side.code) & (table["measure"] == item.name) & (table["agency"] != ALL)]
    scale = 1e6 if item.is_money else 1.0
    rows = [
        (label(agency), round(mean / scale, digits) + 0.0)
        for agency, mean in zip(own["agency"], own["mean"], strict=True)
    ]
    return [(agency, f"{mean:,.{digits}f}") for agency, mean in rows if mean == mean and mean]


def _by_line(side, measure):
    lines = side.known.lines
    if (side.code, measure) not in lines.index.droplevel(["agency", "line"]):
        return []
    sums = lines.loc[(side.code, measure)].groupby("line").sum()
    return [(line, sums[line]) for line in sums.abs().sort_values(ascending=False).index[:_LINES] if sums[line]]


def of_programme(said, programme):
    """Why bodies would or would not pay for a programme.

    Parameters
    ----------
    said : dict
        As ``listsim incentives --json`` gives it.
    programme : str
    """
    row = next(item for item in said["rows"] if item["programme"] == programme)
    heads = ("", *_OF_BODY.values())
    rows = [
        (label(body), *("" if row[name].get(body) is None else number(row[name][body]) for name in _OF_BODY))
        for body in said["bodies"]
    ]
    years = said["horizon_years"]
    meaning = (
        f"What one family on it costs and is believed to spare each body within {years:g} years, in pounds of 2010/11. A body buys alone where the cash that it "
        "expects, and its weight on the rest, exceed the cost, and it may commission it."
    )
    names = [f"programmes.{programme}.cost_per_family", "agencies.horizon_years", "programmes.optimism"]
    names += [f"agencies.{body}.cashability_belief" for body in row["commissioners"]]
    commands = [
        f"listsim explain {programme}",
        f"listsim trial {programme}",
        f"listsim incentives --programme {programme}",
    ]
    return Why(
        row["name"],
        f"£{number(row['cost_per_family_gbp'])} a family",
        meaning,
        [("A family, £", heads, rows)],
        names,
        commands,
    )


def explained(names, place, settings):
    """Parameters with value, range and source: rows of name, value here, range and unit, source.

    Parameters
    ----------
    names : list of str
    place : str
    settings : dict
        That are changed from their defaults.
    """
    from sim.words import explained as in_words  # which reads all there is

    rows = []
    for name in names:
        said = dict(in_words(name, place))
        value = settings.get(name, said["value"])
        turned = " (turned here)" if name in settings and name in DIALS else ""
        rows.append(
            (
                name,
                f"{value if isinstance(value, str) else f'{value:g}'}{turned}",
                f"{said['range']} {said['unit']}",
                said["source"],
            )
        )
    return rows
