"""What families use before an event and after it, as the fit report tells it."""

from types import SimpleNamespace

import numpy as np
import pytest

from sim.place import before_after
from sim.place.before_after import Use, over_ranges
from tests.conftest import with_values

LINES = (SimpleNamespace(event=""), SimpleNamespace(event="call"))  # 100 and 10 pounds a quarter


class _Scripted:
    """Four families: the first has an event in quarter 5 alone, the second leaves, the third has needs only, the fourth none.

    The first is served by the lasting line from quarter 5 on and by the other in quarter 5; the third by the lasting one always.
    """

    n = 4

    def __init__(self):
        self.columns = SimpleNamespace(
            events=np.zeros((4, 4), np.uint16),
            served=np.zeros((4, 4), np.uint32),
            generation=np.zeros(4, np.uint8),
            has=np.array([7, 1, 1, 0], np.uint16),
        )

    def live(self, quarter):
        self.columns.events[quarter % 4] = [quarter == 5, quarter == 5, 0, 0]
        self.columns.generation[1] = quarter >= 7
        self.columns.served[quarter % 4] = [(quarter >= 5) + 2 * (quarter == 5), 0, 1, 0]

    def like(self, target):
        return np.array([0, 2, 3]), np.array([True, True, False])


@pytest.fixture
def scripted(monkeypatch):
    settled = SimpleNamespace(
        families=_Scripted(),
        services=SimpleNamespace(
            prices=SimpleNamespace(average=np.array([10_000, 1_000])), serve=lambda families, quarter: None
        ),
    )
    monkeypatch.setattr(before_after, "burn_in", lambda *_, **__: settled)
    return SimpleNamespace(lines=LINES, events=(SimpleNamespace(name="Call"),), get=lambda _: 4)


def test_use_before_and_after_is_worked_out_by_hand(scripted):
    """The first family is picked in quarter 5: 110 pounds in the year up to it, 400 in the next; of events 10, and none."""
    found = {use.group: use for use in before_after.before_after(scripted, [1])}
    assert found["an event in the quarter"] == Use("an event in the quarter", 1, 110, 400, 10, 0)
    assert found["an event in the quarter, three needs or more"].before == 110
    assert found["Call in the quarter"].after == 400
    # In quarter 4 the first (0, then 410, 10 of it of an event) and the third (400 and 400); in quarters 5 to 8 the third alone.
    assert found["a need, no event in the year"] == Use("a need, no event in the year", 1.2, 360, 401, 0, 1)
    assert found["an event in the quarter"].change == pytest.approx(100 * 290 / 110)
    assert found["an event in the quarter"].acute_change == -100
    assert np.isnan(found["a need, no event in the year"].acute_change)


def test_who_is_referred_with_an_event_and_who_without_is_told_apart(scripted):
    """The first and the third family are known to be like the target; an event of the year is the first one's, in quarters 5 to 8."""
    help_them = SimpleNamespace(signs=1, events=0)
    found = {use.group: use for use in before_after.before_after(scripted, [1], [("Help", help_them)])}
    with_event, without = (found[f"Help: referred {words}"] for words in ("with an event of the year", "without"))
    assert (with_event.families, without.families) == (1, 1.2)
    assert with_event.before == np.mean([110, 210, 310, 410])
    assert with_event.after == 400
    assert (without.before, without.after) == (360, 401)


@pytest.mark.slow
def test_use_on_lines_of_events_falls_back_after_an_event(milltown):
    """Sign and size: a third or more of what events cost in the year up to one does not come again; others' does not fall."""
    larger = with_values(milltown, {"place.families": 20_000})
    found = {use.group: use for use in before_after.before_after(larger, [1])}
    assert found["an event in the quarter"].acute_change < -30
    assert found["a need, no event in the year"].acute_after > found["a need, no event in the year"].acute_before == 0


def test_each_value_of_crises_is_looked_at_at_either_end_of_its_range(milltown, monkeypatch):
    looked = []
    monkeypatch.setattr(before_after, "before_after", lambda place, _: looked.append(place) or [place])
    rows = over_ranges(milltown, [1])
    assert [row[0] for row in rows] == ["onset", "needs_exponent", "frailty_weight", "length", "ratio"]
    for name, low, high, at_low, at_high in rows:
        assert (at_low.get(f"crisis.{name}"), at_high.get(f"crisis.{name}")) == (low, high)
        assert low < milltown.get(f"crisis.{name}") < high
    assert len(looked) == 10
