"""Milltown with lasting and short spells and with events: a place made for tests, its figures made up."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

from sim.place.places import load_place

NOTE = '"assumption: made up for a test"'
EVENTS = {
    "arrest": {"need": "offending", "rates": (0.05, 0.3, 0.6), "frailty_weight": 0.5, "per_other_need": 0.3},
    "relapse": {"need": "substance", "rates": (0.1, 0.2, 0.4), "frailty_weight": 0, "per_other_need": 0},
    "proceedings": {"need": "safeguarding", "rates": (0, 0.2, 0), "frailty_weight": 1, "per_other_need": 0.1},
}
WORSENS = {("arrest", "worklessness"): 3, ("arrest", "offending"): 2, ("relapse", "safeguarding"): 2.5}
LASTING = {1: 0.25, 2: 0.5, 3: 0.375}  # share of the spells that begin at a level
SLOWER = 0.3  # exits of lasting spells over those of short ones
_OF_CRISES = {"crises", "crises_again"}  # what targets measure
LINE = {
    "unit_cost": (1800, "GBP/event", "2013/14"), "family_share": (1, "share", ""), "coverage": (1, "share", ""),
    "fixed_share": (0.5, "share", ""), "block": (4, "places", ""), "notice": (2, "quarters", ""),
    "closing_cost": (100, "GBP/place", "2013/14"), "opening_cost": (100, "GBP/place", "2013/14"),
    "occupancy": (0.95, "share", ""), "overtime_premium": (0.25, "share", ""), "boundary": (0, "share", ""),
}  # fmt: skip


def write_eventful(folder, lines=("custody_suite",), crises=None):
    """Write the place into a folder that is not there yet, and return it; with crises, their values by parameter."""
    folder = Path(folder)
    shutil.copytree(load_place("milltown").folder, folder)
    _without_events(folder)
    with (folder / "place.toml").open("a", encoding="utf-8") as file:
        for name, event in EVENTS.items():
            gate = "gate = true\n" if name == "proceedings" else ""
            file.write(f'\n[[event]]\nid = "{name}"\nname = "{name.title()}"\nneed = "{event["need"]}"\n{gate}')
        for line in lines:
            file.write(
                f'\n[[line]]\nid = "{line}"\nname = "{line.title()}"\nagency = "police"\nneed = "offending"\n'
                'level = 1\nkind = "statutory"\ngate = "court"\nevent = "arrest"\n'
            )
    rows = ["event,parameter,value,unit,price_year,low,high,source"]
    for name, event in EVENTS.items():
        for level, rate in zip(("emerging", "entrenched", "crisis"), event["rates"], strict=True):
            rows.append(f"{name},rate_{level},{rate},chance a quarter,,0,1,{NOTE}")
        for parameter in ("frailty_weight", "per_other_need"):
            rows.append(f"{name},{parameter},{event[parameter]},ratio,,0,5,{NOTE}")
    rows += [f"{name},worsens_{need},{ratio},ratio,,1,10,{NOTE}" for (name, need), ratio in WORSENS.items()]
    (folder / "events.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    if crises:
        rows = ["parameter,value,unit,price_year,low,high,source"]
        rows += [f"{name},{value},ratio,,{min(1, value)},{max(1, 2 * value)},{NOTE}" for name, value in crises.items()]
        (folder / "crisis.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with (folder / "lines.csv").open("a", encoding="utf-8") as file:
        for line in lines:
            for parameter, (value, unit, year) in LINE.items():
                file.write(
                    f"{line},{parameter},{value},{unit},{year},0,100000,{NOTE}\n".replace("0,100000", _span(parameter))
                )
    with (folder / "transitions.csv").open("a", encoding="utf-8") as file:
        place = load_place("milltown")
        for need in place.needs:
            for level, share in LASTING.items():
                slow = SLOWER * place.get(f"transitions.{need.id}.down.{level}")
                file.write(f"{need.id},lasting,{level},{share},share of spells,,0,1,{NOTE}\n")
                file.write(f"{need.id},down_lasting,{level},{slow:.6g},chance a quarter,,0,1,{NOTE}\n")
    return folder


def quiet(place):
    """The place without events and with one speed of need: what is left is what their tests are not about."""
    gone = {event.id for event in place.events}
    return replace(
        place,
        events=(),
        lines=tuple(line for line in place.lines if not line.event),
        values={
            name: value for name, value in place.values.items() if not re.search(r"^transitions.*lasting|^crisis", name)
        },
        targets=tuple(
            target
            for target in place.targets
            if not (gone | _OF_CRISES) & set(re.split(r"[ .]", f"{target.measures} {target.use}"))
        ),
    )


def _without_events(folder):
    """Take away the events, crises and lasting spells that the town has of its own, and what names them."""
    path = folder / "place.toml"
    head, *tables = re.split(r"^(?=\[)", path.read_text(encoding="utf-8"), flags=re.M)
    of_events = [table for table in tables if table.startswith("[[event]]") or re.search(r"^event = ", table, re.M)]
    path.write_text(head + "".join(table for table in tables if table not in of_events), encoding="utf-8")
    names = [*re.findall(r'^id = "(.*)"$', "".join(of_events), re.M), *_OF_CRISES]
    (folder / "crisis.csv").unlink()
    for file, words, fields in (
        ("lines.csv", names, 1),
        ("transitions.csv", ["lasting", "down_lasting"], 3),
        ("targets.csv", names, 3),
    ):
        rows = (folder / file).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [row for row in rows if not set(words) & set(re.split(r"[, .]", ",".join(row.split(",")[:fields])))]
        (folder / file).write_text("".join(kept), encoding="utf-8")


def _span(parameter):
    """A range that a value of the made-up line may lie in."""
    return {"block": "1,100", "occupancy": "0.5,1", "notice": "0,8", "overtime_premium": "0,3"}.get(
        parameter, "0,1" if LINE[parameter][1] == "share" else "0,100000"
    )
