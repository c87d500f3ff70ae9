"""What designs find in a place: of programmes that do nothing, of a known gain, after an event, and in whole runs."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.core.calendar import QUARTERS
from sim.core.dials import defaults
from sim.core.streams import mixed
from sim.evaluation import compared
from sim.evaluation.cohorts import Cohorts
from sim.evaluation.comparison_area import ComparisonArea
from sim.evaluation.groups import Cohort
from sim.evaluation.protocol import Protocol
from sim.place.burn_in import burn_in
from sim.place.places import load_place
from sim.place.tables import offer_tables
from sim.programmes.catalogue import load_catalogue
from sim.programmes.relief import Relief
from sim.programmes.uptake import worst_first
from sim.studies import task as runner
from sim.studies.comparison import OTHER
from sim.studies.inputs import load_inputs
from tests.conftest import sums

PLACE, CATALOGUE = load_place("birmingham_2010"), load_catalogue()
RELIEF = Relief(PLACE, CATALOGUE, ())
FAMILIES, YEARS = 20_000, 2


def _lived(seed, asked, other=None, effect=None):
    """A place after two years, and cohorts of its first by what is asked for: (programme, design, places, order, event).

    Parameters
    ----------
    other : Settled, optional
        Becomes the comparison area, and lives on beside it.
    effect : dict, optional
        A row of :func:`offer_tables`, for all who are enrolled.
    """
    start, area = burn_in(PLACE, defaults(), seed, FAMILIES), other and ComparisonArea(other)
    if effect:
        start.families.offers = offer_tables(len(PLACE.needs), [effect])
    groups = {
        item: Cohorts(Protocol(item[1], start.services.prices, RELIEF.paid_for, least=50), lambda: area)
        for item in asked
    }
    for quarter in range(1, YEARS * QUARTERS + 1):
        for place in (start, other) if other else (start,):
            place.families.live(quarter)
            place.services.serve(place.families, quarter)
        if other:
            area.take_down(quarter)
        for (name, _, places, order, event), cohorts in groups.items() if quarter <= QUARTERS else ():
            programme = CATALOGUE[name]
            asked_for = {"events": 0} if event is None else {"events": 1 << PLACE.index("events")[event], "within": 1}
            target = programme.targets(PLACE)._replace(**asked_for)
            offer = {"target": target, "code": programme.code, "order": order, "reach": 0.0}
            offer |= {"same_programme": np.zeros(2, np.uint8), "engagement": programme.get("engagement")}
            rows, waiting = cohorts.take_up(start.families, worst_first(places), quarter, name, **offer)
            contract = SimpleNamespace(body="b", programme=name, year=1)
            cohorts.enrolled(contract, start.families, target, rows, waiting, quarter)
            if effect:
                start.families.enrol(rows, 1, 0.0)
        if quarter == QUARTERS:
            for cohorts in groups.values():
                cohorts.close_year()
    return start, groups


def _per_family(found):
    """Mean pence saved a family of some findings, its error over them, and what was usual."""
    saved = np.array([finding.per_family for finding in found])
    return saved.mean(), saved.std(ddof=1) / len(saved) ** 0.5, np.mean([finding.usual for finding in found])


# Where nothing is done

SEEDS = 12
NULL = [("victim_advocacy", "matched", 20, 0, "domestic_abuse_call"), ("through_the_gate", "matched", 20, 1, "arrest")]


@pytest.fixture(scope="module")
def nothing_done():
    """Findings of 80 families a programme in 20,000, of 12 seeds, by programme."""
    found = {item[0]: [] for item in NULL}
    for seed in range(SEEDS):
        start, groups = _lived(seed, NULL, burn_in(PLACE, defaults(), seed + OTHER, FAMILIES))
        for item, cohorts in groups.items():
            found[item[0]] += cohorts.measure(start.families, 2)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("programme", [item[0] for item in NULL])
def test_a_matched_group_in_a_like_area_finds_nothing_where_nothing_is_done(nothing_done, programme):
    """Its mean is within two of its errors, and the error it states is about the one it has over places."""
    found = [finding for finding in nothing_done[programme] if finding.estimate]
    assert len(found) >= SEEDS - 2
    saved, error, _ = _per_family(found)
    assert abs(saved) < 2 * error
    stated = np.mean([finding.spread for finding in found])
    assert 0.6 < stated / (error * len(found) ** 0.5) < 2.1  # 99% of spreads of twelve
    for finding in found:
        assert finding.quality.enrolled_later == 0
        assert finding.quality.support > 0.75
        assert finding.quality.effective > 50


def test_before_and_after_an_event_shows_a_false_gain_and_without_one_much_less():
    """Families with an alcohol problem, by lot, to whom nothing is done: those just admitted to hospital, and any."""
    after, any_time = (("alcohol_outreach", "before_after", 30, 0, event) for event in ("admission", None))
    found = {after: [], any_time: []}
    for seed in range(4):
        start, groups = _lived(seed, found)
        for item, cohorts in groups.items():
            found[item] += cohorts.measure(start.families, 2)
    gain, error, usual = _per_family(found[after])
    assert gain > 4 * error
    assert gain > usual / 5
    assert _per_family(found[any_time])[0] < gain / 2


# Where something is


def test_a_known_gain_at_high_coverage_is_found_in_a_like_area():
    """Half of those with an alcohol problem whom services know, helped as nothing helps, in two places.

    What is found is within two of its errors of what the same families use less than in the twin. In the same place
    controls are helped, and less is found.
    """
    strong = {"escalation": np.full(len(PLACE.needs), -3.0), "recovery": np.full(len(PLACE.needs), 1.5), "running": 20}
    strong |= {
        "strength": np.ones(256),
        "level_weight": np.array([0, 1, 1, 1]),
        "band_weight": np.ones(5),
        "finds": 0.0,
    }
    found = {"matched": [], "matched_here": []}
    true = []
    for seed in range(2):
        for design, findings in found.items():
            item = ("alcohol_outreach", design, 120, 1, None)
            start, groups = _lived(seed, [item], burn_in(PLACE, defaults(), seed + OTHER, FAMILIES), strong)
            findings += groups[item].measure(start.families, 2)
        twin, cohort = _lived(seed, [])[0], findings[-1].cohort
        still = cohort.still_there(start.families)
        then, now = (place.families.served_in_year(cohort.rows[still]).astype(int) for place in (twin, start))
        price = np.where(RELIEF.paid_for("alcohol_outreach"), start.services.prices.average, 0)
        true.append(((then - now) @ price).mean())
    saved, _, _ = _per_family(found["matched"])
    error = np.sqrt(sum(finding.spread**2 for finding in found["matched"])) / len(true)
    assert all(finding.estimate for finding in found["matched"])
    assert np.mean(true) > 5 * error
    assert abs(saved - np.mean(true)) < 2 * error
    assert np.mean([finding.quality.enrolled_later for finding in found["matched_here"]]) > 0.3
    assert _per_family(found["matched_here"])[0] < 0.9 * saved


# Draws


@pytest.fixture(scope="module")
def year_later():
    """A place two years on, and everybody of its first year who applied for a programme that does nothing."""
    item = ("parenting", "waiting_list", 10**6, 1, None)
    start, groups = _lived(3, [item])
    (cohort,) = groups[item].cohorts
    it = cohort.comparison
    return start, it.sample, it.controls


def test_a_draw_is_unbiased_and_its_spread_shrinks_with_the_root_of_cohort_size(year_later):
    """Two samples of n of the same families differ by 2 S^2 / n, however few there are: the slope of logs is -1/2."""
    start, sample, _ = year_later
    protocol = Protocol("waiting_list", start.services.prices, lambda _: np.ones(len(PLACE.lines), bool), 10**6)
    sizes, batches, each = np.array([8, 16, 32, 64]), 6, 50
    assert len(sample.rows) > 2 * sizes[-1]
    saved = np.empty((len(sizes), batches, each))
    for i, size in enumerate(sizes):
        for draw in range(batches * each):
            lots = np.argsort(mixed(sample.rows.astype(np.uint32), draw))[: 2 * size]
            one, other = (sample.of(part) for part in (lots[:size], lots[size:]))
            cohort = Cohort(**vars(one), body="b", programme="p", year=1)
            cohort.comparison = compared.by_lot(cohort, other, 10**6)
            saved[i].flat[draw] = compared.findings([cohort], start.families, start.families, protocol)[0].per_family
    error = saved.std(axis=(1, 2)) / (batches * each) ** 0.5
    assert (abs(saved.mean(axis=(1, 2))) < 3.5 * error).all()
    slopes = np.polyfit(np.log(sizes), np.log(saved.std(axis=2)), 1)[0]
    assert abs(slopes.mean() + 0.5) < 3 * slopes.std(ddof=1) / batches**0.5 + 0.05


# Whole runs


@pytest.mark.parametrize("design", ["matched", "matched_here", "waiting_list", "area_count"])
def test_each_design_measures_a_whole_run(design):
    """The twin finds nothing, the design something, and the same again; findings are recorded with how good they are."""
    settings = {"programmes.effect_scale": 0, "measurement.design": design, "measurement.least_controls": 10}
    inputs = load_inputs("list_public", "milltown", settings, years=4, families=10_000)
    first, again = (runner.run(inputs, 1) for _ in range(2))
    assert sums(first, "true_saving") == 0
    assert sums(first, "measured_saving") != 0
    assert first.rows == again.rows
    assert first.flows == again.flows


def test_an_outside_baseline_measures_a_whole_run(tmp_path):
    """Families who use nothing less than stated save nothing: with a baseline of nought every cohort costs."""
    path = tmp_path / "stated.toml"
    path.write_text(
        'extends = "list_public"\nname = "stated"\nsource = "assumption: test"\ndiffers = "stated"\n'
        '[rules]\nmeasured = "stated_baseline"\n[baseline]\n'
        'foster_care = { value = 91.3125, unit = "days/family-year", low = 0, high = 365, source = "assumption: test" }\n'
    )
    inputs = load_inputs(str(path), "milltown", years=3)
    model = next(runner.models([inputs], 1))
    stated = model.cohorts.protocol.stated
    assert stated[model.lines.ids.index("foster_care")] == 1
    assert np.isnan(stated).sum() == len(stated) - 1
    model.run_model()
    assert any(finding.saved.any() for finding in model.findings)
