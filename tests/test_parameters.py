import os
import pickle
from itertools import pairwise

import pytest

from sim.core.dials import DIALS
from sim.core.evidence import check_source, deflator, evidence, financial_year, full_source
from sim.core.faults import Faults, InputError, UnknownParameterError
from sim.core.parameters import changed, quantity
from sim.studies.inputs import load_inputs
from sim.studies.study import load_study

GOOD = {
    "value": "5",
    "unit": "GBP/case",
    "price_year": "2013/14",
    "low": "1",
    "high": "9",
    "source": "unit_costs:SS1.0",
}


def test_money_is_brought_to_the_price_base():
    assert quantity(GOOD, "f", "k").base_value == pytest.approx(5 * 0.9428)
    assert deflator("2010/11") == 1.0
    care = quantity({**GOOD, "value": "51080", "high": "60000"}, "f", "k")
    assert care.base_value == pytest.approx(float(evidence("unit_costs")["SS1.0"]["value_2010_11_gbp"]), rel=1e-4)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"source": ""}, "no source"),
        ({"source": "  "}, "no source"),
        ({"source": "assumption: "}, "without a reason"),
        ({"source": "unit_costs:SS1.00"}, "not in the evidence"),
        ({"unit": ""}, "no unit"),
        ({"price_year": ""}, "price year"),
        ({"price_year": "2013/15"}, "price year"),
        ({"value": "five"}, "not a number"),
        ({"value": "nan"}, "not finite"),
        ({"value": "10"}, "out of range"),
        ({"value": "-1", "low": "-2"}, "negative"),
        ({"colour": "red"}, "unknown field"),
    ],
)
def test_a_value_that_is_not_right_says_so_in_one_line(change, says):
    with pytest.raises(InputError) as error:
        quantity({**GOOD, **change}, "costs.csv", "care", 0)
    text = str(error.value)
    assert says in text
    assert text.startswith("costs.csv: care: ")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("year", "says"),
    [
        ("2026/27", "'2026/27' has no deflator yet; the last known is '2025/26'"),
        ("2030-31", "'2030-31' has no deflator yet; the last known is '2025/26'"),
        ("2023-24", "'2023-24' is not known; write '2023/24'"),
        ("2023/2024", "write '2023/24'"),
        ("1999-00", "write '1999/00'"),
        ("1990/91", "give a financial year from '1997/98' to '2025/26'"),
        ("2013/15", "give a financial year from '1997/98' to '2025/26'"),
        ("2013", "give a financial year from"),
    ],
)
def test_a_price_year_without_a_deflator_is_refused_with_the_last_known_one(year, says):
    with pytest.raises(InputError) as error:
        quantity({**GOOD, "price_year": year}, "costs.csv", "care")
    assert says in str(error.value)
    assert "did you mean" not in str(error.value)


def test_the_series_is_whole_and_falls_as_prices_rise():
    series = evidence("deflators")
    years = sorted(series)
    assert (years[0], years[-1], len(years)) == ("1997/98", "2025/26", 29)
    assert [financial_year(year) for year in years] == years
    assert all(deflator(late) < deflator(early) for early, late in pairwise(years))
    assert all(row["source"] and row["url"] and row["licence"] for row in series.values())
    for row in evidence("unit_costs").values():  # restated by this series and no other
        if row["price_year"] in series and row["value_2010_11_gbp"]:
            restated = float(row["value_gbp"]) * deflator(row["price_year"])
            assert float(row["value_2010_11_gbp"]) == pytest.approx(restated, abs=0.51), row["id"]


def test_a_deflators_file_beside_the_data_adds_years_and_replaces_them(tmp_path):
    beside = tmp_path / "deflators.csv"
    beside.write_text("price_year,to_2010_11,source\n2026/27,0.65,a forecast\n2013/14,0.9,another series\n")
    for year, factor in (("2026/27", 0.65), ("2013/14", 0.9), ("2012/13", 0.9624)):
        item = quantity({**GOOD, "price_year": year}, tmp_path / "lines.csv", "care")
        assert item.base_value == pytest.approx(5 * factor)
        assert changed(item, "2", "--set", "care").base_value == pytest.approx(2 * factor)
    with pytest.raises(InputError, match="the last known is '2026/27'"):
        deflator("2027/28", tmp_path / "lines.csv")
    assert quantity({**GOOD, "unit": "cases", "price_year": ""}, tmp_path / "lines.csv", "care").base_value == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "price_year: column is missing"),
        ("price_year,factor,source\n2026/27,0.65,x\n", "to_2010_11: column is missing"),
        ("price_year,to_2010_11,source\n2026-27,0.65,x\n", "'2026-27' is misspelt"),
        ("price_year,to_2010_11,source\n2026/27,0.65,x\n2026/27,0.66,x\n", "line 3: price year '2026/27'"),
        ("price_year,to_2010_11,source\n2026/27,65%,x\n", "'65%' is not a number"),
        ("price_year,to_2010_11,source\n2026/27,-1,x\n", "-1 is no factor"),
        ("price_year,to_2010_11,source\n2026/27,1e300,x\n", "1e+300 is no factor; give 0.001 to 1000"),
        ("price_year,to_2010_11,source\n2026/27,0.65,a, b\n", "line 2: has too many fields"),
        ("price_year,to_2010_11,source\n2010/11,0.65,x\n", "1 for 2010/11"),
        ("price_year,to_2010_11,source\n2026/27,0.65,\n", "has no source"),
        ("price_year,to_2010_11,source\n2026/27\n", "has no source"),
    ],
)
def test_a_deflators_file_that_is_not_right_says_so(tmp_path, text, says):
    (tmp_path / "deflators.csv").write_text(text)
    with pytest.raises(InputError) as error:
        deflator("2013/14", tmp_path / "lines.csv")
    assert says in str(error.value)
    assert str(error.value).startswith(str(tmp_path / "deflators.csv"))


def test_a_deflators_file_of_great_size_is_not_read(tmp_path):
    (tmp_path / "deflators.csv").touch()
    os.truncate(tmp_path / "deflators.csv", 10**9)
    with pytest.raises(InputError, match="has 1,000 MB; give a CSV file of 50 MB at most"):
        deflator("2026/27", tmp_path / "lines.csv", "care")


def test_an_unknown_evidence_id_suggests_the_nearest():
    with pytest.raises(InputError, match=r"did you mean 'SS1.0'"):
        check_source("unit_costs:SS1.00", "f", "k")


def test_a_source_is_written_out_with_its_address():
    text = full_source("unit_costs:SS1.0 (all placements)")
    assert "Unit Cost Database" in text
    assert "https://" in text
    assert full_source("assumption: a guess") == "assumption: a guess"


def test_dials_refuse_what_is_out_of_range():
    drift = DIALS["services.threshold_drift"]
    assert drift.read("0.25") == 0.25
    for wrong in ("1.5", "-0.1", "much", "nan"):
        with pytest.raises(InputError):
            drift.read(wrong)
    with pytest.raises(InputError, match="give one of gross, marginal, cashed"):
        DIALS["list.payment_basis"].read("net")


def test_every_dial_has_a_meaning_a_source_and_a_default_it_allows():
    for name, dial in DIALS.items():
        assert dial.name == name
        assert len(dial.text) > 20
        check_source(dial.source, "dials", name)
        assert dial.read(dial.default) == dial.default


PRODUCT_DIALS = """programmes.effect_scale programmes.optimism families.contagion_scale families.coupling_scale
families.frailty_spread families.case_finding families.demand_growth services.unmet_need_scale services.threshold_drift
services.fixed_share_scale services.block_scale services.notice_scale agencies.decommissioning agencies.horizon_years
agencies.carry_forward_share departments.review_years departments.real_growth agencies.local_tax_growth list.reinvested_share list.payment_basis
measurement.design measurement.cohort_size measurement.least_controls"""


def test_dials_are_read_in_the_order_declared_with_their_ranges():
    assert list(DIALS)[:2] == ["programmes.effect_scale", "programmes.optimism"]
    assert list(DIALS)[-1] == "measurement.least_controls"
    numbers = {name: (dial.default, dial.low, dial.high) for name, dial in DIALS.items() if not dial.choices}
    assert numbers["services.threshold_drift"] == (0.5, 0.0, 1.0)
    assert numbers["comparison.envelope"] == (0.0, 0.0, 100_000_000.0)
    assert numbers["measurement.cohort_size"] == (1000.0, 10.0, 100_000.0)
    assert all(isinstance(number, float) for row in numbers.values() for number in row)
    choices = {name: dial.choices for name, dial in DIALS.items() if dial.choices}
    assert set(choices) == {"agencies.outcome_payments", "appraisal.method", "list.payment_basis", "measurement.design"}
    assert choices["list.payment_basis"] == ("gross", "marginal", "cashed")
    assert [name for name in DIALS if DIALS[name].whole] == ["departments.review_years", "measurement.cohort_size"]
    assert [name for name in DIALS if DIALS[name].by_year] == [
        "families.demand_growth",
        "departments.real_growth",
        "agencies.local_tax_growth",
    ]


def test_the_promised_dials_are_there():
    assert set(PRODUCT_DIALS.split()) <= set(DIALS)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("services.threshold_drft", "0", "did you mean 'services.threshold_drift'"),
        ("lines.foster_care.unit_cots", "1", "did you mean 'lines.foster_care.unit_cost'"),
        ("lines.foster_care.unit_cost", "-5", "out of range"),
        ("programmes.keyworker.duration", "99", "out of range"),
        ("providers.private.margin", "7", "out of range"),
        ("arrangement.payment_share", "2", "out of range"),
        ("arrangement.no_such", "2", "no such parameter"),
    ],
)
def test_settings_that_are_wrong(name, value, says):
    with pytest.raises(InputError, match=says):
        load_inputs("list_public", "milltown", {name: value})


def test_any_parameter_can_be_set_by_its_name():
    settings = {
        "services.threshold_drift": "0.1",
        "lines.foster_care.unit_cost": "40000",
        "programmes.keyworker.duration": "3",
        "providers.private.margin": "0.1",
        "list_public.payment_share": "0.4",
    }
    inputs = load_inputs("list_public", "milltown", settings)
    assert inputs.dials["services.threshold_drift"] == 0.1
    assert inputs.place.values["lines.foster_care.unit_cost"].value == 40000
    assert inputs.catalogue["keyworker"].get("duration") == 3
    assert inputs.providers["private"]["values"]["margin"].value == 0.1
    assert inputs.arrangement.get("payment_share") == 0.4


def test_a_setting_of_one_arrangement_changes_only_that_one():
    silo, public = load_study(["silo", "list_public"], "milltown", {"arrangement.payment_share": "0.4"}).inputs()
    assert "payment_share" not in silo.arrangement.values
    assert public.arrangement.get("payment_share") == 0.4
    with pytest.raises(UnknownParameterError):
        load_study(["silo"], "milltown", {"arrangement.payment_share": "0.4"})


def faulty(number, last=None):
    with Faults() as faults:
        for i in range(number):
            with faults.kept():
                raise InputError("file", f"line {i}", "is wrong", "mend it")
        if last:
            raise InputError("file", last, "ends the reading", "mend it")


def test_faults_are_told_together_and_the_first_few_are_shown():
    faulty(0)
    with pytest.raises(InputError, match=r"^file: line 0: is wrong; mend it$"):
        faulty(1)
    with pytest.raises(InputError) as error:
        faulty(2, "end")
    assert str(error.value).splitlines() == [
        "file: line 0: is wrong; mend it",
        "file: line 1: is wrong; mend it",
        "file: end: ends the reading; mend it",
    ]
    with pytest.raises(InputError) as error:
        faulty(9)
    assert len(error.value.faults) == 9
    assert str(error.value).splitlines()[-1].startswith("and 4 more")


def test_a_fault_crosses_processes_whole():
    for made in (InputError("file", "key", "is wrong", "mend it"), InputError.of(["one", "two"])):
        again = pickle.loads(pickle.dumps(made))
        assert (again.faults, str(again)) == (made.faults, str(made))


def test_a_mistake_of_ours_is_not_taken_for_a_fault():
    def broken():
        with Faults() as faults:
            with faults.kept():
                raise InputError("file", "key", "is wrong", "mend it")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()


@pytest.mark.parametrize("value", [True, b"0", bytearray(b"0")])
def test_what_only_python_takes_for_a_number_is_none(value):
    for read in (
        DIALS["services.threshold_drift"].read,
        lambda given: changed(quantity(GOOD, "f", "k"), given, "f", "k"),
    ):
        with pytest.raises(InputError, match="is not a number"):
            read(value)
