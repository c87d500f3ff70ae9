"""A trace in words, for a terminal of 80 columns."""

from contextlib import suppress
from itertools import groupby
from textwrap import wrap

from sim.core.faults import InputError
from sim.core.text import printable
from sim.record.measures import MEASURES
from sim.report.findings import FLOWS, Number, plain
from sim.report.incentive_words import label
from sim.report.markup import escaped, marked
from sim.results.pound import KEPT, trace_pound
from sim.results.summary import LEDGER_COLUMNS

_WIDTH = 79
_MOST_HANDS = 6
_LEAST = 0.001  # of a pound
_HOW = (
    "Followed through the ledger of the first run by the likeliest way. Money of a party is mixed: of what it had in a year, each payment takes its share. In-house stands for "
    "agencies' own staff, outside for wages and all that lies beyond the place."
)


def family_lines(said):
    """Lines that tell of a family, as :func:`sim.trace.family.trace_family` gives it."""
    where = f"{said['found']:,} of {said['helped']:,} families helped under {said['arrangement']} at {said['place']}, seed {said['seed']}, are like this"
    family = said["family"]
    age = "" if family["age"] is None else f" Its index child was {family['age']} when help began."
    lines = [
        said["in_words"],
        f"{where}; this is the one that saved the middle sum.",
        f"It lives in {family['neighbourhood']}.{age}",
    ]
    lines += [
        f"Help: {_when(item['quarter'])}, {label(item['programme'])}, £{item['gbp']:,.0f} paid by {label(item['paid_by'])}."
        for item in said["help"]
    ]
    saved = _sums(said["saved_gbp"], label) or "nothing"
    lines.append(f"Services spent less on it, at average cost: {saved}. That is use, and cash only where places close.")
    lines.append(
        f"Worth to society beside it: {_sums(said['worth_gbp'], lambda name: MEASURES[name].label.lower()) or 'nothing that is valued'}."
    )
    return [*_wrapped(lines), "", *_spells(said["quarters"])]


def pound_lines(said):
    """Lines that tell of a pound, as :func:`sim.results.pound.trace_pound` gives it."""
    told = [*map(plain, _hops(said)), "", plain(_chance(said)), f"{plain(_had(said))}:"]
    hands = said["last_hands"]
    told += [f"  {_pence(hand['share']):>8}  {_way(hand, label)}" for hand in hands[:_MOST_HANDS]]
    rest = sum(hand["share"] for hand in hands[_MOST_HANDS:])
    return _wrapped([said["in_words"], "", *told, *([f"  {_pence(rest):>8}  others"] if rest else [])])


def pound_part(found):
    """A pound of each arrangement's first run, if that bought help, as a section of a page; empty where none did.

    Parameters
    ----------
    found : sim.report.findings.Findings
    """
    told = []
    for code, name in found.names.items():
        rows = found.flows[found.flows["arrangement"] == code]
        run = rows["replicate"].min()
        with suppress(InputError):  # no pound of it bought help
            said = trace_pound(
                list(rows.loc[rows["replicate"] == run, LEDGER_COLUMNS].itertuples(index=False, name=None))
            )
            where = code, str(run)
            lines = "".join(f"<li>{marked(line)}</li>" for line in _hops(said, found.party, where))
            ends = " ".join(marked(line) for line in (_chance(said, where), _ends(said, found.party, where)))
            told.append(f"<details><summary>{escaped(name)}</summary><ol>{lines}</ol><p>{ends}</p></details>")
    return f"<h2>One pound that bought help, from vote to last hand</h2><p>{_HOW}</p>{''.join(told)}" if told else ""


def table_of(said):
    """Rows of a table: a pound's hops, or a family's quarters in both twins."""
    if "hops" in said:
        return said["hops"]
    return [
        {
            "quarter": quarter["quarter"],
            "year": quarter["year"],
            "twin": name,
            "programmes": " ".join(quarter["programmes"]) if name == "run" else "",
            "needs": " ".join(f"{need}={level}" for need, level in quarter[name]["needs"].items()),
            "served": " ".join(quarter[name]["served"]),
            "events": " ".join(quarter[name]["events"]),
            "gbp": sum(quarter[name]["gbp"].values()),
        }
        for quarter in said["quarters"]
        for name in ("run", "twin")
    ]


def _hops(said, named=label, run=()):
    """A sentence for each hand that a pound goes through; `run` says where its numbers stand: an arrangement and a replicate."""
    lines = []
    for hop in said["hops"]:
        key = (*run, str(hop["year"]), hop["payer"], hop["payee"], hop["purpose"])
        share = Number(_pence(hop["share"]), FLOWS, "share", key)
        if hop["purpose"] == KEPT:
            way = (f"{named(hop['payer'])} keeps it into the next year (", share, " of each pound it had).")
        else:
            gbp = Number(f"£{hop['gbp']:,.0f}", FLOWS, "pence", key)
            way = (f"{named(hop['payer'])} pays {named(hop['payee'])} ", gbp, f", {label(hop['purpose'])} (", share)
            way += (" of each pound).",)
        lines.append((f"Year {hop['year']}: ", *way))
    return lines


def _chance(said, run=()):
    times = Number(f"{1 / said['chance']:,.0f}", FLOWS, "one in", run)
    return ("One pound in ", times, f" that came in so in year {said['hops'][0]['year']} went this way.")


def _had(said, named=label):
    return (f"Where each pound ended that {named(said['hops'][0]['payee'])} had in that year",)


def _ends(said, named, run):
    """Where pounds end, as a sentence: what is a tenth of a penny of each at least."""
    parts = []
    for hand in said["last_hands"]:
        if hand["share"] >= _LEAST:
            key = (*run, hand["payer"], hand["payee"], hand["purpose"])
            parts += ["; ", Number(_pence(hand["share"]), FLOWS, "ends", key), f" {_way(hand, named)}"]
    return (*_had(said, named), ": ", *parts[1:], ".")


def _way(hand, named):
    return f"{named(hand['payer'])} to {named(hand['payee'])}: {label(hand['purpose'])}"


def _spells(quarters):
    """Quarters in which nothing changes told as one."""
    lines = []
    for _, spell in groupby(
        quarters, key=lambda one: (one["programmes"], *(_state(one[name]) for name in ("run", "twin")))
    ):
        spell = list(spell)
        first, last = spell[0]["quarter"], spell[-1]["quarter"]
        begun = "".join(f"; begins {label(name)}" for name in spell[0]["programmes"])
        lines.append(f"{_when(first)}{'' if first == last else f' to {_when(last)}'}{begun}")
        with_help, without = (_state(spell[0][name]) for name in ("run", "twin"))
        told = [("run", "both")] if with_help == without else [("run", "with"), ("twin", "without")]
        for name, title in told:
            gbp = sum(sum(one[name]["gbp"].values()) for one in spell)
            text = f"  {title:8}{_state(spell[0][name])}; £{gbp:,.0f}"
            lines += wrap(printable(text), _WIDTH, subsequent_indent=" " * 10)
    return lines


def _state(state):
    """Needs, services and events of a quarter in words."""
    needs = ", ".join(f"{label(need)} {level}" for need, level in state["needs"].items()) or "no need"
    served = f"; served by {', '.join(map(label, state['served']))}" if state["served"] else ""
    return needs + served + "".join(f"; {label(event)}" for event in state["events"])


def _when(quarter):
    return f"year {(quarter + 3) // 4}, quarter {(quarter + 3) % 4 + 1}"


def _sums(by_name, called):
    return ", ".join(f"{called(name)} {'-' if gbp < 0 else ''}£{abs(gbp):,.0f}" for name, gbp in by_name.items())


def _pence(share):
    pence = 100 * share
    return f"{pence:.1f}p" if pence >= 0.1 else f"{pence:.2g}p"


def _wrapped(lines):
    return [
        part
        for line in lines
        for part in (wrap(printable(line), _WIDTH) if line.strip() and not line.startswith(" ") else [line])
    ]
