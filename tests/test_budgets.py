"""Budgets that bind: income by kind, the plan, cuts, reserves, reports and licences, each worked by hand (odd.md, 6.5, 6.6)."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from sim.agents import cuts
from sim.agents.income import Income
from sim.agents.spending_plan import SpendingPlan
from sim.arrangements.reading import arrangement_names
from sim.core.calendar import QUARTERS
from sim.core.faults import InputError
from sim.core.ledger import OUTSIDE
from sim.place.places import load_place
from sim.place.services import served_cases
from sim.record.recorder import Recorder
from sim.studies.futures import future_names
from sim.studies.inputs import load_inputs
from sim.system import LocalSystem
from tests.conftest import blank_twin, settled_for
from tests.test_agents import agency, spends, system

# Income


def test_income_by_kind_by_hand():
    """1,000 of which 30% is council tax and 10% ring-fenced; two years of -10% on grants and +1% on tax."""
    income = Income(1000, 0.1, 0.3, 0.2)
    assert income.now == {"grant": 600, "ring_fenced_grant": 100, "local_tax": 300}
    income.follow(2, -0.1, 0.01)
    assert income.now == {"grant": 486, "ring_fenced_grant": 81, "local_tax": 306}
    assert income.total == 873


def test_a_formula_pays_for_modelled_services_by_their_need_by_hand():
    """A fifth of 600 is for services of the model; need is down by a tenth: 600 x (1 - 0.2 x 0.1)."""
    income = Income(1000, 0.1, 0.3, 0.2)
    income.index = 0.9
    income.follow(1, 0.0, 0.0)
    assert income.now["grant"] == 588


def test_a_review_takes_what_was_not_needed_once_and_gives_nothing_back():
    """200 of a limit of 1,000 are for services of the model: 150 spent, 50 gone; the same again takes nothing more."""
    income = Income(1000, 0.0, 0.0, 0.2)
    totals = []
    for spent in (150, 150, 230, 140):
        income.take(spent)
        income.follow(1, 0.0, 0.0)
        totals.append(income.total)
    assert totals == [950, 950, 950, 940]
    income.follow(2, -0.1, 0.0)
    income.take(81 * 1.4)  # no less than what is left of the limit for them: 140 x 0.81
    income.follow(2, -0.1, 0.0)
    assert income.total == 761  # 940 x 0.81


@pytest.mark.parametrize(("code", "taken"), [("nhs", True), ("council", False), ("police", False)])
def test_reviews_take_from_limits_and_never_from_councils(code, taken):
    model = system("silo", {"departments.review_years": 2})
    item, model.calendar.quarter = agency(model, code), 8
    spends(model, item, 0, 0, 0, 0)
    model.outturn.known_need = lambda lines: 1.0
    before = item.income.total
    model.party(item.spec.department).set_income(item, 1)
    assert item.income.total == before  # no review
    model.party(item.spec.department).set_income(item, 2)
    assert (item.income.total < before) is taken
    assert item.income.total <= before


@pytest.mark.parametrize("year", [3, 6])
def test_no_income_grows_because_money_was_overspent(year):
    model = system("silo")
    for item in model.agencies:
        model.calendar.quarter = 4 * year
        spends(model, item, *[10 * item.budget_pence] * 4)
        model.outturn.known_need = model.outturn.workload = lambda lines: 1.0
        before = item.income.total
        model.party(item.spec.department).set_income(item, year)
        assert item.income.total == before, item.code


def test_a_formula_follows_known_need_at_a_review_and_only_then():
    """Half of how far need outran the trend: 10% more than 2% a year for three years is 1.05."""
    model = system("silo", {"families.demand_growth": 0.02})
    item = agency(model, "council")
    model.outturn.known_need = lambda lines: 1.1 * 1.02**3
    parent = model.party(item.spec.department)
    parent.set_income(item, 2)
    assert item.income.index == 1.0
    parent.set_income(item, 3)
    assert item.income.index == pytest.approx(1.05)


# The plan

NOTHING, OWN = np.zeros(2, np.int64), np.arange(2)


def plan(whole=1000, statutory=500, discretionary=40):
    """A body of 1,000: a duty of 100, an early-help line of 60 with 30 places, 400 of other duties, 400 that is none."""
    return SpendingPlan(
        np.array([False, True]), np.array([100, 60]), np.array([10, 30]), whole, statutory, discretionary
    )


def test_a_first_plan_is_in_balance_by_hand():
    it = plan()
    assert (it.lines, it.other, it.optional, it.discretionary) == (160, 800, 400, 40)


@pytest.mark.parametrize(
    ("income", "owed", "outturn", "lines", "optional", "free"),
    [
        (1000, 0, (100, 60), (100, 60), 400, 40),  # as it was
        (900, 0, (100, 60), (100, 48), 320, 32),  # 100 less of 500: a fifth of each
        (900, 0, (150, 60), (150, 42), 280, 28),  # a duty that costs 50 more: 150 less of 500
        (900, 100, (100, 60), (100, 36), 240, 24),  # a deficit of 100 to repay
        (1100, 0, (100, 60), (100, 72), 480, 48),  # what is restored goes by the same shares
        (1000, 0, (80, 60), (100, 60), 400, 40),  # a budget once agreed stays until the review
        (450, 0, (100, 60), (100, 0), 0, 0),  # duties of 500 come first, whatever comes in
    ],
)
def test_the_gap_is_shared_by_what_can_be_cut_by_hand(income, owed, outturn, lines, optional, free):
    it = plan()
    short = it.draw_up(income, owed, np.array(outturn), NOTHING, review=False)
    assert (tuple(it.by_line), it.optional, it.discretionary) == (lines, optional, free)
    assert it.lines + it.other + it.discretionary + owed == income + short
    assert short == (50 if income == 450 else 0)


def test_a_review_agrees_duties_anew_and_what_they_free_goes_to_the_rest():
    """A duty that costs 50 less: 550 for what was 500."""
    it = plan()
    it.draw_up(1000, 0, np.array([50, 60]), NOTHING, review=True)
    assert (tuple(it.by_line), it.optional, it.discretionary) == ((50, 66), 440, 44)


def test_what_working_as_one_saves_is_taken_from_a_duty_at_a_review_by_hand():
    """A duty of 100 of which 20 was saved: 80 is budgeted, and as much as it would cost more when it would cost more."""
    it = plan()
    it.draw_up(1000, 0, np.array([100, 60]), np.array([20, 0]), review=True)
    assert it.by_line[0] == 80
    it.draw_up(1000, 0, np.array([110, 60]), np.array([20, 0]), review=False)
    assert it.by_line[0] == 90


def test_a_review_lowers_a_rationed_line_to_its_outturn_and_never_raises_it():
    """45 of 60 was spent: 15 of 500 is taken for good, and the rest stands. An overspend changes nothing."""
    it = plan()
    it.rebase(np.array([100, 45]))
    it.draw_up(985, 0, np.array([100, 45]), NOTHING, review=True)
    assert (tuple(it.by_line), it.optional, it.discretionary) == ((100, 45), 400, 40)
    it.rebase(np.array([100, 90]))
    it.draw_up(985, 0, np.array([100, 90]), NOTHING, review=True)
    assert tuple(it.by_line) == (100, 45)


def test_after_a_section_114_report_there_is_no_new_prevention():
    it = plan()
    it.draw_up(1000, 0, np.array([100, 60]), NOTHING, review=False, may_choose=False)
    assert (it.discretionary, it.optional) == (0, 440)
    it.draw_up(1000, 0, np.array([100, 60]), NOTHING, review=False)
    assert it.discretionary == 40


def test_what_was_cut_is_told_by_kind():
    it = plan()
    it.draw_up(900, 0, np.array([100, 60]), NOTHING, review=False)
    assert it.cut == {"cut_lines": 12, "cut_other_services": 80, "cut_prevention": 8}
    assert it.pressure == 100 / 900  # of the whole budget, so that practice grows stricter
    it.draw_up(950, 0, np.array([100, 60]), NOTHING, review=False)
    assert it.cut == {"cut_lines": 0, "cut_other_services": 0, "cut_prevention": 0}
    assert it.pressure == -50 / 950


# Places


def test_places_follow_a_budget_that_is_cut_in_whole_blocks():
    """Four fifths of 30 places is 24: half of a block of 12 less, so one closes; of a block of 20 none does."""
    it = plan()
    it.draw_up(900, 0, np.array([100, 60]), NOTHING, review=False)
    assert it.places(1) == 24
    assert it.places(0) is None  # a duty
    for block, left in ((12, [12]), (13, []), (3, [6]), (1, [6])):
        told = []
        services = SimpleNamespace(
            places=np.array([10, 30]), under_notice=lambda: np.zeros(2, int), run_down=lambda *asked, told=told: told.append(asked[2]) or 9
        )  # fmt: skip
        lines = SimpleNamespace(block=np.array([1, block]), ids=["care", "help"])
        book = SimpleNamespace(taken=lambda *row: None)
        model = SimpleNamespace(services=services, lines=lines, decisions=book)
        cuts.fit_places(SimpleNamespace(model=model, plan=it, own_lines=OWN, paid_lines=OWN, code="council"), 4)
        assert told == left, block


@pytest.mark.parametrize(("places", "money"), [(24, 0), (18, 500), (19, 0)])
def test_no_place_opens_on_a_line_whose_budget_is_cut_below_its_places(places, money):
    """A budget for 24 places pays for a block of 12 from 18 places on, as half of it is within the budget."""
    it = plan()
    it.draw_up(900, 0, np.array([100, 60]), NOTHING, review=False)
    services = SimpleNamespace(places=np.array([10, places]), under_notice=lambda: np.zeros(2, int))
    model = SimpleNamespace(services=services, lines=SimpleNamespace(block=np.array([1, 12])))
    council = SimpleNamespace(model=model, plan=it, own_lines=OWN, paid_lines=OWN)
    assert cuts.slack(council, 1, 500) == money
    assert cuts.slack(council, 0, 500) == 500  # a duty


def test_early_help_closes_in_austerity_and_nowhere_else():
    """Milltown's early help has fewer places, and no more cases than places, after five years at -9% of grants."""
    model = system("do_nothing", {"departments.real_growth": -0.09}, years=5)
    line = model.lines.ids.index("family_support")
    assert model.services.places[line] < model.services.opening[line]
    assert served_cases(model.services.counts[20])[line] <= model.services.places[line]
    assert any(row[2] == "cut" and row[4] == "family_support" for row in model.decisions.rows)
    assert not any(row[2] == "cut" and row[4] in ("care", "social_work") for row in model.decisions.rows)


def test_nobody_is_turned_out_and_nobody_is_let_in():
    """Half of early help is put on notice while all of it is in use: places go as families leave, and T never exceeds K."""
    model = system("do_nothing", years=1)
    line = model.lines.ids.index("family_support")
    before = int(model.services.places[line])
    model.services.run_down(line, 4, before // 2)
    agency(model, "council").resize = lambda quarter: None  # nothing opens again
    for _ in range(12):
        served = served_cases(model.services.counts[model.calendar.quarter])[line]
        model.step()
        now = served_cases(model.services.counts[model.calendar.quarter])[line]
        assert now <= model.services.places[line]
        assert now <= max(served, before - before // 2)
    assert model.services.places[line] == before - before // 2
    assert model.services.under_notice()[line] == 0


def test_cases_from_outside_lose_places_in_proportion_and_get_them_back():
    model = system("do_nothing", years=1)
    line, services = model.lines.ids.index("drug_treatment"), model.services
    places, outside = int(services.places[line]), int(services.outside[line])
    services.run_down(line, 4, places // 3)
    assert services.outside[line] == outside - int(outside * (places // 3) / places)
    assert model.services.lines.outside[line] == outside
    services.openings.append((line, places))
    services.build(5)
    assert services.outside[line] == outside


# Within the year


def pressed(over, reserve, held, code="council"):
    """A body in its third quarter whose forecast exceeds its budget by so much, with 400 of other services that are no duty."""
    model = system("silo")
    model.calendar.quarter, item = 3, agency(model, code)
    item.pay(OUTSIDE, item.balance("reserve"), "service", "reserve")
    for purse, pence in (("reserve", reserve), ("prevention", held)):
        model.ledger.transfer(OUTSIDE, item.account(purse), pence, "grant")
    item.plan.optional, item.other_pence = 400, 800
    cuts.in_year(item, over)
    return model, item


@pytest.mark.parametrize(
    ("over", "reserve", "prevention", "stopped", "reports"),
    [
        (50, 60, 30, 0, 0),  # the reserve is enough
        (80, 60, 10, 0, 0),  # 20 of prevention first
        (100, 60, 0, 10, 0),  # all 30 of it, then 10 of other services
        (115, 60, 0, 25, 0),  # a quarter of the last quarter's 100 that are no duty
        (116, 60, 0, 26, 1),  # beyond that it takes a report, and all else that is no duty stops
        (999, 60, 0, 100, 1),  # no more than there is; duties go on
    ],
)
def test_an_overspend_goes_to_reserve_prevention_other_services_and_a_report_by_hand(
    over, reserve, prevention, stopped, reports
):
    model, item = pressed(over, reserve, 30)
    assert item.balance("reserve") == reserve
    assert item.balance("prevention") == prevention
    assert item.stopped_pence == item.noted["cut_other_services"] == stopped
    assert item.noted["section_114_reports"] == reports
    paid = item.balance("service")
    model.calendar.quarter = 4
    item.pay_services(np.zeros(len(model.lines), np.int64))
    assert paid - item.balance("service") == 200 - stopped
    assert [row[2] for row in model.decisions.rows].count("section_114") == reports


def test_only_councils_and_police_report():
    _, item = pressed(999, 0, 0, "nhs")
    assert item.stopped_pence == 25
    assert item.noted["section_114_reports"] == 0


@pytest.mark.parametrize(
    ("rule", "support", "noted"),
    [
        ("section_114", 70, {"section_114_reports": 1, "exceptional_support": 70}),
        ("breach", 70, {"limit_breaches": 1, "exceptional_support": 70}),
        ("licensed", 0, {"licensed_deficit": 70}),
    ],
)
def test_a_deficit_that_nothing_covers_by_hand(rule, support, noted):
    """Of 100, the reserve has 20 and prevention 10: support that is to be repaid, or a deficit carried forward."""
    model = system("do_nothing")
    model.calendar.quarter, item = 4, agency(model, "council")
    item.spec = SimpleNamespace(**{**vars(item.spec), "deficit": rule})
    spends(model, item, 0, 0, 0, 0)
    item.pay(OUTSIDE, item.balance("reserve"), "service", "reserve")
    item.pay(OUTSIDE, 100, "service", "service")
    for purse, pence in (("reserve", 20), ("prevention", 10)):
        model.ledger.transfer(OUTSIDE, item.account(purse), pence, "grant")
    item.close_year()
    assert {name: item.noted[name] for name in noted} == noted
    assert item.noted["reserve_used"] == 20
    assert item.to_recover == support
    assert item.balance("service") == support - 70
    income = item.income.total
    item.plan_year(review=False)
    assert item.budget_pence + item.other_pence + item.discretionary_pence == income - 70  # either way it is paid first


def test_a_body_in_need_takes_what_joint_bodies_it_hosts_hold():
    """The lead's deficit of 100 takes 60 that the fund it hosts holds; another member's takes nothing."""
    for code, left in (("council", 0), ("nhs", 60)):
        model = system("lead_commissioning_s75")
        model.calendar.quarter, body, item = 4, model.bodies[0], agency(model, code)
        assert body.host is agency(model, "council")
        item.pay(OUTSIDE, item.balance("reserve"), "service", "reserve")
        item.pay(OUTSIDE, 100, "service", "service")
        model.ledger.transfer(OUTSIDE, body.account(), 60, "grant")
        cuts.cover(item)
        assert body.balance() == left
        assert item.balance("service") == -40 - left


# Whole runs


def ran(arrangement, future, years):
    """A model after some years, and its flows by (year, party, purpose), paid and received."""
    inputs = load_inputs(arrangement, "milltown", future=future, years=years)
    start = settled_for(inputs, 3)
    model = LocalSystem(inputs, start, 3, Recorder(blank_twin(inputs.n_families)))
    held = {}
    for year in range(1, years + 1):
        for item in model.agencies:
            held[item.code, year] = model.ledger.party_balance(item.code)
        for _ in range(QUARTERS):
            model.step()
    return model, held


def within_their_means(arrangement, future, years):
    """Refuse a run in which a body spends more than income and reserves beyond what a report, breach or licence shows.

    What is shown is what it comes to, to the penny. Returns how much that was of all bodies.
    """
    model, held = ran(arrangement, future, years)
    came, went, support = {}, {}, {}
    for year, payer, payee, purpose, pence in model.ledger.flows():
        table = support if purpose == "exceptional_support" else came
        table[payee, year] = table.get((payee, year), 0) + pence
        went[payer, year] = went.get((payer, year), 0) + pence
    shown, licensed = {}, {}
    for year, party, kind, pence, *_ in model.decisions.rows:
        if kind in ("support", "breach"):
            shown[party, year] = int(pence)
        elif kind == "license":
            licensed[party, year] = int(pence)
    for (code, year), pence in held.items():
        beyond = went.get((code, year), 0) - max(0, pence) - came.get((code, year), 0)
        assert beyond <= support.get((code, year), 0) + licensed.get((code, year), 0), (code, year)
        assert support.get((code, year), 0) <= shown.get((code, year), 0), (code, year)
    return sum(support.values()) + sum(licensed.values())


@pytest.mark.parametrize("future", future_names())
def test_no_body_spends_more_than_income_and_reserves(future):
    within_their_means("list_naive", future, 5)


@pytest.mark.slow
@pytest.mark.parametrize("future", ["austerity", "rising_need"])
@pytest.mark.parametrize("arrangement", arrangement_names())
def test_no_body_of_any_arrangement_spends_more_than_income_and_reserves(arrangement, future):
    within_their_means(arrangement, future, 5)


def test_in_austerity_nobody_but_small_bodies_by_chance_lives_beyond_its_means():
    """What goes beyond means is a breach of a small limit by chance: below a thousandth of what bodies spend."""
    beyond = within_their_means("do_nothing", "austerity", 8)
    assert beyond < 0.001 * 8 * 60e6 * 100


def test_a_council_whose_duties_exceed_its_means_shows_all_that_the_centre_covers(tmp_path):
    """Its grant falls by a fifth a year: after the reserve is gone, the report of the third quarter is not all that is lacking."""
    path = "[path.{}]\nby_year = [{}]\nsource = 'assumption: test'\n"
    paths = path.format('"departments.communities.real_growth"', -0.2) + path.format(
        '"agencies.local_tax_growth"', -0.05
    )
    head = "name = 'Worst'\ntext = 'Worst.'\nsource = 'assumption: test'\n"
    (tmp_path / "worst.toml").write_text(head + paths, encoding="utf-8")
    assert within_their_means("silo", str(tmp_path / "worst.toml"), 9) > 0


@pytest.mark.slow
def test_without_policy_and_trend_needs_services_and_budgets_stand_still_for_25_years():
    """Means of years 16 to 25 against those of years 1 to 10, over ten seeds: all lines within 4%, whole bodies within 1%.

    Each line, and each level of each need, within a twentieth and four standard errors. No rationed place is cut for
    good: a review takes what noise spares of a limit, and that is small. Social work alone grows, by some 4%: lower need
    let into places that stand empty stays there.
    """
    moved, places, whole, spent = [], [], [], []
    for seed in range(1, 11):
        inputs = load_inputs("do_nothing", "milltown", years=25)
        start = settled_for(inputs, seed)
        model = LocalSystem(inputs, start, seed, Recorder(blank_twin(inputs.n_families)))
        first, opening = model.services.places.copy(), sum(item.income.total for item in model.agencies)
        by_quarter = []
        for quarter in range(1, 25 * QUARTERS + 1):
            model.step()
            levels = [(model.families.columns.levels == level).sum(axis=0) for level in (1, 2, 3)]
            by_quarter.append(np.concatenate([model.outturn.spending[quarter], *levels]))
        early, late = (np.mean(part, axis=0) for part in (by_quarter[:40], by_quarter[60:]))
        moved.append((early, late))
        spent.append([part[: len(model.lines)].sum() for part in (early, late)])
        rationed = ~model.lines.open_door
        places.append(model.services.places[rationed].sum() / first[rationed].sum())
        whole.append(sum(item.income.total for item in model.agencies) / opening)
    early, late = np.swapaxes(moved, 0, 1)
    error = (late - early).std(axis=0, ddof=1) / len(moved) ** 0.5
    assert (abs((late - early).mean(axis=0)) <= 0.05 * early.mean(axis=0) + 4 * error).all()
    assert np.divide(*np.mean(spent, axis=0)) == pytest.approx(1, abs=0.04)
    assert np.mean(places) == pytest.approx(1, abs=0.05)
    assert np.mean(whole) == pytest.approx(1, abs=0.01)


def test_shares_of_income_and_whole_budgets_must_fit(tmp_path):
    folder = tmp_path / "milltown"
    shutil.copytree(load_place("milltown").folder, folder)
    path = folder / "agencies.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("council,local_tax_share,0.4,share of whole budget,,0.39,0.42", "council,local_tax_share,0.95,share of whole budget,,0.39,0.96"), encoding="utf-8")  # fmt: skip
    with pytest.raises(InputError, match=r"council.ring_fenced_share: it and local_tax_share sum to 1.05"):
        load_place(folder)
    path.write_text(text.replace("nhs,budget_per_head,1750,GBP/person-year,2010/11,1500,2000", "nhs,budget_per_head,17500,GBP/person-year,2010/11,1500,20000"), encoding="utf-8")  # fmt: skip
    with pytest.raises(InputError, match=r"whole budgets of all agencies are .* and public spending is"):
        load_place(folder)
