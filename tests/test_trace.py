"""One family in both twins and one pound through the ledger, worked by hand (docs/odd.md, 8.3)."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.core.faults import InputError
from sim.record.worth import load_worth
from sim.report.findings import Findings
from sim.report.traced import family_lines, pound_lines, pound_part, table_of
from sim.results.pound import trace_pound
from sim.results.summary import FLOW_COLUMNS
from sim.results.wishes import FamilyWish, Wanted, family_wish, wish_named, wishes
from sim.trace.family import Found

# A department passes 100 on; the council keeps 25 for the next year, buys help for 25 and other things for 50.
LEDGER = [
    (1, "treasury", "ministry", "vote", 100), (1, "ministry", "council", "grant", 100), (1, "council", "firm", "programme", 25),
    (1, "council", "outside", "other_services", 50), (1, "firm", "outside", "delivery", 20),
    (2, "council", "outside", "other_services", 25),
]  # fmt: skip


def test_a_pound_by_hand():
    """A quarter of what the council had buys help, four fifths of which are spent on it: one pound in five."""
    said = trace_pound(LEDGER)
    assert [(hop["payer"], hop["payee"], hop["share"]) for hop in said["hops"]] == [
        ("treasury", "ministry", 1), ("ministry", "council", 1), ("council", "firm", 0.25), ("firm", "outside", 0.8),
    ]  # fmt: skip
    assert said["chance"] == pytest.approx(0.2)
    ends = {(hand["payer"], hand["purpose"]): hand["share"] for hand in said["last_hands"]}
    assert ends == pytest.approx(
        {("council", "other_services"): 0.75, ("firm", "delivery"): 0.2, ("firm", "kept"): 0.05}
    )


def test_a_pound_that_is_kept_goes_on_next_year():
    """Nothing but what is kept buys help: half of 100, and of the 50 then, 30."""
    flows = [
        (1, "treasury", "council", "vote", 100), (1, "council", "outside", "service", 50),
        (2, "council", "firm", "programme", 30), (2, "council", "outside", "service", 20), (2, "firm", "outside", "delivery", 30),
    ]  # fmt: skip
    said = trace_pound(flows)
    assert [(hop["year"], hop["purpose"]) for hop in said["hops"]] == [
        (1, "vote"),
        (1, "kept"),
        (2, "programme"),
        (2, "delivery"),
    ]
    assert said["chance"] == pytest.approx(0.5 * 0.6)
    assert "keeps it into the next year (50.0p of each pound it had)" in "\n".join(pound_lines(said))


def test_a_page_has_a_pound_of_each_arrangement_that_bought_help():
    flows = pd.DataFrame(
        [("a", 0, *row) for row in LEDGER] + [("a", 1, *row) for row in LEDGER[:2]] + [("b", 0, *row) for row in LEDGER[:2]],
        columns=FLOW_COLUMNS,
    )  # fmt: skip
    manifest = {
        "arrangements": {code: {"name": name, "bodies": []} for code, name in {"a": "Silos & <co>", "b": "Nothing"}.items()},
        "agencies": {"council": "City council"},
    }  # fmt: skip
    found = Findings(None, flows, None, None, None, manifest)
    page = re.sub("</?data[^>]*>", "", pound_part(found))
    first = "<summary>Silos &amp; &lt;co&gt;</summary><ol><li>Year 1: treasury pays ministry £1, vote (100.0p of each pound).</li>"
    assert first in page
    assert "<li>Year 1: City council pays firm £0, programme (25.0p of each pound).</li>" in page
    assert "One pound in 5 that came in so in year 1 went this way." in page
    assert (
        "had in that year: 75.0p City council to outside: other services; 20.0p firm to outside: delivery; 5.0p "
        in page
    )
    assert "Nothing" not in page
    assert pound_part(replace(found, flows=flows[flows["arrangement"] == "b"])) == ""


def test_money_that_goes_to_and_fro_ends_somewhere():
    """Half comes back each time: of each pound two thirds go from the council, a third from the pool."""
    flows = [
        (1, "treasury", "council", "vote", 75), (1, "council", "pool", "contribution", 50),
        (1, "pool", "council", "distribution", 25), (1, "pool", "outside", "programme", 25), (1, "council", "outside", "service", 50),
    ]  # fmt: skip
    ends = {hand["payer"]: hand["share"] for hand in trace_pound(flows)["last_hands"]}
    assert ends == pytest.approx({"council": 2 / 3, "pool": 1 / 3})


def test_overdrawn_money_is_shared_by_what_is_paid():
    flows = [(1, "treasury", "firm", "vote", 10), (1, "firm", "outside", "programme", 40)]
    assert trace_pound(flows)["chance"] == 1


def test_the_purposes_wished_for_come_in_their_order():
    wish = wish_named("pound", "outcome")  # paid for an outcome, then for help
    with pytest.raises(InputError, match="no pound of this ledger goes from vote through outcome_payment, programme"):
        trace_pound(
            [*LEDGER, (2, "firm", "council", "outcome_payment", 5)], wish
        )  # after help, and nothing bought with it
    paid = [*LEDGER, (2, "firm", "list", "outcome_payment", 5), (2, "list", "outside", "programme", 5)]
    assert [hop["purpose"] for hop in trace_pound(paid, wish)["hops"]][-3:] == [
        "kept",
        "outcome_payment",
        "programme",
    ]


def watched(lines, packed=(0, 0, 0, 0), enrolments=()):
    """What a watcher keeps of two families for four quarters, of which the first one's state is given."""

    def column(values, kind):
        return [np.array([value, 0], kind) for value in values]

    return SimpleNamespace(
        lines=column(lines, np.uint32), packed=column(packed, np.uint32), events=column([0] * 4, np.uint16),
        generation=[np.zeros(2, np.uint8)] * 4, enrolments=list(enrolments),
    )  # fmt: skip


AGENCIES = [SimpleNamespace(id="council"), SimpleNamespace(id="nhs")]
PLACE = SimpleNamespace(
    id="town", agencies=AGENCIES, events=[], neighbourhoods=["east"], needs=[SimpleNamespace(id="mental_health")],
    lines=[SimpleNamespace(id="care"), SimpleNamespace(id="ward")],
)  # fmt: skip


def found():
    """One family of two helped in quarter 2 for £3; care costs £8 a quarter, the council's; the ward £4, the NHS's.

    Served by both from then on without help; with it, by the ward alone in quarters 2 and 3, and by nobody in 4. Before,
    others' help let it into care, which its own help has not saved.
    """
    model = SimpleNamespace(
        services=SimpleNamespace(prices=SimpleNamespace(average=np.array([800, 400]))),
        payers=SimpleNamespace(weights=np.eye(2)),
        families=SimpleNamespace(
            area_of=lambda rows: rows * 0,
            columns=SimpleNamespace(generation=np.zeros(2, np.uint8), age=np.array([42, 0])),
        ),
    )
    run = watched([3, 2, 2, 0], [2, 2, 1, 1], [(2, "keyworker", "council", 300, np.array([0]))])
    inputs = SimpleNamespace(place=PLACE, arrangement=SimpleNamespace(id="silo"), worth=load_worth())
    return Found(inputs, 1, run, watched([2, 3, 3, 3], [2, 2, 2, 2]), model)


def test_a_family_by_hand():
    """From quarter 2 on: care saved in 2, 3 and 4, £24; the ward in 4, £4. Two quarters of health, half a year: 0.09 QALY."""
    said = found().told(family_wish(agency="nhs", paid_by="council"))
    assert said["saved_gbp"] == {"council": 24, "nhs": 4}
    assert (said["found"], said["helped"]) == (1, 1)
    assert said["family"] == {"row": 0, "neighbourhood": "east", "age": 10}  # 42 quarters at the end, 40 in quarter 2
    assert [quarter["quarter"] for quarter in said["quarters"]] == [1, 2, 3, 4]
    assert said["quarters"][1]["programmes"] == ["keyworker"]
    assert said["quarters"][3]["run"] == {"needs": {"mental_health": "emerging"}, "served": [], "events": [], "gbp": {}}
    assert said["worth_gbp"]["health_gained"] == pytest.approx(0.5 * 0.18 * 70_000 * 0.8091 * 0.75, abs=0.01)
    text = "\n".join(family_lines(said))
    assert "council £24, nhs £4" in text
    assert "year 1, quarter 2; begins keyworker\n  with    mental health entrenched; served by ward; £4\n" in text
    assert "year 1, quarter 1\n  with    mental health entrenched; served by care, ward; £12\n" in text
    assert all(len(line) <= 79 for line in text.splitlines())
    assert len(table_of(said)) == 8
    said["quarters"][0]["twin"] = said["quarters"][0]["run"]
    assert "  both    mental health entrenched; served by care, ward; £12\n" in "\n".join(family_lines(said))


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (family_wish(agency="nhs", at_least=4.01), r"fits none of 1 helped families: the most that help saved nhs is £4, the least £4"),
        (family_wish(agency="nhs", paid_by="police"), r"--paid-by: police: paid for no family's help; give council"),
        (family_wish("wrong_pocket"), r"wrong_pocket: fits none"),  # others are saved 4 for 3, and the council 24: more than it cost
        (family_wish("harm"), "fits none"),
        (FamilyWish("no", "", (Wanted("all", at_least_gbp=28.01),)), "fits none"),
    ],
)  # fmt: skip
def test_a_wish_that_nobody_fits_gets_one_line(wish, said):
    with pytest.raises(InputError, match=said):
        found().told(wish)


def test_bounds_are_within_a_wish():
    assert found().told(family_wish("own_pocket"))["found"] == 1
    assert found().told(FamilyWish("yes", "", (Wanted("all", at_least_gbp=28.0),)))["found"] == 1
    assert found().told(FamilyWish("yes", "", (Wanted("others", at_most=4 / 3),)))["found"] == 1


def test_every_wish_says_what_it_is_for():
    for kind in ("family", "pound"):
        for name, wish in wishes(kind).items():
            assert wish.name == name
            assert wish.text.endswith(".")


def test_wrong_wishes_are_named(listsim):
    for words, said in (
        (("family", "silo", "--wish", "wrong_pockets"), "did you mean 'wrong_pocket'"),
        (
            ("family", "silo", "--agency", "nsh", "--place", "milltown"),
            "--agency: nsh: is no agency of milltown; did you mean 'nhs'",
        ),
        (("family", "silo", "--at-least", "5"), "add --agency"),
        (("pound", "silo", "--wish", "vote"), "--wish: vote: is unknown"),
    ):
        code, _, err = listsim("trace", *words)
        assert (code, said in err, len(err.splitlines())) == (2, True, 1)


@pytest.mark.slow
def test_the_commands(listsim, tmp_path):
    town = ("list_public", "--place", "milltown", "--years", 4)
    code, out, _ = listsim("trace", "family", *town, "--wish", "own_pocket", "--agency", "nhs", "--at-least", 1, "--json", "--csv", tmp_path / "family.csv")  # fmt: skip
    said = json.loads(out)
    assert code == 0
    assert said["saved_gbp"]["nhs"] >= 1
    cost = {name: sum(sum(one[name]["gbp"].values()) for one in said["quarters"]) for name in ("run", "twin")}
    assert cost["twin"] - cost["run"] == pytest.approx(
        sum(said["saved_gbp"].values()), abs=1
    )  # before its help nothing differs
    assert len((tmp_path / "family.csv").read_text().splitlines()) == 1 + 2 * len(said["quarters"])
    code, out, _ = listsim("trace", "pound", *town)
    assert code == 0
    assert "buys" not in out
    assert "list pays" in out
    assert all(len(line) <= 79 for line in out.splitlines())
