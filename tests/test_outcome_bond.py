"""Local outcome bonds: what happens at maturity, when a bond is feasible, and the published example to the pound."""

import json
import sys

import pytest

from sim.cli.shell import main
from sim.core.faults import InputError
from sim.core.ledger import OUTSIDE, Ledger, party_of
from sim.deals import bonds as outcome_bond
from sim.deals.bonds import OutcomeBond, Payer, feasible, load_conditions, mature
from sim.examples.lob import DEPARTMENT, INVESTORS, example, load_example, play_example


@pytest.fixture
def listsim(monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["listsim", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return call


# The published example

PUBLISHED = [161_200_000, 145_080_000, 2_340, 1_170, 1_670, 8_350_000, 153_430_000, 7_770_000, 2_500_000]
KEYS = ["benefit_before_gbp", "benefit_after_gbp", "price_per_case_gbp", "agency_share_per_case_gbp",
        "department_pays_per_case_gbp", "department_pays_agency_gbp", "department_pays_in_all_gbp",
        "department_saves_gbp", "agency_premium_gbp"]  # fmt: skip


def figures(**options):
    result = example(**options)
    return [result[key] for key in KEYS]


def test_the_example_to_the_pound(listsim):
    assert figures() == PUBLISHED
    code, out, _ = listsim("example", "lob")
    assert code == 0
    lines = out.splitlines()
    assert [line.split()[-1] for line in lines[: len(PUBLISHED)]] == [f"£{pounds:,}" for pounds in PUBLISHED]
    assert "£2,000 returns £2,106" in out
    assert "1.7% a year over 3 years" in out


def test_the_example_follows_its_cases():
    """4,000 cases: 46,000 claimants at 3,224 a year, 4,000 at 1,670."""
    assert figures(cases=4000) == [
        161_200_000, 148_304_000, 2_340, 1_170, 1_670, 6_680_000, 154_984_000, 6_216_000, 2_000_000,
    ]  # fmt: skip


def test_the_example_follows_its_price():
    """3,000 a case: 3,510 to investors, half of it 1,755, with the premium 2,255."""
    assert figures(cost=3000) == [
        161_200_000, 145_080_000, 3_510, 1_755, 2_255, 11_275_000, 156_355_000, 4_845_000, 2_500_000,
    ]  # fmt: skip


def test_the_example_follows_risk_premium_and_failures():
    assert figures(risk=0.2, premium=0.1)[2:5] == [2_600, 1_300, 1_800]
    failed = figures(failures=0.1)  # 4,500 of 5,000
    assert failed == [
        161_200_000, 146_692_000, 2_340, 1_170, 1_670, 7_515_000, 154_207_000, 6_993_000, 2_250_000,
    ]  # fmt: skip


def test_options_reach_the_example(listsim):
    code, out, _ = listsim("example", "lob", "--cases", 4000, "--price", 3000, "--risk", 0.2, "--premium", 0.1,
                           "--failures", 0.5, "--pricing", "fair", "--json")  # fmt: skip
    assert code == 0
    shown = json.loads(out)
    assert shown == example("fair", cases=4000, cost=3000, risk=0.2, premium=0.1, failures=0.5)
    assert (shown["succeeded"], shown["price_per_case_gbp"]) == (2000, 4125)


def test_the_price_is_not_a_fair_price_of_its_own_risk():
    """At the risk it allows for it returns 5.3% in three years, not 7%; a fair price returns what it says."""
    published, fair = (example(pricing)["investors"]["at_the_risk_priced"] for pricing in ("appendix", "fair"))
    assert published["back_per_case_funded_gbp"] == 2_106
    assert published["return_a_year"] == pytest.approx(1.053 ** (1 / 3) - 1)
    assert round(published["return_a_year"], 3) == 0.017
    assert fair["back_per_case_funded_gbp"] == pytest.approx(2_140, abs=0.01)
    assert fair["return_a_year"] == pytest.approx(1.07 ** (1 / 3) - 1, abs=1e-6)
    assert example()["investors"]["as_played"]["return_a_year"] == pytest.approx(1.17 ** (1 / 3) - 1)


def test_investors_bear_what_fails():
    rows = example(failures=1.0)
    assert rows["price_per_case_gbp"] is None
    assert rows["department_saves_gbp"] == 0
    assert rows["investors"]["as_played"]["return_a_year"] == -1.0
    assert rows["investors"]["as_played"]["not_repaid_gbp"] == 10_000_000
    assert example(failures=0.5)["investors"]["as_played"]["not_repaid_gbp"] == 10_000_000 - 2500 * 2340


def test_the_statement_is_a_query_on_a_ledger_in_balance():
    desk, bond, deal, _ = play_example(load_example(), "appendix")
    postings = desk.ledger.postings
    balance = {}
    for _, payer, payee, pence, _ in postings:
        balance[party_of(payer)] = balance.get(party_of(payer), 0) - pence
        balance[party_of(payee)] = balance.get(party_of(payee), 0) + pence
    assert sum(balance.values()) == 0
    assert balance[INVESTORS] == 1_170_000_000
    assert balance["jobcentre"] == 250_000_000  # the premium is all it keeps
    assert balance["social_investment_bank"] == balance["community_provider"] == balance["other_agency"] == 0
    assert balance[DEPARTMENT] == -(161_200_000_00 + 153_430_000_00)
    assert (deal.capital, deal.default_pence) == (bond.capital_pence, 0)
    assert {posting[4] for posting in postings} >= {"capital", "capital_repayment", "investor_return", "agency_premium"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lb"], "did you mean 'lob'"),
        ([], "Missing argument 'name'"),
        (["lob", "--cases", "60000"], "more than there are claimants"),
        (["lob", "--cases", "0"], "give 1 to"),
        (["lob", "--price", "-1"], "--price"),
        (["lob", "--risk", "1"], "give 0 to 0.9"),
        (["lob", "--failures", "1.5"], "give 0 to 1"),
        (["lob", "--pricing", "fairr"], "did you mean 'fair'"),
    ],
)
def test_wrong_options_get_one_line(listsim, words, says):
    code, out, err = listsim("example", *words)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


# Maturity


def a_bond(**changes):
    payers = (Payer("council", 2, "dfe", 50), Payer("police", 1, "home_office"), Payer("nhs:prevention", 1))
    terms = {"outcome": "care", "programme": "mst", "provider": "charity", "cost_pence": 800, "price_pence": 1000,
             "target": 100, "risk": 0.1, "payers": payers, "years": 3}  # fmt: skip
    return OutcomeBond(**{**terms, **changes})


def test_departments_pay_agencies_and_agencies_pay_the_holder():
    """Half the council's, a quarter each the others'; the health body's department has not consented and it has 100."""
    ledger = Ledger()
    ledger.transfer(OUTSIDE, "nhs:prevention", 100, "opening_balance")
    assert not a_bond().agreed()
    assert mature(a_bond(), 10, ledger, "bank:basket") == 5000 + 2500 + 100
    assert ledger.balance("bank:basket") == 7600
    assert [ledger.balance(code) for code in ("council", "police", "nhs:prevention")] == [500, 0, 0]
    assert [ledger.balance(code) for code in ("dfe", "home_office")] == [-5500, -2500]
    assert sum(p[3] for p in ledger.postings if p[4] == "agency_premium") == 500


def test_no_more_than_the_target_is_paid_for():
    ledger = Ledger()
    bond = a_bond(payers=(Payer("council", 1, "dfe"),))
    assert bond.agreed()
    assert mature(bond, 130, ledger, "bank") == 100 * 1000
    assert mature(bond, 0, ledger, "bank") == 0


def test_shares_of_a_price_are_exact():
    bond = a_bond(price_pence=1001, payers=tuple(Payer(code, 1) for code in "abc"))
    assert bond.unit_parts() == [334, 334, 333]


def test_a_bonds_payments_by_hand():
    bond = a_bond()
    assert bond.capital_pence == 80_000
    assert bond.multiple == pytest.approx(0.9 * 1.25)
    assert bond.multiple_variance(0.0) == pytest.approx(1.5625 * 0.09 / 100)
    assert bond.multiple_variance(1.0) == pytest.approx(1.5625 * 0.09)  # all succeed or all fail


# When a bond is feasible

GOOD = {"cost_of_case": 50_000, "measurement_error": 0.3, "cashable_share": 0.4, "known_share": 0.8,
        "evidence_grade": 2, "cost_of_saving": 0.3}  # fmt: skip


def test_there_are_five_conditions_and_a_good_project_meets_them():
    conditions = load_conditions()
    assert len({condition.text for condition in conditions}) == 5
    assert {condition.fact for condition in conditions} == set(GOOD)
    assert feasible(GOOD, conditions) == []
    edge = {condition.fact: condition.threshold.value for condition in conditions}
    assert feasible(edge, conditions) == []


@pytest.mark.parametrize(
    ("fact", "value"),
    [("cost_of_case", 999), ("measurement_error", 0.6), ("cashable_share", 0.1), ("known_share", 0.2),
     ("evidence_grade", 5), ("cost_of_saving", 0.9)],
)  # fmt: skip
def test_each_condition_can_fail_alone_and_says_why(fact, value):
    failed = feasible({**GOOD, fact: value}, load_conditions())
    assert len(failed) == 1
    assert f"{fact} is {value}" in failed[0][1]
    unknown = feasible({name: number for name, number in GOOD.items() if name != fact}, load_conditions())
    assert unknown == [(failed[0][0], f"{fact} is not known")]


def test_a_condition_must_say_its_side(tmp_path):
    text = (outcome_bond.files("sim") / "scenarios" / "investors.toml").read_text(encoding="utf-8")
    mine = tmp_path / "mine.toml"
    mine.write_text(text.replace('at = "least"', 'at = "above"', 1), encoding="utf-8")
    with pytest.raises(InputError, match="give 'least' or 'most'"):
        load_conditions(mine)
