"""Two results beside each other, in lines of text and as JSON."""

import pandas as pd

from sim.core.text import json_text, printable
from sim.record.measures import MEASURES

_NUMBERS = ("arrangement", "measure", "a", "b", "difference", "low", "high", "n")


def in_words(found, first, second, most):
    """Lines that say what differs, so many of each kind at most.

    Parameters
    ----------
    found : sim.results.contrast.Contrast
    first, second : str
        How the two are called.
    most : int
    """
    lines = [f"A is {first}, B is {second}"]
    lines += [f"{name:17} {'the same' if same else 'differs'}" for name, same in found.tables.items()]
    lines += ["", "What went in: A -> B"] if found.inputs else ["", "What went in is the same."]
    width = max((len(f"{kind} {name}") for kind, name, *_ in found.inputs[:most]), default=0)
    lines += [f"  {f'{kind} {name}':{width}}  {_value(a)} -> {_value(b)}" for kind, name, a, b in found.inputs[:most]]
    lines += _left(found.inputs, most)
    return [*lines, "", *_pounds(found, most)]


def _value(value):
    if value is None:
        return "none"
    return f"{value:.12g}" if isinstance(value, float) else printable(value)


def _left(rows, most):
    return [f"  and {len(rows) - most:,} more; --json has all"] if len(rows) > most else []


def _pounds(found, most):
    """Lines of what came out otherwise."""
    pounds = found.pounds
    if pounds.empty:
        return [f"What came out is the same{'' if found.same else ' in every sum of money that both have'}."]
    paired = pounds["n"].notna().all()
    head = (
        "in brackets the 95% interval of the difference, seed by seed"
        if paired
        else "the seeds differ, so that luck does too"
    )
    lines = [f"What came out, in £m of 2010/11 over the years, of all agencies, largest difference first; {head}"]
    settings = [name for name in pounds if name not in _NUMBERS]
    rows = pounds.head(most).to_dict("records")
    texts = [(row["arrangement"], MEASURES[row["measure"]].label) for row in rows]
    wide = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row, (arrangement, label) in zip(rows, texts, strict=True):
        a, b, difference, low, high = (
            f"{round(row[name] / 1e6, 3) + 0.0:.3f}" for name in ("a", "b", "difference", "low", "high")
        )
        sign = "" if difference.startswith("-") else "+"
        spread = f" ({low} to {high})" if pd.notna(row["low"]) else ""
        at = ", ".join(f"{name} {_value(row[name])}" for name in settings if pd.notna(row[name]))
        lines.append(
            f"  {arrangement:{wide[0]}}  {label:{wide[1]}}  {a} -> {b}: {sign}{difference}{spread}"
            + (f"; {at}" if at else "")
        )
    return lines + _left(pounds, most)


def in_json(found, first, second):
    """All that differs, as the text of a JSON object: a, b, same, tables, inputs and pounds."""
    settings = [name for name in found.pounds if name not in _NUMBERS]
    pounds = found.pounds.astype(object).where(found.pounds.notna(), None).to_dict("records")
    for row in pounds:
        row["settings"] = {name: row.pop(name) for name in settings}
    inputs = [{"kind": kind, "name": name, "a": a, "b": b} for kind, name, a, b in found.inputs]
    said = {
        "a": str(first),
        "b": str(second),
        "same": found.same,
        "tables": found.tables,
        "inputs": inputs,
        "pounds": pounds,
    }
    return json_text(said)
