"""The report's words: every number of them stands in a table, and none says more than its interval bears."""

import html.parser
import json
import re
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from sim.report import drawings, panels
from sim.report.findings import Findings, plain
from sim.report.verdict import runs_with_more, sentences
from sim.results.differences import DIFFERENCE_COLUMNS
from sim.results.pound import KEPT, LAST, trace_pound
from sim.results.shares import SHARE_COLUMNS
from sim.results.summary import DECISION_COLUMNS, LEDGER_COLUMNS, SUMMARY_COLUMNS

NUMBER = re.compile(r"\d")


class Told(html.parser.HTMLParser):
    """Marked numbers of a page as (where, text), and the texts outside them up to the assumptions, pictures left out."""

    def __init__(self, page):
        super().__init__()
        self.numbers, self.texts, self.within = [], [], []
        self.feed(page.split("<h2>Assumptions and sources</h2>")[0].split("<h2>Who would pay for a programme")[0])

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "use", "path"):
            self.within.append((tag, dict(attrs).get("value")))

    def handle_endtag(self, tag):
        if self.within and self.within[-1][0] == tag:
            self.within.pop()

    def handle_data(self, data):
        if any(tag in ("svg", "style", "head") for tag, _ in self.within):
            return
        if self.within and self.within[-1][0] == "data":
            self.numbers.append((json.loads(self.within[-1][1]), data))
        else:
            self.texts.append(data)


def shown(text):
    """The number that a text shows, and how much it may be rounded by."""
    digits = re.sub(r"[^\d.-]", "", text.replace("\N{WORD JOINER}", ""))
    scale = 1e6 if text.endswith("m") else 0.01 if text[-1] in "%p" else 1
    decimals = len(digits.partition(".")[2])
    return float(digits) * scale, 0.5001 * scale * 10**-decimals


@pytest.fixture(scope="module")
def drawn(compared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    compared.write(folder)
    return folder


def test_every_number_of_the_words_stands_in_a_table(drawn):
    """In summary.csv, differences.csv or runs.parquet; those of a pound in flows.parquet, in whose ways it is followed."""
    page = Told((drawn / "report.html").read_text(encoding="utf-8"))
    runs, flows = (pd.read_parquet(drawn / f"{name}.parquet") for name in ("runs", "flows"))
    summary = pd.read_csv(drawn / "summary.csv").set_index(["arrangement", "agency", "measure"])
    apart = pd.read_csv(drawn / "differences.csv").set_index(["arrangement", "than", "agency", "measure"])
    assert len(page.numbers) > 100
    assert {column for (table, column, *_), _ in page.numbers if table == "flows"} == {
        "pence",
        "share",
        "one in",
        "ends",
    }
    for (table, column, *key), text in page.numbers:
        if table == "runs":
            assert int(text) == runs_with_more(runs, *key[:2]), key
            continue
        if table == "flows":
            number = followed(flows, column, *key)
        else:
            number = (summary if table == "summary" else apart).loc[tuple(key), column]
        value, slack = shown(text)
        assert number == pytest.approx(value, abs=slack), (key, text)


class Section(html.parser.HTMLParser):
    """Tables of the section on incentives as rows of cells by their title, and its other texts, pictures left out."""

    def __init__(self, page):
        super().__init__()
        self.tables, self.texts, self.within = {}, [], []
        self.feed(page.split("<h2>Who would pay for a programme")[1].split("<h2>Assumptions and sources</h2>")[0])

    def handle_starttag(self, tag, attrs):
        self.within.append(tag)
        if tag == "tr":
            self.tables.setdefault(self.title, []).append([])
        elif tag in ("td", "th"):
            self.tables[self.title][-1].append("")

    def handle_endtag(self, tag):
        while tag in self.within and self.within.pop() != tag:
            pass

    def handle_data(self, data):
        if "svg" in self.within:
            return
        if self.within[-1:] == ["summary"]:
            self.title = data
        elif self.within[-1:] in (["td"], ["th"]):
            self.tables[self.title][-1][-1] += data
        if self.within[-1:] not in (["td"], ["th"]):
            self.texts.append(data)


def in_file(said):
    """What incentives.json has for each cell of the section's tables: by the beginning of a title, numbers by programme and head."""
    rows, word = {row["programme"]: row for row in said["rows"]}, str.replace
    bodies = {word(body, "_", " "): body for body in said["bodies"]}

    def each(what):
        return {code: {head: row[what].get(body) for head, body in bodies.items()} for code, row in rows.items()}

    def paid(way):
        return {
            code: {head: (row["payments_gbp"][way] or {}).get(body) for head, body in bodies.items()}
            for code, row in rows.items()
        }

    sums = {"All": "benefit_gbp", "As cash": "believed_cash_gbp", "At once": "at_once_gbp", "In truth": "true_gbp"}
    beside = {
        code: {
            **each("benefit_gbp")[code],
            "Cost": row["cost_per_family_gbp"],
            "± s.e.": row["standard_error_gbp"]["all"],
            **{head: sum(row[name].values()) for head, name in sums.items()},
        }
        for code, row in rows.items()
    }
    verdicts = {
        code: {
            "Forgone, £m a year": row["forgone_gbp_per_year"] / 1e6,
            "In truth": row["forgone_in_truth_gbp_per_year"] / 1e6,
            "Smallest side payment": (row["smallest_side_payment"] or {}).get("gbp"),
            "Least to lift": row["years_needed"],
        }
        for code, row in rows.items()
    }
    return {
        "Service use avoided": beside,
        "Of which each": each("believed_cash_gbp"),
        "Of which follows": each("at_once_gbp"),
        "In truth": each("true_gbp"),
        "Worth to each": each("worth_gbp"),
        "Who would buy, by": {},
        "Who would buy, ": verdicts,
        "What each would pay of a family's cost, £, in": paid("by_benefit"),
        "What each would pay of a family's cost, £, by": paid("by_bargaining"),
    }


def test_every_number_of_the_incentives_stands_in_their_file(drawn):
    """In incentives.json, as summary.csv and the others know nothing of what a family would save: each cell of each table under its
    programme and head, sums of the bodies' numbers included, published shares beside the model's, and shares and years in sentences."""
    section = Section((drawn / "report.html").read_text(encoding="utf-8"))
    said, looked_at = json.loads((drawn / "incentives.json").read_text(encoding="utf-8")), 0
    known = in_file(said)
    shares = [
        {"Published": item["published"], "Model": item["model"], "Years": item["years"]}
        for item in said["published_splits"]
    ]
    ahead = {f"{item['horizon_years']:g}" for item in (said, *said["horizons"])}
    for title, (heads, *rows) in section.tables.items():
        table = next((table for begin, table in known.items() if title.startswith(begin)), None)
        assert {number for head in heads for number in re.findall(r"(\d+) years", head)} <= ahead, title
        for place, (code, *cells) in enumerate(rows):
            of_row = shares[place] if table is None else table.get(code, {})
            for head, cell in zip(heads[1:], cells, strict=True):
                if head == "Published of" or not NUMBER.search(cell):
                    continue
                text = cell.replace("years", "").strip("() ")
                value, slack = shown(re.sub(r"[^\d.%,-]", "", text.replace("side-payment", "")))
                assert of_row[head] == pytest.approx(value, abs=slack), (title, code, head)
                looked_at += 1
    assert looked_at > 400
    by_name = {row["name"]: row for row in said["rows"]}
    for text in section.texts[1:]:
        for name, share in re.findall(r"^(.*): no split; (\d+)%", text):
            assert by_name[name]["largest_share"] == pytest.approx(int(share) / 100, abs=0.00501)
        assert set(re.findall(r"(\d+) years ahead", text)) <= ahead, text
        assert not NUMBER.search(re.sub(r"no split; \d+%|\d+ years ahead", "", text)), text


def followed(flows, column, arrangement, run, *key):
    """A number of a pound: of a flow, or of the whole way."""
    flows = flows[(flows["arrangement"] == arrangement) & (flows["replicate"] == int(run))]
    if column in ("one in", "ends"):
        said = trace_pound(list(flows[LEDGER_COLUMNS].itertuples(index=False, name=None)))
        ends = {(hand["payer"], hand["payee"], hand["purpose"]): hand["share"] for hand in said["last_hands"]}
        return 1 / said["chance"] if column == "one in" else ends[key]
    year, payer, payee, purpose = int(key[0]), *key[1:]
    paid = flows[(flows["year"] == year) & (flows["payer"] == payer)]
    pence = paid.loc[(paid["payee"] == payee) & (paid["purpose"] == purpose), "pence"].sum()
    if column == "pence":
        return pence / 100
    if payer in LAST:  # of all that starts so in that year
        return (
            pence
            / flows.loc[
                (flows["year"] == year) & flows["payer"].isin(LAST) & (flows["purpose"] == purpose), "pence"
            ].sum()
        )
    came, went = (flows[(flows[side] == payer) & (flows["year"] < year)]["pence"].sum() for side in ("payee", "payer"))
    had = max(0, came - went) + flows.loc[(flows["payee"] == payer) & (flows["year"] == year), "pence"].sum()
    had = max(had, paid["pence"].sum())
    return (had - paid["pence"].sum() if purpose == KEPT else pence) / had


def test_no_number_of_the_words_stands_outside(drawn, compared):
    """But for what was asked (families, years, runs), the size of what is modelled, names, and words with numbers in them."""
    page = Told((drawn / "report.html").read_text(encoding="utf-8"))
    allowed = ["2010/11", "95% interval", "95% confidence", "5 to 95%", "section 75", "section 114", "Section 114"]
    allowed += [item.name for item in compared.study.arrangements]
    for text in page.texts:
        for word in allowed:
            text = text.replace(word, "")
        text = re.sub(r"\d+ arrangements? compared on .*|\d+ (years|runs)|over \d+|of \d+ runs|[Yy]ear \d+", "", text)
        assert not NUMBER.search(text), text


def made(cash, low, high, replicates=3, net=None):
    """Two arrangements, b set against a: cash in £m, and the interval of the difference."""
    rows, apart = [], []
    for code, number, best in zip("ab", cash, net or cash, strict=True):
        numbers = {
            "cash_released": number,
            "net_position": best,
            "programme_cost": 1,
            "retained": number,
            "measured_saving": 2,
            "true_saving": 3,
        }
        for measure, million in numbers.items():
            rows += [(code, agency, measure, *[million * 1e6] * 4, replicates) for agency in ("all", "council")]
        rows.append((code, "all", "self_sustaining", *[0.5] * 4, replicates))
        rows += [
            (code, "all", name, *[0.25] * 4, replicates)
            for name in ("cash_of_promised", "retained_of_promised", "waiting_of_promised", "empty_of_promised")
        ]
    for measure in ("cash_released", "net_position"):
        for first, than, sign in (("b", "a", 1), ("a", "b", -1)):
            ends = sorted((sign * low * 1e6, sign * high * 1e6)) if replicates > 1 else (np.nan, np.nan)
            apart.append((first, than, "all", measure, sign * (cash[1] - cash[0]) * 1e6, *ends, replicates))
    manifest = {
        "arrangements": {code: {"name": code.upper(), "bodies": []} for code in "ab"},
        "agencies": {"council": "City council"}, "years": 3, "replicates": replicates,
    }  # fmt: skip
    runs = pd.DataFrame(
        {
            "arrangement": list("aabb"),
            "replicate": [0, 1, 0, 1],
            "measure": "cash_released",
            "value_pence": [3, 1, 2, 2],
        }
    )
    summary = pd.DataFrame(rows, columns=SUMMARY_COLUMNS)
    decisions = pd.DataFrame(columns=DECISION_COLUMNS)
    return Findings(runs, None, summary, pd.DataFrame(apart, columns=DIFFERENCE_COLUMNS), decisions, manifest)


def told(found):
    return {
        question: [plain(line).replace("\N{WORD JOINER}", "") for line in lines] for question, lines in sentences(found)
    }


def test_the_verdict_says_who_released_most_and_how_sure_that_is():
    assert told(made((10, 14), 1, 7))["Most cash"] == [
        "B released most cash, £14.0m over 3 years, on average of 3 runs.",
        "A, set against it: -£4.0m (95% interval -£7.0m to -£1.0m), surely less.",
    ]


def test_what_an_interval_does_not_bear_is_not_said():
    lines = told(made((10, 14), -1, 9))["Most cash"]
    assert lines[1] == "A, set against it: -£4.0m (95% interval -£9.0m to £1.0m), not told apart."
    assert (
        told(made((10, 10), 0, 0))["Most cash"][1]
        == "B, set against it: £0.0m (95% interval £0.0m to £0.0m), the same."
    )
    one = told(made((10, 14), 0, 0, replicates=1))
    assert one["Most cash"] == ["B released most cash, £14.0m over 3 years, in one run: nothing is sure."]
    assert "What would turn the verdict" not in one
    every = " ".join(line for lines in one.values() for line in lines)
    assert "interval" not in every
    assert "surely" not in every


def test_what_would_turn_the_verdict_is_counted_in_runs():
    """Cash of a is 3 and 1, of b 2 and 2: a has more in one run."""
    lines = told(made((10, 14), 1, 7, net=(5, 2)))["What would turn the verdict"]
    assert lines == [
        "A released more cash than B in 1 of 3 runs.",
        "Judged by the net position of the place it is A that leads.",
    ]
    found = made((10, 14), 1, 7)
    ahead = replace(found, runs=found.runs.assign(value_pence=[2, 1, 3, 1]))
    assert told(ahead)["What would turn the verdict"] == [
        "A released more cash than B in 0 of 3 runs: none of them turned the verdict."
    ]


def silenced(missing, every, measured=2):
    """As :func:`made`, where so many of b's findings a run have no estimate, and outcomes were paid for."""
    found = made((10, 14), 1, 7)
    more = {"findings": every, "findings_without_estimate": missing, "outcome_payment_out": 5e6}
    summary = found.summary[(found.summary["arrangement"] != "b") | (found.summary["measure"] != "measured_saving")]
    rows = [
        ("b", "all", name, *[number] * 4, 3) for name, number in (*more.items(), ("measured_saving", measured * 1e6))
    ]
    return replace(found, summary=pd.concat([summary, pd.DataFrame(rows, columns=SUMMARY_COLUMNS)], ignore_index=True))


def test_no_estimate_is_no_claim_of_nought(tmp_path):
    """Of 22.5 findings a run none, some or all have none; where all have, no bar stands and no number is shown for what was measured."""
    truth = "; the truth for the same cohorts and years, a family of several counted with each, is £3.0m."
    every = " of its 22.5 findings a run, one a cohort and year"
    assert (
        told(silenced(0, 22.5))["Claimed and true"][1]
        == f"B: evaluation claimed £2.0m for the cohorts it followed{truth}"
    )
    assert told(silenced(2.5, 22.5))["Claimed and true"][1] == (
        f"B: evaluation claimed £2.0m for the cohorts it followed, with no estimate for 2.5{every}{truth}"
    )
    found = silenced(22.5, 22.5, measured=0)
    assert told(found)["Claimed and true"][1] == (
        f"B: evaluation had no estimate for any{every}, and claimed nothing{truth} "
        "Payments for outcomes, £5.0m, rest on no estimate but on what its terms deem or count."
    )
    assert told(found)["Claimed and true"][0] == f"A: evaluation claimed £2.0m for the cohorts it followed{truth}"
    for missing, bars, words in ((0, 2, "Measured saving 2.0;"), (22.5, 1, "Measured saving no estimate;")):
        picture = panels.measured(silenced(missing, 22.5), "b", "B", (0, 5))
        assert len(picture.axes[0].patches) == bars
        assert any("estimate" in text.get_text() for text in picture.axes[0].texts) == bool(missing)
        plt.close(picture)
        _, caption, ((_, _), (alternative, _)) = drawings.measured(
            silenced(missing, 22.5), {"a": "A", "b": "B"}, tmp_path
        )
        assert words in alternative
        assert ("has no estimate" in caption) == bool(missing)


def test_a_body_that_dies_does_so_of_something():
    found = made((10, 14), 1, 7)
    row = {
        "arrangement": "b",
        "replicate": 1,
        "year": 2,
        "kind": "wind_up",
        "outcome": "too few members; 5 to share out",
    }
    more = [("b", "all", "list_years", *[1.5] * 4, 3), ("b", "all", "list_alive", *[0.5] * 4, 3)]
    summary = pd.concat([found.summary, pd.DataFrame(more, columns=SUMMARY_COLUMNS)], ignore_index=True)
    dead = Findings(found.runs, None, summary, found.differences, pd.DataFrame([row]), found.manifest)
    assert told(dead)["Living on its receipts"][1] == (
        "B: in 50% of runs the last five years' prevention was paid from its own receipts; the LIST lived 1.5 years and was alive at the end "
        "in 50% of runs; where it ended, the cause was: too few members."
    )


def test_what_the_spread_rests_on_is_told_where_it_is_known():
    found = made((10, 14), 1, 7)
    rows = [
        ("b", "a", "cash_released", "luck", 0.25, 0.1, 0.5, 4),
        ("b", "a", "cash_released", "assumptions", 0.5, 0.0, 1.2, 4),
    ]
    known = replace(found, shares=pd.DataFrame(rows, columns=SHARE_COLUMNS))
    assert told(known)["What the spread rests on"] == [
        "B less A, spread of cash released that is left when all else stands still: luck 25% (10% to 50%), assumptions 50% (0% to 120%)."
    ]
    assert "What the spread rests on" not in told(found)


def test_trust_has_no_point_before_the_list_lives_and_years_are_whole():
    """Alive from year 2 in one run, from year 3 in the other: 0.5 in year 2, the mean of 0.5 and 0.7 in year 3."""
    lives = {"list_alive": [[0, 1, 1], [0, 0, 1]], "trust": [[0, 0.5, 0.5], [0, 0, 0.7]]}
    rows = [
        (measure, run, year, number)
        for measure, runs in lives.items()
        for run, numbers in enumerate(runs)
        for year, number in enumerate(numbers, 1)
    ]
    table = pd.DataFrame(rows, columns=["measure", "replicate", "year", "amount"])
    series = table.set_index(["measure", "replicate", "year"])["amount"]
    found = replace(made((10, 14), 1, 7), runs=pd.DataFrame({"year": [1, 2, 3]}))
    picture = panels.life(found, "b", series, "trust", "Trust", "0 to 1", ())
    (axis,) = picture.axes
    np.testing.assert_allclose(axis.lines[0].get_ydata(), [np.nan, 0.5, 0.6])
    assert [float(tick) for tick in axis.get_xticks() if 1 <= tick <= 3] == [1, 2, 3]
    plt.close(picture)


def test_who_has_no_list_bought_in_no_year_of_one(drawn):
    page = (drawn / "report.html").read_text(encoding="utf-8")
    row = re.search(r"<td[^>]*>Years in which the LIST bought</td>(.*?)</tr>", page)[1]
    cells = [re.sub("<[^>]+>", "", cell) for cell in row.split("</td>")[:-1]]
    assert [cell == "n/a" for cell in cells] == [True, True, True, False, True]
