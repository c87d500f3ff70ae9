"""Tables of the page: cash by line, fall and year, and places of youth custody beside those published."""

from sim.core.pages import table
from sim.experiments.reading import load_experiment
from sim.place.places import load_place

FULL = {"2012.5": "69%", "2013.5": "50%"}  # institutions:YC2


def tables(found):
    measured, rows = load_experiment("cash_by_line").code("measure"), found["study"].mean(axis=1)
    shares, years = rows.xs("share", level="measure"), ("1", "3", "5")
    falls = [f"{fall:g}" for fall in measured.FALLS]
    lines = []
    for line in load_place("birmingham_2010").lines:
        cells = [f"{shares[line.id, fall, year]:.2f}" for fall in falls for year in years]
        lines.append((f"`{line.id}`", line.gate, *cells))
    heads = [f"{float(fall):.0%}, year {year}" for fall in falls for year in years]
    return {"lines": table(("line", "gate", *heads), lines), "youth": _youth(measured, rows)}


def _youth(measured, rows):
    """Beds commissioned and places by the model's rules; how full these were, where that is published."""
    mine, lines = rows[measured.YOUTH][""], []
    for year, beds in measured.BEDS.items():
        lines.append((f"March {year}", "places", f"{beds:,}", f"{mine[f'{year + 0.25:g}', 'places']:,.0f}"))
    for when, published in FULL.items():
        lines.append((f"middle of {when[:4]}", "in use", published, f"{mine[when, 'share']:.0%}"))
    return table(("when", "what", "published", "by the rules"), lines)
