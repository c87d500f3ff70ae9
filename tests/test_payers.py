"""Who pays for use, by hand: price lists, charges, budgets, benefit, diversion; and what may not be."""

import shutil
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from sim.arrangements.fit import PAYING
from sim.arrangements.reading import load_arrangement
from sim.core.calendar import QUARTERS
from sim.core.faults import InputError
from sim.core.parameters import Quantity
from sim.place.identity import leaks
from sim.place.payers import Diversion, Payers, diverted, payers_of
from sim.place.places import load_place
from sim.place.services import FIELDS, Prices
from sim.record.measures import LEAKS
from sim.rules.benefit import CHOICES
from sim.studies import task as runner
from sim.studies.inputs import load_inputs
from tests.conftest import sums
from tests.test_agents import agency, system

PRICES = Prices(np.array([101, 10]), np.array([199, 20]), np.array([130, 15]))
RUNS = np.array([[True, False], [False, True]])  # two agencies, each with a line of its own


def payers(shares=0.0, charged=0.0, diversion=None):
    """The second agency pays a share of the first one's line, or a charge for its use."""
    table = np.array([[1 - shares, 0], [shares, 1]])
    return Payers(RUNS, table, np.array([[0, 0], [charged, 0]]), np.array([True, True]), diversion)


def counts(**numbers):
    """A quarter of the two lines; the second one stands still."""
    table = np.zeros((2, len(FIELDS)), np.int64)
    for name, number in numbers.items():
        table[0, FIELDS.index(name)] = number
    return table


def the(model, line):
    return model.lines.ids.index(line)


def test_a_share_of_a_line_is_of_every_price_by_hand():
    """Half of 101, 199 and 130: 51 (the first has the odd penny), 100 and 65 against 50, 99 and 65."""
    lists = payers(shares=0.5).price_lists(PRICES)
    assert [lists.fixed.tolist(), lists.variable.tolist(), lists.extra.tolist()] == [
        [[51, 0], [50, 10]],
        [[100, 0], [99, 20]],
        [[65, 0], [65, 15]],
    ]
    quarter = counts(eligible_served=12, places=10, over=2)  # 1,010 + 2,388 + 260 = 3,658
    assert payers(shares=0.5).recharges(quarter, PRICES)[:, 0].tolist() == [-1818, 1818]  # 500 + 1,188 + 130
    assert payers(shares=0.5).weights.tolist() == [[0.5, 0], [0.5, 1]]


def test_a_charge_for_use_follows_cases_by_hand():
    """The average, 300, for each of 8 in 10 places is 2,400; of 2,602 the runner is left with two empty places, 202."""
    full = payers(charged=1.0)
    quarter = counts(eligible_served=7, served_low=1, places=10)
    assert PRICES.spending(quarter)[0] == 2602
    assert full.recharges(quarter, PRICES)[:, 0].tolist() == [-2400, 2400]
    assert full.price_lists(PRICES).spending(quarter)[:, 0].tolist() == [202, 2400]
    assert full.weights[:, 0].tolist() == [0, 1]
    half = payers(charged=0.5)
    assert half.recharges(quarter, PRICES)[:, 0].tolist() == [-1200, 1200]
    assert half.weights[:, 0].tolist() == [0.5, 0.5]


def test_without_others_who_pay_nothing_is_recharged():
    own = payers()
    assert list(own.several) == []
    assert not own.recharges(counts(eligible_served=7, places=10), PRICES).any()
    assert own.price_lists(PRICES).fixed.sum(axis=0).tolist() == [101, 10]


@pytest.mark.parametrize("split", [payers(shares=0.3), payers(charged=1.0), payers(charged=0.35)])
def test_each_payers_identity_holds_and_all_add_up_to_the_lines(split):
    """Any counts with cases and empty places adding up to places and cases over."""
    rng = np.random.default_rng(3)
    run, twin = rng.integers(0, 300, (2, 50, 2, len(FIELDS)))
    for table in (run, twin):
        served = table[..., FIELDS.index("eligible_served")] + table[..., FIELDS.index("served_low")]
        places = table[..., FIELDS.index("places")]
        table[..., FIELDS.index("over")] = np.maximum(served - places, 0)
        table[..., FIELDS.index("empty_notice")] = 0
        table[..., FIELDS.index("empty_other")] = np.maximum(places - served, 0)
    lists, cash = split.price_lists(PRICES), 0
    for i in range(2):
        parts = leaks(run, twin, lists.of(i))
        np.testing.assert_array_equal(parts["gross_avoided"], sum(parts[name] for name in (*LEAKS, "cash_released")))
        cash = cash + parts["cash_released"]
    np.testing.assert_array_equal(cash, PRICES.spending(twin) - PRICES.spending(run))


def test_what_is_diverted_grows_to_its_bound_by_hand():
    """A fifth in the end, half of what lacks each year, under a charge of half: 0.05, 0.075, 0.0875 of demand."""
    some = payers(charged=0.5, diversion=Diversion(0.2, 0.5, 0.1))
    assert [some.diverted_share(year)[0] for year in (1, 2, 3)] == pytest.approx([0.05, 0.075, 0.0875])
    assert some.diverted_share(3)[1] == 0  # nobody is charged for the other line
    assert not payers(charged=0.5).diverted_share(9).any()
    assert not replace(some, may_divert=np.array([False, True])).diverted_share(9).any()
    quarter = counts(demand=40, eligible_served=38, refilled=1)
    assert diverted(quarter)[0] == 3
    assert some.diversion_cost(quarter, PRICES)[:, 0].tolist() == [0, 90]  # 3 at a tenth of 300


def test_who_is_diverted_is_not_admitted_and_who_has_a_place_stays():
    """Everybody is diverted at once: nobody new is admitted to the line, and nobody is turned out."""
    everybody = {"charge_for_use.diverted_share": 0.5, "charge_for_use.diversion_speed": 1}
    inputs = load_inputs("charge_for_use", "milltown", everybody)
    item = inputs.arrangement.values["diverted_share"]
    values = {**inputs.arrangement.values, "diverted_share": replace(item, value=1.0, high=1.0)}
    (model,) = runner.models([replace(inputs, arrangement=replace(inputs.arrangement, values=values))], 1)
    line, served = the(model, "prison"), []
    for _ in range(6):
        model.step()
        served.append((model.families.columns.served[model.calendar.quarter % 4] >> np.uint32(line)) & 1 == 1)
        count = model.services.counts[model.calendar.quarter][line]
        gone = diverted(count)
        assert gone == count[FIELDS.index("demand")] - served[-1].sum() - model.lines.outside[line]
        each = round(0.12 * int(model.services.prices.average[line]))
        assert model.outturn.diversion[model.calendar.quarter][agency(model, "council").number, line] == gone * each
    assert served[0].any()
    for before, after in pairwise(served):
        assert not (after & ~before).any()


@pytest.fixture(scope="module")
def charged():
    """Silos charged for use on Milltown, after two years."""
    return system("charge_for_use", years=2)


def test_budgets_move_with_who_pays_and_add_up_to_what_they_were(charged):
    silo, charge = ({item.code: item for item in system(name).agencies} for name in ("silo", "charge_for_use"))
    moved = {code: charge[code].budget_pence - silo[code].budget_pence for code in silo}
    assert sum(moved.values()) == 0
    for code, pence in moved.items():  # what moves is grant: nobody's own tax pays for it, and other services stay
        grants = [item[code].income.opening["grant"] for item in (silo, charge)]
        assert grants[1] - grants[0] == charge[code].whole_pence - silo[code].whole_pence == pence
        assert charge[code].other_pence == silo[code].other_pence
        assert charge[code].plan.duties == silo[code].plan.duties
    assert {code for code, pence in moved.items() if pence} == {"council", "justice", "nhs"}
    model = charge["council"].model
    prices, lines = model.services.prices, [the(model, name) for name in model.arrangement.charges]
    served = sum(model.services.counts[q][:, [2, 4]].sum(axis=1) for q in range(1 - QUARTERS, 1))
    assert moved["council"] == sum(int(prices.average[line]) * int(served[line]) for line in lines)
    assert {code: charge[code].discretionary_pence for code in silo} == {
        code: silo[code].discretionary_pence for code in silo
    }


def test_what_an_agency_pays_is_what_the_ledger_says(charged):
    model, quarters = charged, range(1, 9)
    paid = {}
    for item in model.agencies:
        account = item.account("service")
        own = model.ledger.paid(account, "service", "charge", "diversion", quarters=quarters)
        centre = model.ledger.received(account, "benefit_funding", quarters=quarters)
        paid[item.code] = own - centre - model.ledger.received(account, "charge", quarters=quarters)
        assert item.spent(quarters) == paid[item.code]
        assert item.cash_seen() == int(item.baseline[item.paid_lines].sum()) - item.spent(range(5, 9))
        assert item.underspend() == item.budget_pence - item.spent(range(5, 9))
    assert model.ledger.paid("council:service", "charge") > 0
    assert model.ledger.paid("council:service", "diversion") > 0
    bills = sum(int(model.outturn.spending[q][~model.lines.demand_led].sum()) for q in quarters)
    assert sum(paid.values()) == bills + model.ledger.paid("council:service", "diversion")


def test_own_benefit_is_what_one_pays_for_and_a_charge_is_cash(charged):
    model = charged
    council, justice = agency(model, "council"), agency(model, "justice")
    prison, courts = the(model, "prison"), the(model, "courts_probation")
    own = CHOICES["own"]
    assert (own(council)[prison], own(justice)[prison]) == (1, 0)
    assert (own(council)[courts], own(justice)[courts]) == (0, 1)
    assert council.cashability()[prison] == 1
    assert council.cashability()[council.own_lines] == pytest.approx(council.cash_belief)
    saved = np.zeros(len(model.lines))
    saved[[prison, courts]] = 100, 10
    assert (council.part_of(saved), justice.part_of(saved)) == (100, 10)
    assert prison not in council.own_lines
    assert prison in council.paid_lines


def test_a_share_is_believed_to_be_cash_as_each_payer_believes():
    """Half of custody each: for both together the mean of 0.2 and 0.6; for the council alone 0.2."""
    model = system("shared_cost")
    council, justice = agency(model, "council"), agency(model, "justice")
    council.cash_belief, justice.cash_belief = 0.2, 0.6
    line = the(model, "prison")
    assert council.cashability()[line] == pytest.approx(0.2)
    council.members = lambda: [council, justice]
    assert council.cashability()[line] == pytest.approx(0.4)
    assert CHOICES["own"](council)[line] == 0.5


def test_places_open_as_far_as_all_who_pay_for_them_have_money():
    """Half of a line's places each: 1,000 left and 100 left are money for 200, and 60 agreed leave 40."""
    model = system("shared_cost", years=1)
    council, justice = agency(model, "council"), agency(model, "justice")
    asked = []
    council.slack, justice.slack = lambda quarter: 1000, lambda quarter: 100
    model.services.carry_out = lambda line, quarter, plan: 120
    from sim.agents import by_list

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_list, "size", lambda item, line, quarter, slack, pressure: asked.append((line, slack)))
        justice.resize(4)
    assert asked == [(the(model, "prison"), 200), (the(model, "courts_probation"), 100)]
    before = (council.places_agreed[4], justice.places_agreed[4])
    assert before == (60, 60 + 120)
    del council.slack
    left = council.slack(4)
    council.places_agreed[4] = 0
    assert council.slack(4) == left + 60


def test_payers_cash_is_the_lines_and_programmes_are_judged_against_the_same_charges():
    result = runner.run(load_inputs("charge_for_use", "milltown", years=3), 1)
    by_line = sums(result, "cash_released", by=("line",))
    by_payer = sums(result, "cash_released", by=("agency", "line"))
    assert sum(by_payer.values()) == sum(by_line.values())
    assert {agency for agency, line in by_payer if line == "prison"} == {"council", "justice"}
    assert sums(result, "management_cash", by=("agency",))["council",] > 0
    assert sums(result, "management_cost") > 0
    alone = runner.run(load_inputs("charge_for_use", "milltown", {"programmes.effect_scale": 0}, years=3), 1)
    assert sums(alone, "gross_avoided") == sums(alone, "cash_released") == sums(alone, "diversion_cost") == 0


def test_bought_cases_that_cost_more_in_a_tight_market_are_shared_to_the_penny():
    """Twice as many bought as usual at an elasticity of 1: 260 each, half of it 130 each; the runner pays the rest."""
    prices = replace(PRICES, usual=np.array([2.0, 0.0]), elasticity=np.array([1.0, 0.0]))
    quarter = counts(eligible_served=14, places=10, over=4)
    assert prices.spending(quarter)[0] == 1010 + 14 * 199 + 4 * 260
    assert payers(shares=0.5).recharges(quarter, prices)[1, 0] == 500 + 14 * 99 + 4 * 130
    both = payers(shares=0.5).recharges(np.stack([quarter, counts()]), prices)
    assert both[:, 1, 0].tolist() == [500 + 14 * 99 + 4 * 130, 0]


# What may not be


@pytest.mark.parametrize(
    ("paid", "charged_to", "says"),
    [
        ({}, {"jobseekers_allowance": {"council": 1.0}}, "jobseekers_allowance: the centre pays for it at cost"),
        ({"prison": {"council": 0.5}}, {"prison": {"police": 0.5}}, "prison: is both shared and charged for"),
        ({}, {"prison": {"justice": 0.5}}, "prison: 'justice' runs it"),
        ({"prison": {"council": 0.6, "police": 0.6}}, {}, "prison: shares sum to 1.2"),
    ],
)
def test_shares_that_cannot_be_are_refused(milltown, paid, charged_to, says):
    with pytest.raises(InputError, match=says):
        payers_of(milltown, paid, charged_to)


def test_a_places_files_say_who_pays_and_an_arrangement_says_otherwise(milltown, tmp_path):
    folder = tmp_path / "town"
    shutil.copytree(milltown.folder, folder)
    with (folder / "lines.csv").open("a", encoding="utf-8") as handle:
        handle.write("prison,paid_by_council,0.3,share,,0,1,assumption: test\n")
        handle.write("camhs,charged_to_council,0.5,share,,0,1,assumption: test\n")
    place = load_place(folder)
    found = payers_of(place)
    line, council = place.index("lines"), place.index("agencies")["council"]
    assert found.shares[council, line["prison"]] == 0.3
    assert found.charged[council, line["camhs"]] == 0.5
    other = load_arrangement("charge_for_use").payers_at(place)
    assert (other.shares[council, line["prison"]], other.charged[council, line["prison"]]) == (0, 1)
    assert other.charged[council, line["camhs"]] == 0.5
    with (folder / "lines.csv").open("a", encoding="utf-8") as handle:
        handle.write("camhs,charged_to_nobody,0.5,share,,0,1,assumption: test\n")
    with pytest.raises(InputError, match="charged_to_nobody"):
        load_place(folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[charges]\nprisons = "council"\n', r"charges\.prisons.*'prisons' is no service line"),
        ('[charges]\nprison = "counsel"\n', r"charges\.prison.*'counsel' is no agency"),
        ("[charges]\nprison = 5\n", r"charges\.prison.*5 is not one agency or several"),
        ('[charges]\nprison = ["council", "council"]\n', r"charges\.prison.*is not one agency or several"),
        ('[charges]\nprison = ["council", "police"]\n', "prison.*shares sum to 2"),
        ("parts = []\n", "charges.*nothing reads it without the part 'use_charges'"),
        ('parts = ["use_charges", "diversion", "cost_shares"]\nvalue.payer_share = { value = 1, unit = "share", low = 0, '
         'high = 1, source = "assumption: test" }\n', "'cost_shares' does nothing without services with who pays"),
    ],
)  # fmt: skip
def test_tables_of_who_pays_that_do_not_fit_are_refused(tmp_path, text, says):
    head = 'extends = "charge_for_use"\nname = "Mine"\nsource = "assumption: test"\ndiffers = "Mine."\n'
    (tmp_path / "mine.toml").write_text(head + text, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        load_inputs(str(tmp_path / "mine.toml"), "milltown")


def test_a_share_beyond_what_a_line_costs_is_refused_wherever_it_is_set(milltown):
    one = Quantity(1.0, "share", 0, 1, "assumption: test")
    place = replace(milltown, values={**milltown.values, "lines.prison.paid_by_council": one})
    assert payers_of(place).weights[0, place.index("lines")["prison"]] == 1
    two = replace(place, values={**place.values, "lines.prison.paid_by_police": one})
    with pytest.raises(InputError, match="sum to 2"):
        payers_of(two)
    assert set(PAYING) == {"payers", "charges"}


def test_what_an_arrangement_charges_is_explained(listsim):
    code, out, _ = listsim("explain", "charge_for_use")
    assert code == 0
    assert "council is charged for each use" in out
    assert "diverts cases from statutory lines: diverted_share 0.15, diversion_speed 0.85, diversion_cost 0.12" in out
    assert "prison     council pays a share of what it costs" in listsim("explain", "shared_cost")[1]


def test_lines_of_events_and_of_practice_divert_nobody(milltown):
    """Custody, gated by the court, may; not if it served events, or if its threshold were practice, or if it were rationed."""
    at = milltown.index("lines")["prison"]

    def may(**changes):
        lines = tuple(replace(line, **changes) if line.id == "prison" else line for line in milltown.lines)
        return payers_of(replace(milltown, lines=lines)).may_divert[at]

    assert may()
    assert [may(event="arrest"), may(gate="duty"), may(kind="rationed")] == [False, False, False]
