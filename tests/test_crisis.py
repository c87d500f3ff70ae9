"""A family's crisis: when it comes and goes, what it does to events, and what it leaves as it is."""

import re
import shutil
from statistics import NormalDist
from types import SimpleNamespace

import numpy as np
import pytest

from sim.core import philox
from sim.core.dials import defaults
from sim.core.faults import InputError
from sim.place import kernels
from sim.place.burn_in import burn_in
from sim.place.families import Families
from sim.place.places import load_place
from sim.place.turnover import Repeats
from tests import oracle
from tests.eventful import write_eventful

CRISIS = {"onset": 0.05, "needs_exponent": 1, "frailty_weight": 0, "length": 1.25, "ratio": 4}
ARREST, RELAPSE, PROCEEDINGS = range(3)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return load_place(write_eventful(tmp_path_factory.mktemp("place") / "town", crises=CRISIS))


@pytest.fixture(scope="module")
def lived(town):
    """The town after its burn-in; copy before changing."""
    return burn_in(town, defaults(), seed=5)


def test_kernels_agree_with_their_plain_twins_about_crises_and_events_in_them(tmp_path):
    varied = {**CRISIS, "needs_exponent": 1.7, "frailty_weight": 0.8, "length": 1.4, "ratio": 20}
    families = burn_in(load_place(write_eventful(tmp_path / "town", crises=varied)), defaults(), seed=5).families
    began = ended = happened = 0
    for quarter in range(1, 4):
        families.age()
        columns, before = families.columns, families.columns.crisis.copy()
        families.move_needs(quarter)
        after = columns.crisis.copy()
        columns.crisis[:] = before
        np.testing.assert_array_equal(after, oracle.crises(families, quarter, philox.MOVE))
        columns.crisis[:] = after
        expected = oracle.happen(families, quarter, philox.EVENT)
        families.happen(quarter)
        masks = np.array([sum(1 << e for e in now) for now in expected])
        np.testing.assert_array_equal(columns.events[quarter % kernels.RING], masks)
        began, ended = began + (after > before).sum(), ended + (after < before).sum()
        happened += (masks[after > 0] > 0).sum()
    assert min(began, ended, happened) > 100


def _alike(place):
    """Many families alike that have two needs, offending entrenched and substance emerging, and never move."""
    families = Families(place, {**defaults(), "families.contagion_scale": 0}, 40_000, seed=3)
    families.age(until_full=0)
    columns, needs = families.columns, place.index("needs")
    columns.end[:] = columns.first[1:]
    first, second = needs["offending"], needs["substance"]
    columns.levels[:] = 0
    columns.levels[:, first], columns.levels[:, second] = 2, 1
    columns.packed[:], columns.has[:] = (2 << 2 * first) + (1 << 2 * second), (1 << first) + (1 << second)
    columns.frailty[:], columns.age[:] = 128, 60
    tables = families._need_tables
    families._need_tables = tables._replace(down=np.zeros_like(tables.down))
    families.follow(
        SimpleNamespace(chances=lambda *_: np.zeros((len(place.neighbourhoods), 5, len(needs), 4), np.float32))
    )
    return families


def test_crises_come_and_last_as_worked_out_by_hand(town):
    """Two needs: one begins with 0.05 x 2 = 0.1 a quarter and ends with 1 / 1.25 = 0.8: a ninth of quarters are in one."""
    families, began, over = _alike(town), [], []
    for quarter in range(1, 13):
        before = families.columns.crisis.copy()
        families.move_needs(quarter)
        now = families.columns.crisis
        began.append(now[before == 0].mean())
        over += [1 - now[before == 1].mean()] if before.any() else []
    assert abs(np.mean(began) - 0.1) < 4 * np.sqrt(0.1 * 0.9 / (40_000 * 11))
    assert abs(np.mean(over) - 0.8) < 4 * np.sqrt(0.8 * 0.2 / (40_000 * 11 / 9))
    assert abs(now.mean() - 1 / 9) < 4 * np.sqrt(8 / 81 / 40_000)


@pytest.mark.parametrize(("average", "calm", "crisis"), [(0.2, 0.15, 0.6), (0.5, 0.4375, 1.0)])
def test_events_bunch_in_crises_and_are_as_many_by_hand(town, average, calm, crisis):
    """A ninth of quarters in crises, four times as likely: 0.2 is (8 x 0.15 + 0.6) / 9. Above one it is less than four times."""
    families = _alike(town)
    tables = families._event_tables
    factor = float(tables.frail[128, ARREST]) * (1 + float(tables.per_other[ARREST]))
    tables.rate[ARREST, 2] = average / factor
    tables.most[ARREST] = average * 1.001
    for state, chance in ((0, calm), (1, crisis)):
        families.columns.crisis[:] = state
        families.happen(1)
        share = (families.columns.events[1] >> ARREST & 1).mean()
        assert abs(share - chance) <= 4 * np.sqrt(chance * (1 - chance) / families.n)
    families.columns.crisis[:] = 0
    shares = []
    for quarter in range(1, 25):
        families.move_needs(quarter)
        families.happen(quarter)
        shares.append((families.columns.events[quarter % 4] >> ARREST & 1).mean())
    assert abs(np.mean(shares[2:]) - average) < 4 * np.sqrt(average * (1 - average) / (22 * families.n)) * 1.5


def test_a_family_without_needs_and_a_new_one_are_in_no_crisis(lived):
    families = lived.copy().families
    families.columns.crisis[:] = 1
    families.age()
    columns = families.columns
    entered = columns.age == 0
    assert entered.any()
    assert not columns.crisis[entered].any()
    columns.crisis[:] = 0
    families.move_needs(1)
    assert columns.crisis.any()
    assert not columns.crisis[columns.has == 0].any()


def test_without_crises_every_byte_is_as_in_a_place_that_knows_none(town, tmp_path):
    plain = load_place(write_eventful(tmp_path / "plain"))
    one = burn_in(plain, defaults(), seed=5).families
    two = burn_in(town, {**defaults(), "families.crises": 0}, seed=5).families
    for name, first, second in zip(one.columns._fields, one.columns, two.columns, strict=True):
        np.testing.assert_array_equal(first, second, err_msg=name)
    assert not two.columns.crisis.any()
    assert not plain.has("crisis.onset")


def test_events_of_a_settled_place_are_as_many_with_crises_as_without(town):
    """What crises do is bunch: in four years of 20,000 families each event happens as often, within its error."""
    often, together = [], []
    for scale in (0, 1, 3):
        settled = burn_in(town, {**defaults(), "families.crises": scale}, seed=5, n_families=20_000)
        families, times, pairs = settled.families, 0, 0
        for quarter in range(1, 17):
            families.live(quarter)
            settled.services.serve(families, quarter)
            times = times + families.happened.sum(axis=0)
            pairs += (np.bitwise_count(families.columns.events[quarter % 4]) > 1).sum()
        often.append(times)
        together.append(pairs / times.sum())
    for times in often[1:]:
        error = np.sqrt(often[0] + times) * 2.5  # events of a family are not independent of each other
        assert (np.abs(times - often[0]) < 3 * error).all()
        assert (np.abs(times / often[0] - 1) < 0.08).all()
    assert together[0] < together[1] < together[2]


def test_copies_and_pools_of_families_keep_their_crises(lived):
    families = lived.families
    rows = np.flatnonzero(families.columns.crisis)[:50]
    assert len(rows) == 50
    assert families.copies(np.repeat(rows, 3), seed=9).columns.crisis.all()
    pool = families.pooled([families.columns] * 2)
    assert pool.columns.crisis.sum() == 2 * families.columns.crisis.sum()
    twin = families.copy()
    twin.columns.crisis[:] = 1
    assert not families.columns.crisis.all()


def test_the_dial_of_frailty_acts_on_crises(tmp_path):
    frail = load_place(write_eventful(tmp_path / "town", crises={**CRISIS, "frailty_weight": 0.5}))
    flat = Families(frail, {**defaults(), "families.frailty_spread": 0}, 600, 1)._need_tables.crisis.frail
    usual = Families(frail, defaults(), 600, 1)._need_tables.crisis.frail
    np.testing.assert_allclose(flat, 1)
    spread = frail.get("place.frailty_sd") * (NormalDist().inv_cdf(255.5 / 256) - NormalDist().inv_cdf(0.5 / 256))
    assert usual[-1] / usual[0] == pytest.approx(np.exp(0.5 * spread), rel=1e-4)
    assert usual.mean() == pytest.approx(1, rel=1e-5)


# Repeats ------------------------------------------------------------------------------------------------------------


def _seen(text, generations=None):
    """What is counted of one family's events, quarter by quarter from -7 to 0: ``.`` none, ``e`` event 0, ``c`` in a crisis, ``n`` new."""
    repeats, events = Repeats(), np.zeros((4, 1), np.uint16)
    for quarter, word in enumerate([".", *text.split()], -8):
        events[quarter % 4] = "e" in word
        born = np.array([0 if generations is None or quarter < generations else 1], np.uint8)
        columns = SimpleNamespace(
            events=events,
            crisis=np.array(["c" in word], np.uint8),
            generation=born,
            age=np.array([0 if "n" in word else 50], np.uint8),
        )
        repeats.look(columns, quarter)
    return repeats


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("e . . . e . . .", 1),  # four quarters later
        ("e . . . . e . .", 0),  # five
        (". . . e e . . .", 1),
        (". . . e . . . e", 1),
        ("e e . . . . . .", 0.5),  # the second of two is followed by none
        (". . . . e e e e", 0),  # too late to be followed: none counts
    ],
)
def test_repeats_of_an_event_are_counted_by_hand(text, again):
    assert _seen(text).again(0) == again


def test_a_repeat_is_of_the_same_family_and_of_the_same_kind():
    assert _seen("e . . . e . . .", generations=-4).again(0) == 0
    assert _seen("e . . c . . . .").again(0) == 0


def test_crises_are_counted_when_they_begin():
    repeats = _seen(". c c . c . c c")
    assert repeats.again(Repeats.CRISIS) == 1  # one in quarter -6, one in -3
    assert repeats.in_year(Repeats.CRISIS) == 2  # in -3 and in -1
    assert _seen(". . . . . c nc c").in_year(Repeats.CRISIS) == 2  # the second family of the row has its own


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        ("ratio,4", "ratio,0.5", "below 1"),
        ("length,1.25", "length,0.75", "below 1"),
        ("onset,0.05", "onsets,0.05", "did you mean 'onset'"),
        ("onset,0.05", "length,1.25", "given twice"),
        ("onset,0.05,ratio,,0.05", "onset,0.05,ratio,,0.1", "outside|below|range"),
    ],
)
def test_a_spoilt_file_of_crises_says_what_is_wrong_in_one_line(town, tmp_path, find, put, says):
    folder = tmp_path / "town"
    shutil.copytree(town.folder, folder)
    text = (folder / "crisis.csv").read_text(encoding="utf-8")
    assert text.count(find) == 1
    (folder / "crisis.csv").write_text(text.replace(find, put), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_place(folder)
    assert any("crisis.csv" in fault and re.search(says, fault) for fault in error.value.faults), error.value.faults


def test_no_fit_of_crises_where_a_place_has_none(tmp_path):
    folder = write_eventful(tmp_path / "town")
    with (folder / "targets.csv").open("a", encoding="utf-8") as file:
        file.write('crises,crises,fit crisis.onset,0.1,crises a family,,0,1,"assumption: made up for a test"\n')
    with pytest.raises(InputError, match=r"fit crisis\.onset"):
        load_place(folder)
