import pickle

import pytest

from sim import runner
from sim.parameters import (
    DIALS,
    Faults,
    InputError,
    UnknownParameterError,
    check_source,
    deflator,
    evidence,
    full_source,
    quantity,
)

GOOD = {
    "value": "5",
    "unit": "GBP/case",
    "price_year": "2013/14",
    "low": "1",
    "high": "9",
    "source": "unit_costs:SS1.0",
}


def test_money_is_brought_to_the_price_base():
    assert quantity(GOOD, "f", "k").base_value == pytest.approx(5 * 0.9467)
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
agencies.carry_forward_share departments.review_years departments.real_growth list.reinvested_share list.payment_basis
measurement.design measurement.cohort_size"""


def test_the_promised_dials_are_there():
    assert set(PRODUCT_DIALS.split()) <= set(DIALS)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("services.threshold_drft", "0", "did you mean 'services.threshold_drift'"),
        ("lines.care.unit_cots", "1", "did you mean 'lines.care.unit_cost'"),
        ("lines.care.unit_cost", "-5", "out of range"),
        ("programmes.keyworker.duration", "99", "out of range"),
        ("providers.private.margin", "7", "out of range"),
        ("arrangement.payment_share", "2", "out of range"),
        ("arrangement.no_such", "2", "no such parameter"),
    ],
)
def test_settings_that_are_wrong(name, value, says):
    with pytest.raises(InputError, match=says):
        runner.load_inputs("list_public", "milltown", {name: value})


def test_any_parameter_can_be_set_by_its_name():
    settings = {
        "services.threshold_drift": "0.1",
        "lines.care.unit_cost": "60000",
        "programmes.keyworker.duration": "3",
        "providers.private.margin": "0.1",
        "list_public.payment_share": "0.4",
    }
    inputs = runner.load_inputs("list_public", "milltown", settings)
    assert inputs.dials["services.threshold_drift"] == 0.1
    assert inputs.place.values["lines.care.unit_cost"].value == 60000
    assert inputs.catalogue["keyworker"].get("duration") == 3
    assert inputs.providers["private"]["values"]["margin"].value == 0.1
    assert inputs.arrangement.get("payment_share") == 0.4


def test_a_setting_of_one_arrangement_changes_only_that_one():
    cases = runner.load_cases(["silo", "list_public"], "milltown", {"arrangement.payment_share": "0.4"})
    assert "payment_share" not in cases[0].arrangement.values
    assert cases[1].arrangement.get("payment_share") == 0.4
    with pytest.raises(UnknownParameterError):
        runner.load_cases(["silo"], "milltown", {"arrangement.payment_share": "0.4"})


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
