"""The answer in words: sentences made of measures, each number of which knows where it stands."""

from sim.core.codes import ALL
from sim.report.findings import RUNS, SHARES, Number
from sim.report.numbers import share_without_estimate

PENCE = ("cash_of_promised", "retained_of_promised", "waiting_of_promised", "empty_of_promised")


def sentences(found):
    """What a comparison says, under its questions: list of (question, list of sentences).

    A sentence is a tuple of str and :class:`sim.report.findings.Number`; :func:`sim.report.findings.plain` is its text.

    Parameters
    ----------
    found : Findings
    """
    told = [
        ("Most cash", _most(found, "cash_released")),
        ("Best for the place", _most(found, "net_position")),
        ("Who pays, who gains", _who(found)),
        ("Living on its receipts", _lives(found)),
        ("Claimed and true", _claimed(found)),
        ("What would turn the verdict", _turns(found)),
        ("What the spread rests on", _rests(found)),
    ]
    return [(question, lines) for question, lines in told if lines]


def spenders(found):
    """Arrangements that bought anything."""
    return [code for code in found.names if found.mean(code, "programme_cost") != 0]


_SURE = {"more": "surely more", "less": "surely less", "same": "the same"}
_LEADS = {"cash_released": " released most cash, ", "net_position": " left the place best off, by "}
_ALONE = {"cash_released": " released cash of ", "net_position": " leaves the place a net position of "}


def _most(found, measure):
    """Which arrangement has most of a measure, by how much more than others, and how sure that is."""
    names, active = found.names, spenders(found)
    if not active:
        return [("No arrangement bought a new programme.",)]
    best = max(active, key=lambda code: found.mean(code, measure))
    over = f" over {found.manifest['years']} years"
    others = [code for code in names if code != best]
    if not others:
        return [(names[best], _ALONE[measure], found.number(best, measure), over, ".")]
    head = (names[best], _LEADS[measure], found.number(best, measure), over)
    if found.manifest["replicates"] < 2:
        return [(*head, ", in one run: nothing is sure.")]
    lines = [(*head, f", on average of {_runs(found)}.")]
    return lines + [line for code in others if (line := _against(found, best, code, measure))]


def _runs(found):
    return f"{found.manifest['replicates']} runs"


def _against(found, best, code, measure):
    """How another arrangement differs from the best, or the best from it; None where they are not set against each other."""
    for first, than, text in (
        (code, best, f"{found.names[code]}, set against it: "),
        (best, code, f"It, set against {found.names[code]}: "),
    ):
        if (first, than, measure) in found.apart.index:
            word = _SURE.get(found.told(first, than, measure), "not told apart")
            return (text, *found.difference(first, than, measure), f", {word}.")
    return None


def _who(found):
    lines = []
    for code in spenders(found):
        table = found.by_agency.loc[code].drop(index=ALL).reindex(index=list(found.parties)).dropna(how="all")
        pays, keeps, net = (table[name].dropna() for name in ("programme_cost", "retained", "net_position"))
        if pays.empty or keeps.empty or net.empty:
            continue
        payer, keeper, best, worst = pays.idxmax(), keeps.idxmax(), net.idxmax(), net.idxmin()
        party = found.parties
        lines.append(
            (
                f"{found.names[code]}: {party[payer]} pays most for programmes, ",
                found.number(code, "programme_cost", payer),
                f"; {party[keeper]} keeps most of the cash, ",
                found.number(code, "retained", keeper),
                f". All payments counted, {party[best]} ends best, at ",
                found.number(code, "net_position", best),
                f", and {party[worst]} worst, at ",
                found.number(code, "net_position", worst),
                ".",
            )
        )
    return lines


def pence_table(found):
    """Of each promised pound, pence: rows of arrangement's name and Numbers, in the order of PENCE."""
    return [
        (found.names[code], [found.number(code, measure, text=_pence) for measure in PENCE])
        for code in spenders(found)
        if all(found.has(code, measure) for measure in PENCE)
    ]


def _pence(share):
    return f"{round(share * 100) + 0}p"


def _lives(found):
    """Whether prevention lives on its receipts; and if a joint body dies, when and of what."""
    lines = []
    for code in spenders(found):
        share = found.number(code, "self_sustaining", text="{:.0%}".format)
        line = [
            f"{found.names[code]}: in ",
            share,
            " of runs the last five years' prevention was paid from its own receipts",
        ]
        if found.has(code, "list_years"):
            alive = found.number(code, "list_alive", text="{:.0%}".format)
            line += [
                "; the LIST lived ",
                found.number(code, "list_years"),
                " years and was alive at the end in ",
                alive,
            ]
            line += [" of runs", _causes(found, code)]
        lines.append((*line, "."))
    return lines


def ends(found, code):
    """Each end of a joint body: replicate, year and cause."""
    data = found.decisions
    data = data[(data["arrangement"] == code) & (data["kind"] == "wind_up")]
    return [(row.replicate, row.year, row.outcome.partition(";")[0]) for row in data.itertuples()]


def _causes(found, code):
    causes = list(dict.fromkeys(cause for _, _, cause in ends(found, code)))
    return f"; where it ended, the cause was: {' or '.join(causes)}" if causes else ""


def _claimed(found):
    return [
        (
            f"{found.names[code]}: evaluation ",
            *_claim(found, code),
            "; the truth for the same cohorts and years, a family of several counted with each, is ",
            found.number(code, "true_saving"),
            ".",
            *_paid_without(found, code),
        )
        for code in spenders(found)
        if found.mean(code, "measured_saving") or found.mean(code, "true_saving")
    ]


def _claim(found, code):
    """What evaluation claimed, and how many of its findings claim nothing as they have no estimate."""
    share, every = share_without_estimate(found.cells, code), " findings a run, one a cohort and year"
    if share == 1:
        return ("had no estimate for any of its ", found.number(code, "findings"), f"{every}, and claimed nothing")
    claim = ("claimed ", found.number(code, "measured_saving"), " for the cohorts it followed")
    if not share:
        return claim
    missing, all_of_them = (found.number(code, name) for name in ("findings_without_estimate", "findings"))
    return (*claim, ", with no estimate for ", missing, " of its ", all_of_them, every)


def _paid_without(found, code):
    """What was paid for outcomes where evaluation had no estimate of any."""
    if share_without_estimate(found.cells, code) < 1 or not found.mean(code, "outcome_payment_out") > 0:
        return ()
    paid = found.number(code, "outcome_payment_out")
    return (" Payments for outcomes, ", paid, ", rest on no estimate but on what its terms deem or count.")


def _turns(found):
    """In how many runs the order is the other way; and what other yardsticks say."""
    active = spenders(found)
    if len(active) < 2 or found.manifest["replicates"] < 2:
        return []
    best = max(active, key=lambda code: found.mean(code, "cash_released"))
    net = max(active, key=lambda code: found.mean(code, "net_position"))
    cash, lines = found.runs[found.runs["measure"] == "cash_released"], []
    for code in active:
        if code != best:
            times = runs_with_more(cash, code, best)
            beaten = Number(str(times), RUNS, "more", (code, best, "cash_released"))
            head = f"{found.names[code]} released more cash than {found.names[best]} in "
            lines.append((head, beaten, f" of {_runs(found)}{'' if times else ': none of them turned the verdict'}."))
    if net != best:
        lines.append((f"Judged by the net position of the place it is {found.names[net]} that leads.",))
    return lines


def _rests(found):
    """Which share of the spread of cash released is left when all but one group of what is uncertain stands still."""
    if found.shares is None:
        return []
    rows = found.shares[(found.shares["measure"] == "cash_released") & found.shares["low"].notna()]
    lines = []
    for (code, than), groups in rows.groupby(["arrangement", "than"], sort=False):
        parts = [
            f"{found.names[code]}{f' less {found.names[than]}' if than else ''}, spread of cash released that is left when all else stands still: "
        ]
        for row in groups.itertuples():
            key = (code, than, "cash_released", row.group)
            share, low, high = (
                Number(f"{number:.0%}", SHARES, name, key)
                for name, number in (("share", row.share), ("low", row.low), ("high", row.high))
            )
            parts += [f"{row.group} ", share, " (", low, " to ", high, "), "]
        lines.append((*parts[:-1], ")."))
    return lines


def runs_with_more(runs, code, than):
    """In how many replicates an arrangement released more cash than another."""
    cash = runs[runs["measure"] == "cash_released"].groupby(["arrangement", "replicate"])["value_pence"].sum()
    table = cash.unstack("arrangement", fill_value=0)
    return int((table[code] > table[than]).sum()) if {code, than} <= set(table) else 0
