"""Management is told from prevention: a second twin with the management and no programmes."""

from tests.conftest import DATA, NAIVE, one, sums

HELD = str(DATA / "thresholds_held.toml")
# Demand must fall for there to be anything to hold or close.
FALLING = {"families.demand_growth": -0.03, "programmes.effect_scale": 0}


def test_management_alone_is_management_cash_and_never_gross():
    result = one(HELD, FALLING, years=8)
    assert sums(result, "management_cash") > 0
    gross = sums(result, "gross_avoided", by=("year", "line"))
    assert gross
    assert set(gross.values()) == {0}


def test_no_management_no_row():
    assert not any(row[3] == "management_cash" for row in one("silo", {**FALLING, **NAIVE}, years=3).rows)


def test_programmes_are_judged_against_the_twin_under_the_same_management(tmp_path):
    file = tmp_path / "held_silo.toml"
    held = '[settings]\n"services.threshold_drift" = 0\n"agencies.decommissioning" = 1\n'
    file.write_text(f'extends = "silo"\nname = "held"\nsource = "assumption: test"\ndiffers = "held"\n{held}')
    result = one(str(file), FALLING, years=6)
    assert sums(result, "programme_cost") > 0
    assert set(sums(result, "gross_avoided", by=("year", "line")).values()) == {0}
