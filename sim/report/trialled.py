"""Trials, published beside emulated, and solved effects, on screen."""

from textwrap import shorten

from rich.table import Table

from sim.report.screen import console


def show_trials(said):
    """Print a programme's trials: both arms as published and as emulated, the contrast and its gap; then what is not emulated."""
    screen = console(170)
    emulated = [row for row in said["trials"] if row["emulated"]]
    if emulated:
        screen.print(_table(said, emulated))
        screen.print(
            "Contrasts: treated less control (difference), over control (ratio), or their odds. Emulated: ± its error."
        )
        screen.print(
            "Gaps and errors of ratios and odds are of logs. fit: the effect was solved on it (met within two errors"
        )
        screen.print("or a tenth); check: predicted, inside or outside the published 95% interval; context: shown.")
    for row in said["trials"]:
        if row["not_emulated"]:
            screen.print(f"{row['id']} ({row['use']}) not emulated: {row['not_emulated']}")
    if not said["trials"]:
        screen.print(f"{said['programme']} names no trial")


def _table(said, rows):
    families = rows[0]["emulated"]["families"]
    table = Table(
        title=f"{said['programme']} at {said['place']}, {families:,} families in each arm", title_justify="left"
    )
    for heading in ("trial", "use", "endpoint"):
        table.add_column(heading, overflow="fold")
    for heading in ("published arms", "emulated arms", "contrast published", "emulated", "gap", ""):
        table.add_column(heading, justify="right")
    for row in rows:
        published, here = row["published"], row["emulated"]
        table.add_row(
            row["id"],
            row["use"],
            shorten(row["endpoint"], 60, placeholder=" ..."),
            arms(published),
            arms(here),
            f"{row['scale']} {interval(published)}",
            f"{number(here['contrast'])} ± {number(here['se'])}",
            number(row["gap"]),
            verdict(row),
        )
    return table


def show_fits(rows):
    """Print solved effects, and why others were not."""
    screen, table = console(150), Table(title="Effects solved on their trials (log ratios)", title_justify="left")
    for heading in ("programme", "need", "trial", "scale"):
        table.add_column(heading)
    for heading in ("was", "now", "error", "carried over", "range", "published", "emulated"):
        table.add_column(heading, justify="right")
    for row in rows:
        if not row["problem"]:
            table.add_row(
                row["programme"],
                row["need"],
                row["row"] + (" (null)" if row["null"] else ""),
                row["scale"],
                f"{row['before']:.3f}",
                f"{row['value']:.3f}",
                f"{row['se']:.3f}",
                f"{row['carried']:.3f}",
                f"{row['low']:.2f} to {row['high']:.2f}",
                number(row["published"]),
                number(row["emulated"]),
            )
    if table.rows:
        screen.print(table)
    for row in rows:
        if row["problem"]:
            screen.print(f"{row['programme']}: {row['need']} not solved on {row['row']}: {row['problem']}")


def arms(pair):
    """Treated and control."""
    return f"{number(pair['treated'])} v {number(pair['control'])}"


def interval(published):
    """The published contrast with its 95% interval, where there is one."""
    if published["low"] is None:
        return number(published["contrast"])
    return f"{number(published['contrast'])} ({number(published['low'])} to {number(published['high'])})"


def verdict(row):
    """Whether a fit is met; of other rows, and where the paper found nothing, whether the published interval holds it."""
    null = "null, " if row["null"] else ""
    if row["met"] is not None:
        return "met" if row["met"] else "not met"
    return "" if row["inside"] is None else f"{null}inside" if row["inside"] else f"{null}outside"


def number(value):
    """A number in three digits, or a dash."""
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else "0" if abs(value) < 1e-9 else f"{value:.3g}"
