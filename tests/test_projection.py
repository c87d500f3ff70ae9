"""Projections: beliefs and lines of shared care by hand, and what the whole place shows when the programme is delivered."""

import multiprocessing
import os
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sim.core.dials import defaults
from sim.place import kernels
from sim.place.burn_in import burn_in
from sim.place.places import load_place
from sim.programmes import arms as arms_of
from sim.programmes import following
from sim.programmes import projection as projection_of
from sim.programmes.arms import GROUPS, HALVED, Arms, staying
from sim.programmes.catalogue import load_catalogue
from sim.programmes.following import MOST, follow, offer, refer, surroundings, takers
from sim.programmes.projection import (
    FEWEST,
    Projection,
    Projections,
    Tally,
    is_precise,
    lots,
    project,
    shared_lines,
    span,
)
from sim.studies import cache, projected
from sim.studies.cache import AROUND, MARK, MARK_TEXT, SMALL, Made, Recent, make_once, users_folder
from sim.studies.inputs import load_inputs
from sim.studies.projected import KeptProjections


def by_hand(**changes):
    """Two groups of 10 and 30 families, one quarter, one line: 5 and 15 saved at a belief of a half, 10 and 20 at one."""
    saved = np.array([[5, 10], [15, 20]], np.float32)[:, :, None, None]
    values = {"thetas": (0.5, 1.0), "saved": saved, "families": np.array([10, 30]), "staying": np.ones(1)}
    return Projection(**{**values, **changes})


@pytest.mark.parametrize(
    ("theta", "saved"), [(0, 0), (0.25, 0.25), (0.5, 0.5), (0.75, 0.625), (1, 0.75), (1.5, 1.0), (3, 1.75)]
)
def test_beliefs_between_those_projected_lie_in_line_by_hand(theta, saved):
    """20 of 40 and 30 of 40; beyond the last the last line goes on."""
    assert by_hand().avoided(theta)[0, 0] == pytest.approx(saved)


def test_the_error_goes_by_how_groups_differ_by_hand():
    """At one 0.75 a family: the first group saves 2.5 more than its ten would, the second 2.5 less: sqrt(2 x 6.25 x 2) / 40."""
    assert by_hand().error(1.0) == pytest.approx(5 / 40)
    assert by_hand().error(np.array([[3.0]])) == pytest.approx(15 / 40)


def test_enough_have_been_followed_by_hand():
    """The error is an eighth of a price, and all that is saved 0.75 of it: a sixth, so that the floor of £25 decides."""
    for price, size, precise in ((20_000, MOST, 1), (20_001, MOST, 0), (40_000, MOST / 4, 1), (40_001, MOST / 4, 0)):
        around = SimpleNamespace(prices=SimpleNamespace(average=price), size=size)
        assert is_precise(by_hand(), around) == precise, (price, size)
    dear = SimpleNamespace(prices=SimpleNamespace(average=10**6), size=MOST)
    alike = by_hand(saved=np.array([[5, 7.5], [15, 22.5]], np.float32)[:, :, None, None])
    assert is_precise(alike, dear)  # 0.75 each in both groups
    apart = by_hand(saved=np.array([[5, 7.7], [15, 22.3]], np.float32)[:, :, None, None])
    assert is_precise(apart, dear)  # sqrt(2 x 0.2^2 x 2) / 40 = 0.01 of 0.75
    assert not is_precise(by_hand(saved=np.array([[5, 8], [15, 22]], np.float32)[:, :, None, None]), dear)  # 0.025


def test_lots_of_families_by_hand():
    assert list(lots(320_000)) == [20_000, 20_000, *[40_000] * 7]
    assert list(lots(15_000)) == [10_000, 5_000]


def test_what_few_save_at_other_beliefs_says_what_all_do_by_hand():
    """Ten save 6 as published, 4 at half of it: 1 more than half; of 40 who save 20 that is 4 more than 10."""
    tally = Tally((0.5, 1.0), 1, 1)
    tally.families[0], tally.of_some = 40, 10
    tally.published[0], tally.some[0, 0], tally.some[0, 1] = 20, 4, 6
    np.testing.assert_allclose(tally.projection().saved[0, :, 0, 0], [14, 20])


def test_families_are_followed_until_chance_bears_little(around):
    """In a larger place a programme that saves much takes more than the fewest; one that saves next to nothing does not."""
    catalogue, larger = load_catalogue(), replace(around, size=60_000)
    much, little = (project(larger, catalogue[name], 40) for name in ("parenting", "triple_p"))
    assert is_precise(much, larger)
    assert much.families.sum() > 1.5 * FEWEST * catalogue["parenting"].get("engagement")
    assert little.families.sum() < 1.5 * FEWEST * catalogue["triple_p"].get("engagement")
    np.testing.assert_array_equal(much.saved, project(larger, catalogue["parenting"], 40).saved)


def test_years_are_four_quarters_each():
    quarters = np.arange(16.0).reshape(1, 1, 8, 2)
    projection = by_hand(thetas=(1.0,), saved=quarters, families=np.array([1]), staying=np.ones(8))
    np.testing.assert_allclose(projection.by_year(1.0), [[12, 16], [44, 48]])
    np.testing.assert_allclose(projection.by_year(0.5), [[6, 8], [22, 24]])
    np.testing.assert_allclose(projection.by_year(1.0), [[12, 16], [44, 48]])  # as before, whatever was asked between


def test_spans():
    assert [span(years) for years in (0.5, 3, 5, 5.5, 10, 11, 20, 21, 60)] == [10, 10, 10, 10, 10, 20, 20, 25, 25]


def test_use_of_lines_that_share_the_cases_of_a_level_is_shared_out_by_hand(milltown):
    """Ten looked after, however chance put them, are 8.77 in foster care and 1.23 in residential; other use stays."""
    shared = shared_lines(milltown)
    use = np.arange(float(len(shared)))
    use[:2] = 4, 6
    np.testing.assert_allclose(use @ shared, [8.77, 1.23, *use[2:]])


@pytest.fixture(scope="module")
def around(milltown):
    return surroundings(milltown, defaults())


def test_a_programme_is_projected_on_every_line_it_leads_to(around, milltown):
    """Parents in drug treatment keep their children at home, and stay out of prison; believing more saves more."""
    programme = load_catalogue()["drug_treatment"]
    projection = project(around, programme, 20, n=4_000)
    saved = dict(zip((line.id for line in milltown.lines), projection.avoided(1.0).sum(axis=0), strict=True))
    assert all(saved[line] > 0 for line in ("drug_hospital", "social_work", "offender_policing"))
    price = around.prices.average
    worth = [(projection.avoided(theta) * price).sum() for theta in (0, 0.5, 1, 1.5)]
    assert worth[0] == 0
    assert (np.diff(worth) > 2 * projection.error(price)).all()
    again = project(around, programme, 40, n=4_000)
    np.testing.assert_allclose(again.avoided(1.0)[:20], projection.avoided(1.0))  # a longer one begins as a shorter
    assert (np.diff(again.staying) <= 0).all()
    assert again.staying[-1] < 1


@pytest.fixture(scope="module")
def treated(around, milltown):
    """4,000 families referred for drug treatment, and the programme."""
    programme = load_catalogue()["drug_treatment"].as_believed()
    return refer(around, programme.targets(milltown), programme.shares, 4_000, 1), programme


def test_arms_side_by_side_are_families_followed_with_a_programme_and_without(around, treated, milltown, monkeypatch):
    """To the family, group by group and quarter by quarter, where all stay."""
    monkeypatch.setattr(arms_of, "HALVED", ())
    (cohort, programme), lines = treated, len(milltown.lines)
    effect, group = programme.published(milltown), cohort.columns.luck % GROUPS
    without = follow(cohort, around, 12)
    for theta, saved in zip(
        (0.5, 1.0), np.swapaxes(Arms(cohort, around, programme, (0.5, 1.0)).saved(12), 0, 1), strict=True
    ):
        helped = follow(cohort, around, 12, theta * effect, programme, contact=theta)
        for number in range(GROUPS):
            use = [replace(arm, served=arm.served * (group == number)).use(lines)[1:] for arm in (without, helped)]
            np.testing.assert_array_equal(saved[number], use[0] - use[1])
    np.testing.assert_array_equal(staying(cohort, 12), without.there[1:].sum(axis=1))


def test_families_let_go_are_counted_by_those_that_stay(around, treated):
    """Half, to one family, of those alike in both arms; whoever fares otherwise stays and counts once; who left is gone."""
    cohort, programme = treated
    arms = Arms(cohort, around, programme, (1.0,))
    arms.saved(HALVED[1])
    assert 1 < arms.weight.max() <= 4
    assert abs(arms.weight.sum() - staying(cohort, HALVED[1])[-1]) <= 2 * 2
    without, helped = (families.columns for families in arms.arms)
    otherwise = without.packed != helped.packed
    assert otherwise.any()
    assert len(arms.weight) < 0.75 * cohort.n
    before = len(arms.weight), arms.weight[otherwise].sum()
    arms._halve(HALVED[1])  # at once again
    without, helped = (families.columns for families in arms.arms)
    assert len(arms.weight) < before[0]
    assert arms.weight[without.packed != helped.packed].sum() == before[1]


def test_what_is_saved_is_the_same_on_average_whoever_is_let_go(around, treated, milltown, monkeypatch):
    """Within three errors of what all of them save."""
    _, programme = treated
    price, found = around.prices.average, []
    for kept in (HALVED, ()):
        monkeypatch.setattr(arms_of, "HALVED", kept)
        monkeypatch.setattr(projection_of, "SHARE", 0.0)
        found.append(project(around, programme, 24, (1.0,)))
    shown, true = ((one.by_year(1.0) * price).sum(axis=1) for one in found)
    error = np.hypot(*(one.error(price) for one in found))
    assert error < 0.1 * true.sum()  # or it could not fail
    assert abs(shown.sum() - true.sum()) < 3 * error
    assert shown[0] == true[0]  # nobody has gone yet


def test_nobody_like_the_target_is_no_projection(milltown):
    programme = load_catalogue()["parenting"]
    needs = [need.id for need in milltown.needs]
    newborn = {"needs": needs, "at_least": 5, "level_from": 3, "level_to": 3, "age_from": 0, "age_to": 0}
    nobody = replace(programme, target={**programme.target, **newborn})
    assert Projections(milltown, defaults()).of(nobody, 5) is None


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The user's folder, and nothing in memory."""
    monkeypatch.setenv("LISTSIM_CACHE", str(tmp_path / "kept"))
    SMALL.clear()
    yield tmp_path / "kept"
    SMALL.clear()


def test_projections_are_made_once_for_a_place_its_dials_and_a_programme(folder, monkeypatch):
    made = []
    monkeypatch.setattr(
        projected,
        "project",
        lambda around, item, quarters: made.append(item.id) or project(around, item, quarters, (1.0,), 500),
    )

    def at(settings=None):
        inputs = load_inputs("silo", "milltown", settings)
        return KeptProjections(inputs, 1, users_folder()).of(inputs.catalogue["parenting"], 3)

    first = at()
    assert made == ["parenting"]
    for settings in (None, {"agencies.horizon_years": 4}, {"programmes.parenting.cost_per_family": 1500}):
        SMALL.clear()  # as in another process
        np.testing.assert_array_equal(at(settings).saved, first.saved)
    assert made == ["parenting"]
    for settings in (
        {"families.contagion_scale": 0},
        {"families.case_finding": 0},
        {"programmes.parenting.duration": 2},
    ):
        made.clear()
        assert (at(settings).saved != first.saved).any()
        assert made == ["parenting"]


def test_the_place_that_programmes_are_projected_in_is_settled_once(folder, monkeypatch):
    settled = []
    monkeypatch.setattr(projected, "surroundings", lambda *asked: settled.append(asked) or surroundings(*asked))
    inputs = load_inputs("silo", "milltown")
    AROUND.clear()
    for name in ("parenting", "keyworker", "drug_treatment"):
        KeptProjections(inputs, 1, users_folder()).of(inputs.catalogue[name], 3)
    assert len(settled) == 1


def _ask(at, made):
    """Ask for something that takes half a second to make; a file says how often it was made."""

    def make():
        with made.open("a") as file:
            file.write("made ")
        time.sleep(0.5)
        return Made("thing", {})

    return make_once("base", {}, make, at, Recent()).thing


def test_what_another_process_is_making_is_waited_for(folder):
    pytest.importorskip("fcntl")
    at, made = users_folder(), folder.parent / "made"
    other = multiprocessing.get_context("spawn").Process(target=_ask, args=(at, made))
    other.start()
    while not made.exists():
        time.sleep(0.01)
    assert _ask(at, made) == "thing"
    other.join()
    assert made.read_text() == "made "


def test_the_users_folder(tmp_path, monkeypatch):
    """Where it may be; none without a home, where it cannot be written, where files of others are, and if nobody wants one."""
    monkeypatch.delenv("LISTSIM_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert users_folder() == str(tmp_path / "xdg" / "listsim")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert users_folder() == str(tmp_path / "home" / ".cache" / "listsim")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "mine").write_text("mine")
    for elsewhere in ("file", "others", "file/below"):
        monkeypatch.setenv("LISTSIM_CACHE", str(tmp_path / elsewhere))
        assert users_folder() is None
    monkeypatch.setenv("LISTSIM_CACHE", "")
    assert users_folder() is None
    assert sorted(path.name for path in (tmp_path / "others").iterdir()) == ["mine"]


def test_of_too_many_files_the_older_half_goes_and_nothing_else(folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST_FILES", 3)
    users_folder()
    names = [f"{number:064x}-{0:064x}.pickle" for number in range(4)]
    for age, name in enumerate(names):
        (folder / name).write_bytes(b"")
        os.utime(folder / name, (age, age))
    (folder / "mine.pickle").write_bytes(b"")
    users_folder()
    assert sorted(path.name for path in folder.iterdir()) == sorted([*names[2:], "mine.pickle", MARK])
    assert (folder / MARK).read_text() == MARK_TEXT


def test_what_cannot_be_kept_is_made_all_the_same(folder, monkeypatch):
    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(cache, "_to_disk", full)
    inputs = load_inputs("silo", "milltown")
    assert KeptProjections(inputs, 1, users_folder()).of(inputs.catalogue["parenting"], 3) is not None
    assert [path.name for path in folder.iterdir()] == [MARK]


def lived(place, settled, seed, quarters, item=None, takes=None):
    """Lines that serve each family of a whole place, quarter by quarter, 0 once it has left; contagion and rationing as in a run.

    Those who take a programme up, if there is one, are on it from the start.
    """
    now, served = settled.copy(), []
    families = now.families.copies(np.arange(settled.families.n), seed)
    lives = families.columns.generation.copy()
    if item is not None:
        offer(families, item.published(place), item.as_believed(), takes)
    for quarter in range(1, quarters + 1):
        families.live(quarter)
        now.services.serve(families, quarter)
        served.append(
            np.where(families.columns.generation == lives, families.columns.served[quarter % kernels.RING], 0)
        )
    return np.array(served, np.uint32)


def emulated(place, items, settled, share, seed, quarters):
    """Case-quarters that families of a whole place saved themselves by each of some programmes: list of float (lines,).

    A share of those like the target who would take it up are enrolled, in the levels of need that its file gives.
    """
    without, saved = lived(place, settled, seed, quarters), []
    everybody = settled.families.copies(np.arange(settled.families.n), seed)
    lines, shared = np.arange(len(place.lines), dtype=np.uint32), shared_lines(place)
    for item in items:
        takes = some_of(everybody, item, item.targets(place), share)
        arms = (without[:, takes], lived(place, settled, seed, quarters, item, takes)[:, takes])
        use = [((arm[:, :, None] >> lines) & 1).sum(axis=(0, 1)) for arm in arms]
        saved.append((use[0] - use[1].astype(int)) @ shared / takes.sum())
    return saved


def some_of(families, programme, target, share):
    """A share of the known families like a target who would take a programme up, by level as its file says: bool (n,)."""
    rows, known = families.like(target)
    rows = rows[known & takers(families, target, programme)[rows]]
    worst = (families.columns.levels[rows] * target.needs).max(axis=1)
    there, wanted = np.bincount(worst, minlength=4), programme.shares
    wanted = there if wanted is None else wanted * (there[wanted > 0] / wanted[wanted > 0]).min()
    luck = np.random.default_rng(families.seed).random(len(rows))
    takes = np.zeros(families.n, bool)
    takes[rows[luck < share * (wanted / np.maximum(there, 1))[worst]]] = True
    return takes


@pytest.mark.parametrize("years", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_what_is_projected_is_what_a_whole_place_shows(milltown, years):
    """Within 5% of what families enrolled there saved themselves, or 3 errors, or £60 a family; from another seed.

    In ten years by money; in two, which is quick, by case-quarters, where no rare and dear line is noise.
    """
    ten, reach, around = years == 10, 4 * years, surroundings(milltown, defaults(), families=60_000)
    items = [item for item in load_catalogue().values() if item.targets(milltown)]
    items = items if ten else [item for item in items if item.id == "drug_treatment"]
    price, own = around.prices.average / 100 if ten else np.ones(len(milltown.lines)), []
    for seed in range(6 if ten else 3):
        settled = burn_in(milltown, defaults(), 300 + seed, 300_000 if ten else 100_000)
        own.append(emulated(milltown, items, settled, 0.3 if ten else 1.0, 400 + seed, reach))
    for item, saved in zip(items, np.swapaxes(own, 0, 1) @ price, strict=True):
        projection = project(around, item, reach, (1.0,), 100_000 if ten else 20_000)
        shown, promised = saved.mean(), (projection.avoided(1.0) * price).sum()
        error = np.hypot(saved.std(ddof=1) / len(saved) ** 0.5, projection.error(price))
        print(f"{item.id:28} projected {promised:8.2f} shown {shown:8.2f} error {error:6.2f}")
        assert abs(promised - shown) < max(0.05 * abs(shown), 3 * error, 60 * ten), item.id
        assert ten or error < 0.12 * abs(shown)  # or it could not fail


@pytest.mark.slow
def test_in_birmingham_a_projection_is_what_other_settled_places_show(monkeypatch):
    """Ten years, every programme: within 5% of what it saves, or £60 a family, which is more of the one that saves £900.

    Shown by four settled places of other luck, whose draws are others too, with so many families that chance bears less on it:
    of two, each some 2% off for homelessness prevention, the mean would be.
    """
    birmingham, catalogue, reach, shown = load_place("birmingham_2010"), load_catalogue(), 40, []
    for seed in (7, 8, 9, 10):
        for name, value in {"SEED": 100 * seed, "SHARE": 0.015, "FLOOR": 1_500}.items():
            monkeypatch.setattr(projection_of, name, value)
        monkeypatch.setattr(following, "SEED", seed)
        other = surroundings(birmingham, defaults())
        shown.append([worth(project(other, item, reach, (1.0,)), other) for item in catalogue.values()])
    monkeypatch.undo()
    around = surroundings(birmingham, defaults())
    promised, shown = (
        np.array([worth(project(around, item, reach), around) for item in catalogue.values()]),
        np.array(shown),
    )
    for name, one, other in zip(catalogue, promised, shown.T, strict=True):
        print(f"{name:28} projected {one:8.0f} shown {other.round()} {one / other.mean() - 1:+.1%}")
    shown = shown.mean(axis=0)
    np.testing.assert_array_less(np.abs(promised - shown), np.maximum(0.05 * shown, 60))
    assert (shown > 60 / 0.05).sum() >= 10  # or the 5% would say little


def worth(projection, around):
    """Pounds a family at average cost."""
    return float((projection.avoided(1.0) * around.prices.average).sum()) / 100
