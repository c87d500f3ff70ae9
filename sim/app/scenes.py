"""The five scenes in a trainer's order: a picture, a sentence, and the numbers behind both in the tables that the command line prints."""

from dataclasses import dataclass, field

import numpy as np

from sim.app import charts
from sim.app.sides import difference, in_words, judged, overstated
from sim.app.told import told
from sim.core.text import printable
from sim.record.measures import MEASURES
from sim.report.incentive_words import benefits, label, number, verdict, verdicts
from sim.report.numbers import digits_for, million, share_without_estimate, shown_rows, spread
from sim.report.steps import STEPS, steps

TITLES = {
    "pays": "Who pays, and who gains",
    "forgone": "What nobody buys alone",
    "leaks": "The promise and its leaks",
    "years": "A year at a time",
    "measured": "Measured, and true",
}
OF_PLACE = ("pays", "forgone")  # scenes that luck has no part in: what deciders believe before anything is run
ABOUT = {
    "leaks": "cash_released",
    "years": "net_position",
}  # the measure of a scene's sentence, unless another is chosen
CHOICES = (*STEPS, "family_years_spared")
_MEASURED = ("measured_saving", "true_saving", "payments_made", "payments_earned")
_UNIT = "£m over the years, 2010/11 prices"


@dataclass(frozen=True)
class Cell:
    """A number of a table, and what its Why? is about: a measure of a side, or a programme on it."""

    text: str
    side: int = 0
    measure: str = ""
    programme: str = ""


@dataclass(frozen=True)
class Picture:
    """A chart: its title, options of ECharts, what it shows for those who do not see it, and its height in pixels."""

    title: str
    options: dict
    words: str
    height: int


@dataclass(frozen=True)
class Scene:
    """What a scene shows.

    Attributes
    ----------
    sentences : list of str
    pictures : list of Picture
    tables : list of tuple
        Title, heads, and rows of texts and Cells.
    """

    sentences: list
    pictures: list = field(default_factory=list)
    tables: list = field(default_factory=list)


def about(asked):
    """The measure that a scene's sentence is about."""
    return ABOUT.get(asked.scene, "net_position") if asked.about == type(asked)().about else asked.about


def goal(asked, sides_of):
    """Whether more seeds would change nothing that a scene says: (list of Known) -> bool."""

    def met(known):
        sides = sides_of(known)
        if asked.scene in OF_PLACE:
            return True
        if asked.scene == "measured":
            return all(told(overstated(side)).settled for side in sides)
        return told(difference(sides, about(asked))).settled

    return met


def of_place(asked, names, said):
    """The first or the second scene.

    Parameters
    ----------
    asked : Asked
    names : list of str
        Of the sides that differ in what is said.
    said : list of dict
        A side each, as ``listsim incentives --json`` gives them.
    """
    drawn = _pays if asked.scene == "pays" else _forgone
    pairs = [
        drawn(asked, side, name if len(said) > 1 else one["name"], one)
        for side, (name, one) in enumerate(zip(names, said, strict=False))
    ]
    return Scene(*([item for pair in pairs for item in pair[at]] for at in range(3)))


def _pays(asked, side, name, said):
    rows, bodies, years = said["rows"], said["bodies"], said["horizon_years"]
    values = [[row["benefit_gbp"][body] / row["cost_per_family_gbp"] for body in bodies] for row in rows]
    framed = {(i, bodies.index(body)) for i, row in enumerate(rows) for body in row["commissioners"]}
    hints = [[_hint(row, body, years) for body in bodies] for row in rows]
    options = charts.heat_map(
        [row["name"] for row in rows], list(map(label, bodies)), values, framed, hints, asked.large
    )
    alone, jointly = (sum(bool(test(row)) for row in rows) for test in (lambda row: row["buys_alone"], _only_jointly))
    sentence = (
        f"{printable(name)}: of {len(rows)} programmes, {alone} are bought by one body alone when each looks {years:g} years ahead; "
        f"{jointly} would pay for all together, and nobody buys {'it' if jointly == 1 else 'them'}."
    )
    words = f"Pounds of service use that a family is believed to spare each body for each pound that a programme costs, {years:g} years ahead. A frame: may commission it."
    heads, lines = benefits(said)
    picture = Picture(
        f"{name}: benefit for each £ of cost", options, words, 150 + (58 if asked.large else 42) * len(rows)
    )
    return (
        [sentence],
        [picture],
        [(f"{name}: service use avoided a family, £, {years:g} years ahead", heads, _why_rows(lines, side))],
    )


def _only_jointly(row):
    return row["passes_jointly"] and not row["buys_alone"]


def _hint(row, body, years):
    """Why a body would or would not pay, in a few lines."""
    may = "may commission it" if body in row["commissioners"] else "may not commission it"
    cash = row["believed_cash_gbp"].get(body)
    return "\n".join(
        [
            f"{row['name']}, {label(body)}: {may}",
            f"a family costs £{number(row['cost_per_family_gbp'])} and is believed to spare it £{number(row['benefit_gbp'][body])} in {years:g} years",
            *([] if cash is None else [f"of which it believes £{number(cash)} to become its cash"]),
            f"who would buy: {verdict(row)}",
        ]
    )


def _why_rows(rows, side):
    return [[first, *(Cell(text, side, programme=first) for text in others)] for first, *others in rows]


def _forgone(asked, side, name, said):
    rows, years = said["rows"], said["horizon_years"]
    left = sorted(
        (row for row in rows if not row["buys_alone"] and row["forgone_gbp_per_year"] > 0),
        key=lambda row: -row["forgone_gbp_per_year"],
    )
    heads, lines = verdicts(said)
    table = (f"{name}: who would buy, {years:g} years ahead", heads, _why_rows(lines, side))
    if not left:
        return (
            [
                f"{printable(name)}: every programme that is worth its cost to all together is bought by a body alone, {years:g} years ahead."
            ],
            [],
            [table],
        )
    total, most = sum(row["forgone_gbp_per_year"] for row in left), left[0]
    payment = most["smallest_side_payment"]
    change = (
        f"{label(payment['from'])} paying {label(payment['to'])} £{number(payment['gbp'])} a family would change that."
        if payment
        else "No payment between two bodies would change that."
    )
    sentence = (
        f"{printable(name)}: £{total / 1e6:.2f}m a year, by what deciders believe and net of its cost, is forgone on {len(left)} "
        f"programme{'s' if len(left) > 1 else ''} that nobody buys alone, most on {most['name']}. {change[0].upper() + change[1:]}"
    )
    options = charts.bars(
        [row["name"] for row in left],
        {"forgone": [row["forgone_gbp_per_year"] / 1e6 for row in left]},
        "£m a year forgone",
        asked.large,
    )
    picture = Picture(
        f"{name}: forgone each year",
        options,
        "What is forgone each year by programme, as deciders believe.",
        110 + 52 * len(left),
    )
    return [sentence], [picture], [table]


def of_runs(asked, sides):
    """The third, fourth or fifth scene.

    Parameters
    ----------
    asked : Asked
    sides : list of Shown
    """
    return {"leaks": _leaks, "years": _years, "measured": _measured}[asked.scene](asked, sides)


def headline(sides):
    """The table of figures, as the command line prints it, with a Why? to each: title, heads and rows."""
    rows, digits = _rows(sides)
    cells = [
        [
            text,
            *(
                Cell(spread(side.known.cells.loc[(side.code, measure)], digits=digits), at, measure)
                for at, side in enumerate(sides)
            ),
        ]
        for measure, text in rows
    ]
    sustained = (
        Cell(f"{side.known.cells.loc[(side.code, 'self_sustaining'), 'mean']:.0%}", at, "self_sustaining")
        for at, side in enumerate(sides)
    )
    return (
        f"£m of 2010/11 over the years: mean of {sides[0].known.n} runs",
        ("", *(side.name for side in sides)),
        [*cells, ["Self-sustaining, share of runs", *sustained]],
    )


def _rows(sides):
    """Rows of the table of figures of all sides, and their decimals."""
    labels, pounds = {}, []
    for side in sides:
        own = side.known.cells.xs(side.code, level="arrangement", drop_level=False)
        labels |= dict(shown_rows(own))
        pounds += [own["mean"].loc[(side.code, measure)] for measure in labels if (side.code, measure) in own.index]
    order = {name: place for place, name in enumerate(MEASURES)}
    return sorted(labels.items(), key=lambda pair: order[pair[0]]), digits_for(np.array(pounds))


def _steps(sides):
    """Steps of each side from promise to net position, those left out that are nought on all: by side, and their decimals."""
    every = [steps(side.known.cells, side.code) for side in sides]
    digits = digits_for(np.array([after * 1e6 for found in every for _, _, after, _ in found]))
    some = {name for found in every for name, before, after, total in found if total or round(after - before, digits)}
    kept = [[item for item in found if item[0] in some] for found in every]
    return [[_step(side, *item) for item in found] for side, found in zip(sides, kept, strict=True)], digits


def _step(side, name, before, after, total):
    """A step as its picture takes it: name, where it begins and ends, whether it is a total, and a total's range."""
    row = side.known.cells.loc[(side.code, name)] / 1e6
    ends = (min(row["p05"], after), max(row["p95"], after)) if total else (min(before, after), max(before, after))
    return MEASURES[name].short, before, after, total, *ends


def _leaks(asked, sides):
    every, digits = _steps(sides)
    span = charts.span_of([end for found in every for _, *ends in found for end in (*ends[:2], *ends[3:])])
    words = "From what was promised to what the place is left with, step by step; light bars take away, and whiskers are the 5 to 95% range of totals."
    pictures = [
        Picture(
            side.name,
            charts.waterfall(found, _UNIT, span, digits, asked.large),
            words,
            (34 if asked.large else 27) * len(found) + 60,
        )
        for side, found in zip(sides, every, strict=True)
    ]
    return Scene([in_words(sides, about(asked), asked.years)], pictures, [headline(sides)])


def _years(asked, sides):
    years, bands = list(range(1, asked.years + 1)), []
    for side in sides:
        money = {name: _band(side, name, years, 1e8) for name in ("programme_cost", "cash_released", "retained")}
        bands.append({MEASURES[name].label: band for name, band in money.items()})
    every = [number for band in bands for lists in band.values() for line in lists for number in line]
    span = charts.span_of(every)
    pictures = [
        Picture(
            side.name,
            charts.by_year(years, band, span, asked.year, asked.large),
            "Cash and cost by year in £m of 2010/11, with 5 to 95% bands.",
            380,
        )
        for side, band in zip(sides, bands, strict=True)
    ]
    for side in sides:
        if (side.code, "members") in side.known.years.index.droplevel("year"):
            life = {
                "Members": _band(side, "members", years, 1.0),
                "Share of runs in which it lives": _band(side, "list_alive", years, 1.0),
            }
            most = charts.span_of(life["Members"][2])
            drawn = charts.by_year(years, life, most, asked.year, asked.large)
            pictures.append(
                Picture(
                    f"{side.name}: its life", drawn, "Members, and the share of runs in which it lives, by year.", 300
                )
            )
    told_of = [f"Year {asked.year}, {side.name}: {_moves(side, asked.year)}" for side in sides]
    return Scene([in_words(sides, about(asked), asked.years), *told_of], pictures, [_table_of_year(asked, sides)])


def _band(side, measure, years, scale):
    """Mean, 5th and 95th percentile by year."""
    if (side.code, measure) not in side.known.years.index.droplevel("year"):
        return [[0.0] * len(years)] * 3
    table = side.known.years.loc[(side.code, measure)].reindex(years, fill_value=0.0).to_numpy() / scale
    return [
        np.round(line, 6).tolist()
        for line in (table.mean(axis=1), np.percentile(table, 5, axis=1), np.percentile(table, 95, axis=1))
    ]


def _moves(side, year):
    """Who joined and left in a year, in words."""
    n = side.known.n
    moves = [
        f"{label(party)} {'joins' if kind == 'join' else 'leaves'} ({times} of {n} runs)"
        for at, party, kind, times in side.known.moves(side.code)
        if at == year
    ]
    return "; ".join(moves) + "." if moves else "nobody joins or leaves."


def _table_of_year(asked, sides):
    rows = []
    for name in ("programme_cost", "cash_released", "retained", "members", "list_alive"):
        scale, digits = (1e8, 3) if MEASURES[name].is_money else (1.0, 1)
        texts = []
        for at, side in enumerate(sides):
            if (side.code, name) not in side.known.years.index.droplevel("year"):
                texts.append("")
                continue
            mean, low, high = (line[0] for line in _band(side, name, [asked.year], scale))
            texts.append(
                Cell(f"{mean + 0.0:,.{digits}f} ({low + 0.0:,.{digits}f} to {high + 0.0:,.{digits}f})", at, name)
            )
        if any(texts):
            rows.append([MEASURES[name].label, *texts])
    return f"Year {asked.year}: £m, or as named: mean (5% to 95% of runs)", ("", *(side.name for side in sides)), rows


def _measured(asked, sides):
    found = {
        title: [side.known.cells.loc[(side.code, name), "mean"] / 1e6 for side in sides]
        for title, name in (
            ("Measured by the arrangement's design", "measured_saving"),
            ("True, same families and years", "true_saving"),
        )
    }
    silent = [share_without_estimate(side.known.cells, side.code) == 1 for side in sides]
    first = next(iter(found))
    found[first] = [None if nothing else value for nothing, value in zip(silent, found[first], strict=True)]
    options = charts.bars([side.name for side in sides], found, _UNIT, asked.large)
    words = "What evaluation said was saved, and what was saved in truth, for the same cohorts and years, a family of several counted with each. Nobody in the place sees the truth."
    rows = []
    for name in _MEASURED:
        item, texts = MEASURES[name], []
        for at, side in enumerate(sides):
            row = side.known.cells.loc[(side.code, name)]
            text = million(row, 2) if item.is_money else spread(row, 1, 1)
            texts.append(Cell("no estimate" if silent[at] and name == "measured_saving" else text, at, name))
        rows.append([item.label, *texts])
    table = (f"Mean of {sides[0].known.n} runs", ("", *(side.name for side in sides)), rows)
    picture = Picture("Saving measured, and true", options, words, 130 + 110 * len(sides))
    return Scene([judged(side, asked.years) for side in sides], [picture], [table])
