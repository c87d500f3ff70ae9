"""Needs with two speeds, and events: what moves, what happens, and what follows from it."""

from dataclasses import replace

import numpy as np
import pytest

from sim.core import philox
from sim.core.dials import defaults
from sim.core.faults import InputError
from sim.place import kernels
from sim.place.burn_in import burn_in
from sim.place.families import Families
from sim.place.places import load_place
from sim.place.services import pick
from tests import oracle
from tests.conftest import with_values
from tests.eventful import EVENTS, LASTING, quiet, write_eventful

SPOILT = [
    ("place.toml", 'need = "substance"\n\n[[event]]', 'need = "substances"\n\n[[event]]', "did you mean 'substance'"),
    ("place.toml", "gate = true", 'gate = "yes"', "give true or false"),
    (
        "place.toml",
        'level = 1\nkind = "statutory"\ngate = "court"\nevent',
        'level = 2\nkind = "statutory"\ngate = "court"\nevent',
        "an event is served at any",
    ),
    ("place.toml", 'event = "arrest"', 'event = "arests"', "did you mean 'arrest'"),
    ("place.toml", 'event = "arrest"', 'event = "relapse"', "is not the need of the event 'relapse'; give 'substance'"),
    ("place.toml", 'id = "relapse"', 'id = "arrest"', "given twice"),
    ("lines.csv", "1800,GBP/event", "1800,GBP/case-year", "give GBP/event"),
    ("events.csv", "arrest,rate_crisis,0.6", "arrest,rate_crises,0.6", "did you mean 'rate_crisis'"),
    ("events.csv", "arrest,rate_crisis,0.6", "arrest,rate_crisis,1.6", "above 1"),
    ("events.csv", "relapse,per_other_need", "relaps,per_other_need", "did you mean 'relapse'"),
    ("events.csv", "relapse,per_other_need", "relapse,worsens_conduct", "relapse.per_other_need: is missing"),
    ("events.csv", "arrest,worsens_worklessness,3", "arrest,worsens_worklessness,0.5", "below 1"),
    ("events.csv", "arrest,worsens_worklessness", "arrest,worsens_work", "did you mean 'worsens_worklessness'"),
    ("transitions.csv", "conduct,lasting,2,", "conduct,lasting,0,", "unknown"),
    ("transitions.csv", "conduct,lasting,2,", "conduct,lasted,2,", "did you mean 'lasting'"),
    ("transitions.csv", "conduct,down_lasting,2,0.0225", "conduct,down_lasting,2,0.2225", "is above down 0.075"),
    (
        "transitions.csv",
        "offending,lasting,2,0.5,share of spells",
        "offending,down,1,0.5,share of spells",
        "given twice",
    ),
]


@pytest.mark.parametrize(("file", "find", "put", "says"), SPOILT)
def test_spoilt_events_and_speeds_say_what_is_wrong_in_one_line(tmp_path, file, find, put, says):
    folder = write_eventful(tmp_path / "town")
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(find) == 1
    (folder / file).write_text(text.replace(find, put), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_place(folder)
    found = [fault for fault in error.value.faults if says in fault]
    assert found, error.value.faults
    assert file in found[0]
    assert "\n" not in found[0]


def test_a_share_of_lasting_spells_asks_for_their_exits_and_many_faults_are_told_at_once(tmp_path):
    folder = write_eventful(tmp_path / "town")
    path = folder / "transitions.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(row for row in rows if not row.startswith("conduct,down_lasting,2")), encoding="utf-8")
    with (folder / "place.toml").open("a", encoding="utf-8") as file:
        file.writelines(f'[[event]]\nid = "e{i}"\nname = "E {i}"\nneed = "conduct"\n' for i in range(14))
    with pytest.raises(InputError) as error:
        load_place(folder)
    faults = "\n".join(error.value.faults)
    assert "conduct level 2: has lasting and no down_lasting; add a row down_lasting" in faults
    assert "there are 17; give 16 at most" in faults
    assert "e13.rate_crisis: is missing" in faults


def test_a_place_with_events_and_no_file_of_them_says_so(tmp_path):
    folder = write_eventful(tmp_path / "town")
    (folder / "events.csv").unlink()
    with pytest.raises(InputError, match=r"events\.csv"):
        load_place(folder)


ARREST, RELAPSE, PROCEEDINGS = range(3)


@pytest.fixture(scope="module")
def eventful(tmp_path_factory):
    return load_place(write_eventful(tmp_path_factory.mktemp("place") / "eventful"))


@pytest.fixture(scope="module")
def lived(eventful):
    """The eventful place after its burn-in; copy before changing."""
    return burn_in(eventful, defaults(), seed=5)


def test_kernels_agree_with_their_plain_twins_about_spells_gates_and_events(lived):
    families = lived.copy().families
    moved = happened = 0
    for quarter in range(1, 4):
        families.age()
        columns, before = families.columns, families.columns.levels.copy()
        tables = families._need_tables._replace(up=families._areas.chances(families.counts, quarter))
        levels, lasting = oracle.move(columns, tables, families.offers, families.key, quarter, philox.MOVE)
        families.move_needs(quarter)
        np.testing.assert_array_equal(columns.levels, levels)
        np.testing.assert_array_equal(columns.lasting, lasting)
        assert not (columns.lasting & ~columns.has).any()  # what is no need has no kind
        columns.found[::2] = columns.has[::2] & ~columns.known[::2]  # as if a programme had found them
        expected = oracle.happen(families, quarter, philox.EVENT)
        known, found = columns.known.copy(), columns.found.copy()
        families.happen(quarter)
        masks = np.array([sum(1 << e for e in now) for now in expected])
        np.testing.assert_array_equal(columns.events[quarter % kernels.RING], masks)
        shows = np.zeros(families.n, int)
        for e, k in enumerate(families._event_tables.need):
            shows |= (masks >> e & 1) << int(k)
            assert families.happened[:, e].sum() == (masks >> e & 1).sum()
        np.testing.assert_array_equal(columns.known, known | shows)
        np.testing.assert_array_equal(columns.found, found & ~shows)
        moved, happened = moved + (columns.levels != before).sum(), happened + (masks > 0).sum()
    assert moved > 500
    assert happened > 300


def test_who_is_served_for_an_event_is_what_the_plain_twin_says(lived):
    families = lived.copy().families
    families.age()
    families.move_needs(1)
    families.happen(1)
    lower, needs = np.zeros(len(families.place.lines), bool), len(families.place.needs)
    doors = lower, lived.services.lines.open_door, np.ones((needs, 4), np.float32)
    known, found, served, *_ = oracle.screen(families, 1, *doors, philox.PRESENT)
    families.screen(1, *doors)
    columns = families.columns
    for one, two in zip((columns.known, columns.found, columns.served[1]), (known, found, served), strict=True):
        np.testing.assert_array_equal(one, two)
    line = len(lower) - 1
    np.testing.assert_array_equal(columns.served[1] >> line & 1, columns.events[1] >> ARREST & 1)


@pytest.mark.parametrize("threads", [2, 7])
def test_events_are_the_same_whatever_the_threads(eventful, lived, threads, monkeypatch):
    from sim.place import threads as shared

    monkeypatch.setattr(shared, "MANY", 1000)
    other = burn_in(eventful, defaults(), seed=5, threads=threads)
    for one, two in zip(lived.families.columns, other.families.columns, strict=True):
        np.testing.assert_array_equal(one, two)


def test_spells_that_begin_are_lasting_in_their_share(lived):
    families = lived.copy().families
    begun, lasting = np.zeros(4), np.zeros(4)
    for quarter in range(1, 9):
        families.age()
        before = families.columns.levels.copy()
        families.move_needs(quarter)
        columns = families.columns
        for k in range(before.shape[1]):
            new = columns.levels[:, k] != before[:, k]
            for level in LASTING:
                there = new & (columns.levels[:, k] == level)
                begun[level] += there.sum()
                lasting[level] += (columns.lasting[there] >> k & 1).sum()
    for level, share in LASTING.items():
        assert begun[level] > 100
        assert abs(lasting[level] / begun[level] - share) < 4 * np.sqrt(share * (1 - share) / begun[level])


def test_without_lasting_rows_there_is_one_speed_and_without_events_nothing_happens(milltown):
    settled = burn_in(quiet(milltown), defaults(), seed=5)
    columns = settled.families.columns
    assert not columns.lasting.any()
    assert not columns.events.any()
    assert settled.families.happened.shape == (len(milltown.neighbourhoods), 0)


def _with_offer(families):
    from tests.test_families import _offers

    families.offers = _offers(len(families.place.needs))
    families.offers.escalation[1], families.offers.recovery[1] = -0.5, 0.5


def test_help_never_harms_in_the_quarter_that_follows(lived):
    """A helped family's level is never higher; where it is the same, so is the kind of its spell."""
    plain, helped = lived.copy().families, lived.copy().families
    for families in (plain, helped):
        _with_offer(families)
    helped.enrol(np.arange(helped.n), 1, 0.0)
    plain.move_needs(1)
    helped.move_needs(1)
    one, two = helped.columns, plain.columns
    assert (one.levels <= two.levels).all()
    assert (one.levels < two.levels).sum() > 100
    for k in range(one.levels.shape[1]):
        same = one.levels[:, k] == two.levels[:, k]
        np.testing.assert_array_equal(one.lasting[same] >> k & 1, two.lasting[same] >> k & 1)


def test_help_lowers_need_and_events_on_average_in_the_years_that_follow(lived):
    """A helped family's new spell may turn out a lasting one, so over years only averages are ordered."""
    plain, helped = lived.copy().families, lived.copy().families
    happened = []
    for families in (plain, helped):
        _with_offer(families)
        if families is helped:
            helped.enrol(np.arange(helped.n), 1, 0.0)
        events = 0
        for quarter in range(1, 13):
            families.live(quarter)
            events += families.happened.sum()
        happened.append(events)
    assert happened[1] < 0.97 * happened[0]
    assert (helped.counts[:, :, 1:].sum(axis=(0, 2)) < plain.counts[:, :, 1:].sum(axis=(0, 2))).all()


def test_a_crisis_behind_a_gate_comes_only_within_four_quarters_of_its_event(lived):
    families = lived.copy().families
    need, gate = families.place.index("needs")["safeguarding"], 1 << PROCEEDINGS
    entered = 0
    for quarter in range(1, 13):
        families.age()
        columns, before = families.columns, families.columns.levels[:, need].copy()
        lately = np.bitwise_or.reduce(columns.events, axis=0) & gate
        families.move_needs(quarter)
        into = (before == 2) & (columns.levels[:, need] == 3)
        assert lately[into].all()
        entered += into.sum()
        families.happen(quarter)
    assert entered > 5


def _one_family(place, level, need, quarter=1, **columns):
    """Many families alike in one place, with one need at a level and nothing else."""
    families = Families(place, {**defaults(), "families.contagion_scale": 0}, 40_000, seed=3)
    families.age(until_full=0)
    families.columns.end[:] = families.columns.first[1:]
    own = families.columns
    k = place.index("needs")[need]
    own.levels[:], own.levels[:, k] = 0, level
    own.packed[:], own.has[:] = level << 2 * k, (level > 0) << k
    own.frailty[:], own.age[:] = 128, 60
    for name, value in columns.items():
        getattr(own, name)[...] = value
    families.counts[:] = 0
    return families


@pytest.mark.parametrize("level", [1, 2, 3])
@pytest.mark.parametrize("others", [0, 2])
def test_the_rate_of_an_event_is_worked_out_by_hand(eventful, level, others):
    families = _one_family(eventful, level, "offending")
    columns, needs = families.columns, eventful.index("needs")
    for other in ("conduct", "substance")[:others]:
        columns.levels[:, needs[other]] = 1
        columns.has[:] |= np.uint16(1 << needs[other])
        columns.packed[:] |= np.uint32(1 << 2 * needs[other])
    families.happen(1)
    share = (columns.events[1] >> ARREST & 1).mean()
    frail = families._need_tables.frail_up[:, needs["offending"]].astype(float) ** 0.5
    chance = EVENTS["arrest"]["rates"][level - 1] * frail[128] / frail.mean() * (1 + 0.3 * others)
    assert abs(share - chance) < 4 * np.sqrt(chance * (1 - chance) / families.n)
    assert (columns.known >> needs["offending"] & 1).mean() == share
    assert others or not (columns.events[1] >> RELAPSE & 1).any()


def test_an_event_raises_the_chance_of_the_needs_it_worsens_in_the_next_quarter_alone(eventful):
    k, ups = eventful.index("needs")["worklessness"], []
    for slot, bits in ((0, 0), (0, 1 << ARREST), (3, 1 << ARREST)):  # never, last quarter, the quarter before that
        families = _one_family(eventful, 0, "worklessness")
        families.columns.events[slot] = bits
        families.move_needs(1)
        ups.append((families.columns.levels[:, k] > 0).mean())
    assert ups[2] == ups[0]
    error = 3 * np.sqrt(ups[0] / families.n) + np.sqrt(ups[1] / families.n)
    assert abs(ups[1] - 3 * ups[0]) < 4 * error


def test_the_dials_of_coupling_and_frailty_act_on_events(eventful):
    flat = Families(eventful, {**defaults(), "families.frailty_spread": 0, "families.coupling_scale": 0}, 600, 1)
    tables = flat._event_tables
    np.testing.assert_allclose(tables.frail, 1)
    assert not tables.per_other.any()
    usual = Families(eventful, defaults(), 600, 1)._event_tables
    assert usual.frail[-1, ARREST] > 2 * usual.frail[0, ARREST]
    np.testing.assert_allclose(usual.frail.mean(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(usual.per_other, [0.3, 0, 0.1])


def test_a_line_serves_a_case_for_each_event_and_is_paid_by_the_event(eventful, lived):
    services, line = lived.services, len(eventful.lines) - 1
    counts = services.counts[0][line]
    events = int((lived.families.columns.events[0] >> ARREST & 1).sum())
    assert pick(counts, "demand") == pick(counts, "eligible_served") == events
    assert pick(counts, "demand_found") == 0
    price = 100 * eventful.get("lines.custody_suite.unit_cost")
    cases = np.mean([pick(services.counts[q][line], "eligible_served") for q in range(-3, 1)])
    spent = np.mean([services.prices.spending(services.counts[q])[line] for q in range(-3, 1)])
    assert abs(spent / (price * cases) - 1) < 0.1  # places are those of the year before
    assert abs(services.prices.variable[line] - 0.5 * price) < 1


def test_needs_that_are_brought_along_are_short_or_lasting_too(lived):
    families = lived.copy().families
    families.age()
    columns, kinds = families.columns, []
    for f in np.nonzero(columns.age == 0)[0]:
        *_, lasting = oracle.newborn(families, int(families.area_of(f)), int(f), philox.ENTER_TRAIT, philox.ENTER_NEED)
        assert columns.lasting[f] == lasting
        kinds.append(lasting)
    assert any(kinds)


def test_events_of_others_than_families_are_counted_by_the_year(tmp_path):
    """400 arrests a year, of which families' are 70%: 120 others, 30 a quarter, are served beside them."""
    folder = write_eventful(tmp_path / "town")
    path = folder / "lines.csv"
    text = path.read_text(encoding="utf-8").replace("custody_suite,family_share,1,", "custody_suite,family_share,0.7,")
    text += 'custody_suite,caseload,400,arrests a year,,100,900,"assumption: made up for a test"\n'
    path.write_text(text, encoding="utf-8")
    settled = burn_in(load_place(folder), defaults(), 5)
    counts = settled.services.counts[0][len(settled.families.place.lines) - 1]
    assert pick(counts, "demand") == 30 + settled.families.happened[:, ARREST].sum()


def test_events_end_with_the_family_they_happened_to(lived):
    families = lived.copy().families
    oldest = families.columns.age == kernels.QUARTERS_OF_AGE - 1
    assert families.columns.events[:, oldest].any()
    families.age()
    assert not families.columns.events[:, oldest].any()


def test_a_programme_for_families_with_an_event_looks_at_the_last_four_quarters(lived):
    columns, needs = lived.families.columns, np.zeros(5, np.uint8)
    needs[2] = 1
    rows = np.zeros(lived.families.n, np.int64)
    target = kernels.Target(needs, 1, 3, 1, 0, 103)
    every = set(rows[: kernels.list_like(columns, target, 0, lived.families.n, rows)].tolist())
    n = kernels.list_like(columns, target._replace(events=1 << ARREST), 0, lived.families.n, rows)
    lately = np.nonzero(np.bitwise_or.reduce(columns.events, axis=0) >> ARREST & 1)[0]
    assert set(rows[:n].tolist()) == every & set(lately.tolist())
    assert 0 < n < len(every)


def test_copies_of_families_share_no_events(lived):
    twin = lived.copy().families
    before = lived.families.happened.copy()
    twin.happened[:] = -1
    twin.columns.events[:] = 1
    np.testing.assert_array_equal(lived.families.happened, before)
    assert (lived.families.columns.events != 1).any()


def test_the_share_of_lasting_spells_is_kept_in_256_parts(eventful):
    place = with_values(eventful, {"transitions.conduct.lasting.1": 0.1})
    tables = Families(replace(place), defaults(), 600, 1)._need_tables
    assert tables.lasts[1].tolist() == [0, 26, 128, 96]
