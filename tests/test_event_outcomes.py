"""Events in a whole run: what is recorded, what is paid for them, and that every sum holds."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sim.api import compare
from sim.core.dials import defaults
from sim.core.faults import InputError
from sim.evaluation import compared
from sim.evaluation.groups import noted
from sim.evaluation.tally import Unit
from sim.place.burn_in import burn_in
from sim.place.places import load_place
from sim.place.tables import offer_tables
from sim.programmes.catalogue import load_programme
from sim.record.measures import LEAKS
from sim.record.rows import Rows
from sim.rules.payment import CHOICES
from sim.studies.inputs import load_inputs
from sim.system import LocalSystem
from sim.words import checked, explained
from tests.conftest import PLAN, blank_twin
from tests.eventful import EVENTS, write_eventful
from tests.test_measurement import PRICES, _cohort, _Families, _protocol, _target
from tests.test_rows import NOW, PAYERS, THEN, TOWN, recorded
from tests.test_rows import PRICES as OF_ROWS

YEARS = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_eventful(tmp_path_factory.mktemp("place") / "eventful")


@pytest.fixture(scope="module")
def lived(folder):
    return compare(["do_nothing", PLAN], str(folder), {"programmes.effect_scale": 3}, 3, 1, YEARS)


def test_the_identity_holds_for_lines_that_serve_events(lived):
    rows = lived.runs[lived.runs["line"].notna()]
    table = rows.pivot_table(
        index=["arrangement", "year", "line"], columns="measure", values="value_pence", aggfunc="sum"
    )
    assert (table["gross_avoided"] == table[[*LEAKS, "cash_released"]].sum(axis=1)).all()
    assert (table.xs("custody_suite", level="line")["gross_avoided"] != 0).any()


def test_events_of_the_run_and_of_its_twin_are_recorded_by_year(lived):
    table = lived.events
    assert len(table) == 2 * YEARS * len(EVENTS)
    nothing = table[table["arrangement"] == "do_nothing"]
    assert (nothing["events"] == nothing["events_twin"]).all()
    assert (nothing["families"] == nothing["families_twin"]).all()
    assert (table["families"] <= table["events"]).all()
    assert (table["events"] > table["families"])[table["event"] == "arrest"].all()  # some are arrested more than once
    helped = table[table["arrangement"] == table["arrangement"].iloc[-1]]
    assert (helped["events"] != helped["events_twin"]).any()


def test_a_line_of_events_serves_as_many_cases_as_there_are_events(folder):
    inputs = load_inputs("do_nothing", str(folder), years=1)
    model = LocalSystem(inputs, burn_in(inputs.place, inputs.place_dials, 3), 3, blank_twin(3000))
    model.run_model()
    model.recorder.finish(model)
    line = len(inputs.place.lines) - 1
    served = model.recorder.counts[:, line, 2]
    np.testing.assert_array_equal(served, np.stack(model.recorder.happened)[:, 0])
    lately = np.bitwise_or.reduce(model.families.columns.events, axis=0) & 1
    assert model.recorder.with_event[0][0] == lately.sum()


def test_what_is_paid_by_frequency_and_what_by_the_binary_move_apart_by_hand():
    """Four treated: three offend no more, the fourth four times; of four controls two offend once each, one is over it.

    Those who offend fall from 2 to 1 and those turned around are 3 - 1 more: the binary pays. Offences rise from 2 to
    4, at 100 pence: 200 pence lost, of which half is nothing to pay.
    """
    families = _Families([[0, 0], [0, 0], [0, 0], [4, 0], [1, 0], [1, 0], [0, 0], [0, 0]], [0] * 8)
    families.columns.levels[:, 0] = [1, 1, 0, 3, 2, 2, 2, 1]
    cohort = _cohort([0, 1, 2, 3], [[4, 0]] * 4, [4, 5, 6, 7])
    by_pounds, by_levels = (
        compared.findings([cohort], families, families, replace(_protocol(), unit=Unit(name)))[0]
        for name in ("pounds", "levels")
    )
    assert by_pounds.saved[0] == -2
    assert by_levels.turned == 2
    model = SimpleNamespace(
        relief=SimpleNamespace(paid_for=lambda _: np.array([True, False])),
        services=SimpleNamespace(prices=PRICES),
        calendar=SimpleNamespace(year=2),
        arrangement=SimpleNamespace(
            get={"outcome_share": 0.5}.get, optional=lambda name: 0, pence={"result_fee": 300}.get
        ),
    )
    contract = SimpleNamespace(programme="p", year=1)
    assert CHOICES["share_of_savings"].outcome(model, contract, by_pounds) == -100
    assert CHOICES["fees"].outcome(model, contract, by_levels) == 600


def test_fewer_offend_and_offences_rise_where_custody_ends_sooner():
    """Birmingham, 60,000 families. A programme doubles the chance that offending eases: in full for those in custody,
    who cannot be arrested there, and by less for those at the start. After two years fewer families have an offender,
    and fewer were arrested in the year; but those let out offend often, so that arrests are more than without.
    """
    place = load_place("birmingham_2010")
    need, arrest, n = place.index("needs")["offending"], place.index("events")["arrest"], len(place.needs)
    settled, seen = burn_in(place, defaults(), 1, 60_000), []
    recovery = np.where(np.arange(n) == need, np.log(2), 0)
    offer = {
        "escalation": np.zeros(n),
        "recovery": recovery,
        "strength": np.arange(256) < 8,
        "running": 8,
        "finds": 0.0,
    }
    offer |= {"level_weight": np.array([0, 0.3, 0, 1]), "band_weight": np.ones(5)}
    for helped in (False, True):
        families, arrests = settled.copy().families, 0
        families.offers = offer_tables(n, [offer])
        if helped:
            families.enrol(np.nonzero(families.columns.levels[:, need])[0], 1, 0.0)
        for quarter in range(1, 9):
            families.live(quarter)
            arrests += families.happened[:, arrest].sum()
        offend = (families.columns.levels[:, need] > 0).sum()
        seen.append((offend, families.with_event()[arrest], arrests))
    without, with_help = seen
    assert with_help[0] < without[0]
    assert with_help[1] < without[1]
    assert with_help[2] > 1.01 * without[2]


def test_events_before_enrolment_are_those_of_the_year_and_not_four_times_the_quarters(folder):
    inputs = load_inputs("do_nothing", str(folder), years=1)
    families = burn_in(inputs.place, inputs.place_dials, 3).families
    line = len(inputs.place.lines) - 1
    families.columns.served[:, 5] = [1 << line | 1 << 1, 0, 1 << line, 0]
    target = _target(families.place)
    before = noted(families, target, np.array([5]), 0).before
    assert before[0, line] == 2
    assert before[0, 1] == 1


def test_a_programme_may_be_for_families_with_a_recent_event(folder, milltown, tmp_path):
    inputs = load_inputs("do_nothing", str(folder), years=1)
    programme = load_programme("drug_treatment")
    asked = replace(programme, target={**programme.target, "event": "relapse"})
    assert asked.targets(inputs.place).events == 1 << 1
    assert programme.targets(inputs.place).events == 0
    assert asked.targets(milltown) is None
    path = tmp_path / "after_relapse.toml"
    text = Path(programme.file).read_text(encoding="utf-8")
    path.write_text(text.replace("[target]", '[target]\nevent = "relapse"'), encoding="utf-8")
    assert load_programme(path).target["event"] == "relapse"
    assert "right at" in checked(path, str(folder))
    with pytest.raises(InputError, match=r"target.event: 'relapse' is no event of milltown"):
        checked(path, "milltown")
    path.write_text(text.replace("[target]", "[target]\nevent = 3"), encoding="utf-8")
    with pytest.raises(InputError, match=r"target.event.*give text in quotes"):
        load_programme(path)


def test_a_rate_is_explained_and_a_place_checked(folder):
    rows = dict(explained("events.arrest.rate_crisis", str(folder)))
    assert rows["value"] == "0.6"
    assert rows["unit"] == "chance a quarter"
    assert dict(explained("transitions.conduct.down_lasting.2", str(folder)))["unit"] == "chance a quarter"
    assert "a place" in checked(folder)


def test_use_beyond_the_horizon_counts_events_that_are_to_be_expected():
    """Two families fewer leave with an offender at level 3, who is arrested 0.6 times a quarter at 300 pence, for 2 years."""
    values = {"needs.harm.years_after_25": 2, "lines.ward.coverage": 0.5, "lines.care.coverage": 1}
    values |= {f"events.arrest.rate_{level}": rate for level, rate in zip(("emerging", "entrenched", "crisis"), (0, 0.3, 0.6), strict=True)}  # fmt: skip
    care, ward = TOWN.lines
    care = SimpleNamespace(**{**vars(care), "event": "arrest", "level": 1, "care": False})
    town = SimpleNamespace(**{**vars(TOWN), "lines": [care, ward], "get": values.get, "events": ()})
    twin = recorded({}, {}, THEN, np.array([[0, 0, 1, 2]]), entrenched=[0, 0])
    run = recorded({}, {}, NOW, np.array([[0, 0, 1, 0]]), entrenched=[0, 0])
    run.twin = twin
    rows = Rows(town, OF_ROWS, PAYERS, run, twin).build()
    (pence,) = [row[4] for row in rows if row[:4] == (1, "council", "care", "beyond_horizon")]
    assert pence == 2 * 0.6 * 2 * 4 * 300
