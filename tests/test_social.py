"""What a run is worth to society, every number worked by hand (docs/odd.md, 8.2)."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import sim
from sim.core.faults import InputError
from sim.place.places import load_place
from sim.place.services import FIELDS, Prices
from sim.record.measures import SOCIAL
from sim.record.recorder import Recorder
from sim.record.social import Social
from sim.record.worth import load_worth
from sim.results.summary import RUN_COLUMNS, summarise

WORTH = load_worth()
PRICES = Prices(np.array([100, 0, 100]), np.array([200, 806, 200]), np.array([150, 0, 150]))


def line(name, agency, kind, gate):
    return SimpleNamespace(id=name, agency=agency, kind=kind, gate=gate)


TOWN = SimpleNamespace(
    lines=[
        line("clinic", "nhs", "rationed", "judgement"),
        line("dole", "jobcentre", "demand_led", "entitlement"),
        line("prison", "justice", "statutory", "court"),
    ],
    agencies=[SimpleNamespace(id="nhs"), SimpleNamespace(id="jobcentre")],
    needs=[SimpleNamespace(id="mental_health"), SimpleNamespace(id="worklessness")],
    events=[SimpleNamespace(id="arrest")],
)


def record(arrests=0, depressed=0, out_of_work=0, clinic=(), dole=(), prison=(), flows=()):
    """A record of two years; everything in the first of its quarters, but families with a need in all four."""
    counts, levels, happened = np.zeros((8, 3, len(FIELDS)), np.int64), [], []
    for j, numbers in enumerate((clinic, dole, prison)):
        for name, number in dict(numbers).items():
            counts[0, j, FIELDS.index(name)] = number
    for quarter in range(8):
        levels.append(np.array([[0, 0, depressed, 0], [0, 0, 0, out_of_work]]) * (quarter < 4))
        happened.append(np.array([arrests * (quarter == 0)]))
    return Recorder(counts=counts, levels=levels, happened=happened, flows=list(flows))


def rows(run, twin, worth=WORTH):
    """Pence by year, who gains, what and measure, nought left out."""
    found = {}
    for year, whom, what, measure, pence, value in Social(TOWN, PRICES, worth, run, twin).build():
        assert value is None
        key = (year, whom, what, measure)
        found[key] = found.get(key, 0) + pence
    return {key: pence for key, pence in found.items() if pence}


def test_a_family_whose_one_event_vanishes():
    """One arrest less: 7,084 + 17,271 to victims, cut by a quarter for grade 5: 5,313.00 + 12,953.25."""
    assert rows(record(), record(arrests=1)) == {(1, "victims", "arrest", "victims_spared"): 531_300 + 1_295_325}


def test_a_harm_is_not_made_smaller():
    assert rows(record(arrests=1), record()) == {(1, "victims", "arrest", "victims_spared"): -708_400 - 1_727_100}


def test_a_year_of_work_is_earnings_tax_and_well_being():
    """Earnings 11,937 x 0.9624 = 11,488.17, less a quarter 8,616.13, a fifth tax; well-being 0.4 x 13,000 x 0.8514 x 0.75."""
    assert rows(record(), record(out_of_work=1)) == {
        (1, "treasury", "worklessness", "earnings_gained"): 172_323,
        (1, "families", "worklessness", "earnings_gained"): 689_290,
        (1, "families", "worklessness", "wellbeing_gained"): 332_046,
    }


def test_a_year_of_health():
    """0.18 x 70,000 x 0.8091 = 10,194.66 less a quarter; lost earnings 2,347 x 1.0686 = 2,508.00 less a quarter."""
    found = rows(record(), record(depressed=2))
    assert found[1, "families", "mental_health", "health_gained"] == 2 * 764_600 - 1  # 764,599.5 each
    assert found[1, "treasury", "mental_health", "earnings_gained"] == round(2 * 0.2 * 188_100.315)


def test_a_benefit_not_paid_is_a_transfer():
    """A claimant less is 806 pence of cash and no resource; a prisoner less is 300, whose place is closed."""
    twin = record(
        dole={"demand": 1, "eligible_served": 1, "places": 1}, prison={"demand": 1, "eligible_served": 1, "places": 1}
    )
    assert rows(record(), twin) == {(1, "justice", "prison", "resources_freed"): 300}


def test_need_that_is_met_is_worth_half_its_cost_and_no_cash():
    """Ten ask in the twin and six are served; in the run seven ask, and six are served still.

    N = 300 x 3 = 900, of which 40% would have waited: 360 never served. Backfill 900 - 360 = 540: worth 270.
    """
    twin = record(clinic={"demand": 10, "eligible_served": 6, "places": 6})
    run = record(clinic={"demand": 7, "eligible_served": 6, "places": 6})
    assert rows(run, twin) == {(1, "families", "clinic", "met_need_value"): 270}
    nothing = replace(WORTH, values={**WORTH.values, "met_need": replace(WORTH.values["met_need"], value=0.0)})
    assert rows(run, twin, nothing) == {}


def test_a_place_let_to_lower_need_is_worth_a_quarter_and_an_empty_one_nothing():
    """Of two places freed one is let to lower need, 300 x 0.25; one stands empty, and is paid for: no row."""
    twin = record(clinic={"demand": 6, "eligible_served": 6, "places": 6})
    run = record(clinic={"demand": 4, "eligible_served": 4, "served_low": 1, "places": 6, "empty_other": 1})
    assert rows(run, twin) == {
        (1, "families", "clinic", "met_need_value"): 75,
        (1, "nhs", "clinic", "resources_freed"): 200,  # v of the case less
    }


def test_a_cell_refilled_is_no_good_to_who_is_in_it():
    twin = record(prison={"demand": 2, "eligible_served": 2, "places": 2})
    run = record(prison={"demand": 1, "eligible_served": 2, "places": 2, "refilled": 1})
    assert rows(run, twin) == {}


def test_other_services_that_give_way():
    """400 in the twin and 150 in the run, at what they cost."""
    twin = record(flows=[(1, "nhs", "outside", "other_services", 400), (1, "nhs", "outside", "service", 9)])
    run = record(flows=[(1, "nhs", "outside", "other_services", 150)])
    assert rows(run, twin) == {(1, "nhs", None, "displaced_value"): 250}


def summary(**measures):
    """The whole's summary of one made-up run: pounds by year."""
    leaves = [
        ("a", 0, 0, year, "council", None, name, round(pounds * 100), np.nan)
        for name, years in measures.items()
        for year, pounds in enumerate(years, 1)
    ]
    frame = pd.DataFrame(leaves, columns=RUN_COLUMNS).astype({"value_pence": "Int64", "value": "float64"})
    table = summarise(frame, {"a": ()})
    return table[table["agency"] == "all"].set_index("measure")["mean"]


def test_discounting_at_two_rates():
    """103.50 of earnings and 101.50 of health in the second year are 100 each; 40 was put in: 160, and 5 a pound."""
    table = summary(earnings_gained=[0, 103.5], health_gained=[0, 101.5], delivery_cost=[40, 0])
    assert table["npsv"] == pytest.approx(160)
    assert table["social_bcr"] == pytest.approx(5)


def test_transfers_are_in_no_social_value():
    """60 freed, 10 saved by working as one, 30 put in; payments, returns, benefits and prices change nothing."""
    plain = {"resources_freed": [60], "efficiency_saving": [10], "delivery_cost": [20], "transaction_cost": [10]}
    moved = ("outcome_payment_in", "outcome_payment_out", "investor_return", "programme_cost", "agency_premium", "cash_released",
             "retained", "provider_surplus", "returned_ame", "distributed", "capital_in")  # fmt: skip
    table = summary(**plain, **{name: [1000] for name in moved}, gross_avoided=[1], net_position=[1])
    assert table["npsv"] == pytest.approx(40)
    assert table["social_bcr"] == pytest.approx(70 / 30)


def test_what_is_displaced_counts_beyond_its_cost_only():
    """50 less spent elsewhere, worth 50: nothing; worth 80: 30 lost."""
    assert summary(displaced_services=[50], displaced_value=[50], delivery_cost=[50])["npsv"] == pytest.approx(-50)
    assert summary(displaced_services=[50], displaced_value=[80], delivery_cost=[50])["npsv"] == pytest.approx(-80)


@pytest.mark.parametrize("name", ["birmingham_2010", "milltown"])
def test_every_need_and_event_is_valued_or_said_not_to_be(name):
    place = load_place(name)
    known = {outcome.need or outcome.event for outcome in WORTH.outcomes} | set(WORTH.not_valued)
    assert {item.id for item in (*place.needs, *place.events)} <= known


def test_whose_value_is_whose(compared):
    """By who gains it adds up to the whole; where nothing is done nobody gains."""
    npsv = compared.summary[compared.summary["measure"] == "npsv"].set_index(["arrangement", "agency"])["mean"]
    for name in ("silo", "list_public"):
        assert npsv[name].drop("all").sum() == pytest.approx(npsv[name, "all"])
        assert {"families", "victims", "treasury", "council"} <= set(npsv[name].index)
        assert npsv[name, "families"] != 0
    assert (npsv["do_nothing"] == 0).all()


@pytest.mark.slow
def test_programmes_that_do_nothing_bring_nobody_anything_but_their_cost():
    idle = {"programmes.effect_scale": 0, "families.case_finding": 0}
    done = sim.compare(["list_public"], settings=idle, place="milltown", years=2, replicates=1).summary
    none = done[done["agency"] == "all"].set_index("measure")["mean"]
    assert none["npsv"] < 0
    assert [name for name in SOCIAL if name.endswith(("_gained", "_spared")) and none[name]] == []


def test_a_value_can_be_set_within_its_range():
    asked = {"place": "milltown", "years": 1, "replicates": 1}
    with pytest.raises(InputError, match=r"--set: value.qaly: value 100000 is out of range; give 20000 to 70000"):
        sim.compare(["silo"], settings={"value.qaly": 100_000}, **asked)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('whom = "victims"', 'whom = "victim"', "victims"),
        ('event = "arrest"', 'event = "arrest"\nneed = "offending"\nlevels = [2]', "is of no need and no event, or of both"),
        ("grade = 5", "grade = 7", "arrest_economic.grade: 7 is unknown"),
        ('measure = "victims_spared"', 'measure = "cash_released"', "arrest_economic.measure: 'cash_released' is unknown"),
        ("unit_costs:CR8.0 (676", "unit_costs:CR99 (676", "not in the evidence"),
    ],
)  # fmt: skip
def test_a_wrong_file_gets_one_line(tmp_path, old, new, said):
    from importlib.resources import files

    text = (files("sim") / "scenarios" / "social_value.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "value.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"value.toml") as raised:
        load_worth(path)
    assert said in str(raised.value)
