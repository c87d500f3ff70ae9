"""The report's pictures: each is drawn, saved and told in words; a title, a caption, and panels with their text alternatives."""

from functools import partial

from sim.core.text import file_name
from sim.record.measures import MEASURES
from sim.report import figures, panels
from sim.report import payments as paid
from sim.report.numbers import figure as shown
from sim.report.numbers import share_without_estimate
from sim.report.verdict import ends, spenders


def begin():
    """One style for all pictures."""
    figures.setup()


def _saved(folder, name, drawn):
    return figures.save(drawn, folder, name, whole=True)


def _told(found, code, measures):
    """Means in words, for who does not see the picture."""
    silent = {"measured_saving"} if share_without_estimate(found.cells, code) == 1 else ()
    return "; ".join(
        f"{MEASURES[name].label} {'no estimate' if name in silent else shown(found.mean(code, name), digits=found.digits)}"
        for name in measures
        if found.has(code, name)
    )


def _by_arrangement(found, titles, folder, stem, draw, measures):
    """A panel an arrangement, and its main numbers in words."""
    return [
        (
            f"{titles[code]}, £m: {_told(found, code, measures)}",
            _saved(folder, f"{stem}_{file_name(code)}", draw(found, code, titles[code])),
        )
        for code in titles
    ]


def leaks(found, titles, folder):
    """From promise to net position."""
    draw = partial(panels.waterfall, limits=panels.waterfall_limits(found))
    told = ("promised", "gross_avoided", "cash_released", "retained", "net_position")
    caption = "Means, one scale for all. Dark blue bars are totals; orange ones take away, hatched green ones add; each begins where the one above it ended."
    return "From promise to net position", caption, _by_arrangement(found, titles, folder, "leaks", draw, told)


def differences(found, measures, folder):
    """How the others differ from the first that they are compared with."""
    than = found.bases[0]
    drawn = []
    for measure in measures:
        rows = found.apart.xs((than, measure), level=("than", "measure"))
        told = "; ".join(
            f"{found.names[code]} {shown(row['mean'], digits=found.digits, sign='+')}, {shown(row['low'], digits=found.digits, sign='+')} to {shown(row['high'], digits=found.digits, sign='+')}"
            for code, row in rows.iterrows()
        )
        text = f"{MEASURES[measure].label} less {found.names[than]}, £m: {told}"
        drawn.append((text, _saved(folder, f"differences_{measure}", panels.differences(found, measure, than))))
    caption = "Mean difference seed by seed and its 95% interval. A full dot: the interval leaves nought. A hollow one: the two are the same or not told apart."
    return "How sure the differences are", caption, drawn


def who_gains(found, titles, folder):
    """Who pays and who gains."""
    tables = {code: panels.gains(found, code) for code in titles}
    limits = panels.gain_limits(tables.values())
    caption = (
        "Means, one scale for all; for each party from the top: light orange, what it pays (costs, and payments for outcomes less those it received, so that money "
        "passed on counts once); hatched green, the cash it keeps; dark blue, its net position. Parties with none of these are left out."
    )
    drawn = []
    for code, table in tables.items():
        if table.empty:
            continue
        told = "; ".join(
            f"{found.parties[party]} pays {-row['pays']:.{found.digits}f}, keeps {row['keeps']:.{found.digits}f}, net {row['net']:.{found.digits}f}"
            for party, row in table.iterrows()
        )
        picture = panels.who_gains(found, titles[code], table, limits)
        drawn.append((f"{titles[code]}, £m: {told}", _saved(folder, f"who_gains_{file_name(code)}", picture)))
    return "Who pays and who gains", caption, drawn


def payments(found, titles, folder):
    """Who paid whom for what."""
    drawn = []
    for code in spenders(found):
        table = paid.payments(found, code)
        if len(table):
            told = "; ".join(
                f"{found.party(row.payer)} to {found.party(row.payee)}, {row.purpose.replace('_', ' ')}: {row.million:.{found.digits}f}"
                for row in table.itertuples()
            )
            picture = paid.picture(found, code, titles[code], table)
            drawn.append((f"{titles[code]}, £m: {told}", _saved(folder, f"payments_{file_name(code)}", picture)))
    caption = (
        "Drawn from the ledger, means of runs: the wider the line, the larger the sum. Budgets that services are run on are set aside, and sums under a "
        "hundredth of the largest are in flows.parquet alone. In-house stands for agencies' own staff, outside for wages and all that lies beyond the place."
    )
    return "Who paid whom for what", caption, drawn


def by_year(found, titles, folder):
    """Cash and cost by year."""
    series = panels.yearly(found)
    draw = partial(panels.by_year, series=series, limits=panels.year_limits(series))
    told = ("programme_cost", "cash_released", "retained")
    caption = "Means, one scale for all" + (
        ", with the 5 to 95% range of runs." if found.manifest["replicates"] >= 100 else "."
    )
    return "Cash and cost by year", caption, _by_arrangement(found, titles, folder, "by_year", draw, told)


def life(found, code, folder):
    """Life of a LIST, and what ended it."""
    series, ended = panels.life_of(found, code), ends(found, code)
    drawn = [
        (
            f"{title} by year ({unit})",
            _saved(
                folder,
                f"life_{file_name(code)}_{measure}",
                panels.life(
                    found,
                    code,
                    series,
                    measure,
                    title,
                    unit,
                    sorted({year for _, year, _ in ended}) if measure == "list_alive" else (),
                ),
            ),
        )
        for measure, title, unit in panels.LIFE
        if measure in series.index.get_level_values("measure")
    ]
    causes = "; ".join(dict.fromkeys(cause for *_, cause in ended))
    caption = (
        f"Means of all runs. Crosses mark years in which it ended in some run: {causes}."
        if ended
        else "Means of all runs. It ended in none."
    )
    return f"Life of the LIST: {found.names[code]}", caption, drawn


def measured(found, titles, folder):
    """Measured against true savings."""
    draw = partial(panels.measured, limits=panels.measured_limits(found))
    caption = (
        "What evaluation said of the cohorts it followed, by each arrangement's own design, beside the truth for the same cohorts and years (a family of several counted with each), which nobody "
        "in the place sees. What is paid for beyond it is luck, or a fault of the design."
    )
    if any(share_without_estimate(found.cells, code) for code in titles):
        caption += (
            " Where there were too few families to compare with, a finding has no estimate: it claims nothing, and what is paid on it is what terms deem or "
            "count, while the truth is known of it too. Where no finding has one, no bar stands for what was measured."
        )
    told = ("measured_saving", "true_saving")
    return "Measured against true savings", caption, _by_arrangement(found, titles, folder, "measured", draw, told)


def investors(found, titles, folder):
    """What investors got."""
    some = set(found.runs.loc[found.runs["measure"] == "investor_irr", "arrangement"])
    drawn = [
        (
            f"{title}: yearly return of investors, one dot a run",
            _saved(folder, f"investors_{file_name(code)}", panels.investors(found, code, title)),
        )
        for code, title in titles.items()
        if code in some
    ]
    caption = "Where no dot stands, no deal closed or no return is defined; a loss of all is -100%."
    return "What investors got", caption, drawn
