"""How long need lasts and how often events happen, as a place's targets ask."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.core.dials import defaults
from sim.core.faults import InputError
from sim.place.burn_in import burn_in
from sim.place.fitting import _View, fit_place, simulate_targets, write_fit
from sim.place.places import BAND_NAMES, load_place
from sim.place.turnover import Turnover
from tests.conftest import with_values
from tests.eventful import LASTING, SLOWER, write_eventful

HEAD = "assumption: made up for a test"
TARGETS = """\
crises over in a year,ended_within conduct 3 4,check,0.4,share of spells,,0,1,{0}
crises of a year,stock_older conduct 3 4,check,0.4,share of stock,,0,1,{0}
arrests,events arrest,fit events.arrest.rate,500,arrests a year,,1,9999,{0}
families arrested,with_event arrest,check,0.1,share of families,,0,1,{0}
offenders arrested,with_event arrest 2,check,0.5,share of families,,0,1,{0}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = write_eventful(tmp_path_factory.mktemp("place") / "eventful")
    with (folder / "targets.csv").open("a", encoding="utf-8") as file:
        file.write(TARGETS.format(HEAD))
    return load_place(folder)


def _followed(text, level=2):
    """What is made of one family's levels, quarter by quarter up to quarter 0; ``e`` before one: it enters then."""
    target = SimpleNamespace(measures=f"ended_within conduct {level} 2")
    turnover = Turnover(SimpleNamespace(targets=[target], events=(), index=lambda _: {"conduct": 0}))
    words = text.split()
    for quarter, word in enumerate(words, 1 - len(words)):
        columns = SimpleNamespace(levels=np.array([[int(word[-1])]]), age=np.array([0 if "e" in word else 50]))
        turnover.look(SimpleNamespace(columns=columns, happened=np.zeros((1, 0))), quarter)
    return turnover


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("0 0 0 2 3 1 0 0 0", 1),  # began 5 quarters ago, ended after 2
        ("0 0 0 2 3 2 0 0 0", 0),  # after 3
        ("0 0 2 0 0 3 3 3 3", 0.5),  # one of two
        ("0 0 0 0 0 0 2 0 0", 1),  # began 2 quarters ago, as late as can be followed
        ("0 0 0 0 0 0 0 2 0", 0),  # began too late to be followed: none counts
        ("2 2 2 0 0 2 2 2 2", 0),  # the first began before anybody looked
        ("0 0 2 e0 2 2 2 2 0", 0),  # the first was cut short because the family left
        ("0 0 e2 0 0 2 2 2 2", 0),  # the first was brought along
        ("0 0 1 1 3 3 0 0 0", 1),  # level 1 is no spell
        ("0 2 0 0 0 3 3 3 3 3 3", 0.5),  # the first began 9 quarters ago, as early as is followed
        ("0 2 0 0 0 0 3 3 3 3 3 3", 0),  # 10 quarters ago: not followed
    ],
)
def test_spells_that_end_are_counted_by_hand(text, share):
    turnover = _followed(text)
    assert turnover.ended_within("conduct", 2, 2) == share


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("0 0 0 0 0 0 2 3 3", 1),  # began 2 quarters ago
        ("0 0 0 0 0 0 0 2 3", 0),  # 1 quarter ago
        ("3 3 3 3 3 3 3 3 3", 1),
        ("3 3 3 3 3 3 0 3 3", 0),
        ("0 0 0 0 0 0 0 e2 2", 1),  # brought along, and there for longer: its age is 50
    ],
)
def test_spells_of_the_stock_are_counted_by_hand(text, share):
    assert _followed(text).stock_older("conduct", 2, 2) == share


def test_measures_follow_from_the_chances_by_hand(place):
    """Where nothing else bears on exits, spells end as their two rates say; here need comes and goes soon after birth."""
    changes = {"place.frailty_recovery": 0, "needs.conduct.recovery_if_served": 1, "needs.conduct.contagion": 0}
    changes |= {f"transitions.conduct.up.{level}": 0.2 for level in (0, 1, 2)}  # soon in balance
    changes |= {f"needs.conduct.{what}_age_{band}": 1 for what in ("onset", "recovery") for band in BAND_NAMES}
    changes |= {"transitions.conduct.down.3": 0.3, "transitions.conduct.down_lasting.3": 0.3 * SLOWER}
    changed = with_values(place, changes)
    turnover = Turnover(changed)
    burn_in(changed, defaults(), 1, n_families=60_000, look=turnover.look)
    down, lasting = changed.get("transitions.conduct.down.3"), LASTING[3]
    slow = SLOWER * down
    ended = (1 - lasting) * (1 - (1 - down) ** 4) + lasting * (1 - (1 - slow) ** 4)
    assert turnover.ended_within("conduct", 3, 4) == pytest.approx(ended, abs=0.02)
    stock = (1 - lasting) / down, lasting / slow  # by kind; few families leave before a spell ends
    older = (stock[0] * (1 - down) ** 4 + stock[1] * (1 - slow) ** 4) / sum(stock)
    assert turnover.stock_older("conduct", 3, 4) == pytest.approx(older, abs=0.04)


def test_events_are_measured_as_they_happen(place):
    turnover, events, families = Turnover(place), 0, []

    def look(now, quarter):
        nonlocal events
        turnover.look(now, quarter)
        if quarter > -4:
            events += now.happened[:, 0].sum()
            families.append((now.columns.events[quarter % 4] & 1) * (now.columns.age > 0))

    settled = burn_in(place, defaults(), 5, look=look)
    view = _View(place, settled, turnover)
    assert view.measure("events arrest") == events > 300
    columns = settled.families.columns
    lately = np.bitwise_or.reduce(columns.events, axis=0) & 1
    assert view.measure("with_event arrest") == lately.mean() > 0
    entrenched = columns.levels[:, place.index("needs")["offending"]] >= 2
    assert view.measure("with_event arrest 2") == lately[entrenched].mean() > lately.mean()
    assert view.measure("events arrest") > lately.sum()  # some are arrested more than once
    line = len(place.lines) - 1
    assert view.measure("caseload custody_suite") == pytest.approx(view.measure("events arrest"))
    assert settled.services.lines.outside[line] == 0


@pytest.mark.slow
def test_the_rates_of_an_event_are_fitted_together(place, tmp_path):
    before = [place.get(f"events.arrest.rate_{level}") for level in ("emerging", "entrenched", "crisis")]
    few = with_values(place, {"place.families": 12_000})

    fitted = fit_place(few, rounds=4)
    after = [fitted.get(f"events.arrest.rate_{level}") for level in ("emerging", "entrenched", "crisis")]
    ratios = np.array(after) / before
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-3)
    names = [target.id for target in place.targets]
    then, now = (simulate_targets(each, [7])[0][names.index("arrests")] for each in (few, fitted))
    assert abs(np.log(now / 500)) < abs(np.log(then / 500))
    (tmp_path / "fitted").mkdir()
    write_fit(fitted, tmp_path / "fitted")
    again = load_place(tmp_path / "fitted")
    assert again.get("events.arrest.rate_crisis") == before[2]  # its source does not say that it is fitted


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        ("ended_within conduct 3 4", "ended_within conduct 3", "write ended_within NEED LEVEL QUARTERS"),
        ("ended_within conduct 3 4", "ended_within conduct 3 99", "give a whole number, 1 to 40"),
        ("stock_older conduct 3 4", "stock_older conduct 0 4", "give a whole number, 1 to 3"),
        ("events arrest,", "events arests,", "did you mean 'arrest'"),
        ("with_event arrest 2", "with_event arrest 2 3", "write with_event EVENT"),
        ("fit events.arrest.rate", "fit events.arrest.rates", "fit events.NAME.rate"),
    ],
)
def test_a_wrong_target_says_what_would_be_right(place, tmp_path, find, put, says):
    import shutil

    folder = tmp_path / "town"
    shutil.copytree(place.folder, folder)
    text = (folder / "targets.csv").read_text(encoding="utf-8")
    assert text.count(find) == 1
    (folder / "targets.csv").write_text(text.replace(find, put), encoding="utf-8")
    with pytest.raises(InputError, match=says):
        load_place(folder)
