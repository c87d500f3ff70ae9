"""Lots: which tasks go out together, to whom, and what becomes of those that are lost."""

from sim.studies import lots
from sim.studies.lots import Lot, Lots


def handed_out(lots_, seconds=1.0):
    """What is handed out, each lot coming back at once."""
    found = []
    while lot := lots_.next():
        found.append(lot.tasks)
        lots_.back(lot, seconds * len(lot.tasks))
    return found


def test_a_process_gets_the_points_of_a_seed_one_after_the_other():
    tasks = [(point, seed) for seed in (1, 2, 3) for point in range(4)]
    two = Lots(tasks, 2)
    first, second = two.next(), two.next()
    assert (first.tasks, second.tasks, two.next()) == (((0, 1),), ((0, 2),), None)
    two.back(second, 100)
    assert two.next().tasks == ((1, 2),)  # whoever knows seed 2 goes on with it
    two.back(first, 100)
    assert two.next().tasks == ((1, 1),)


def test_processes_that_are_free_at_once_get_seeds_of_their_own_and_help_out_at_the_end():
    two = Lots([(point, seed) for seed in (1, 2) for point in range(3)], 2)
    for _ in range(2):
        both = [two.next(), two.next()]
        assert [lot.tasks[0][1] for lot in both] == [1, 2]
        for lot in both:
            two.back(lot, 100)
    two = Lots([(0, 1), *((point, 2) for point in range(4))], 2)
    first, _ = two.next(), two.next()
    two.back(first, 100)
    assert two.next().tasks == ((1, 2),)  # both at work on seed 2, of which most is left


def test_lots_are_as_long_as_they_should_be_and_shrink_towards_the_end():
    tasks = [(point, 1) for point in range(1000)]
    one = [len(lot) for lot in handed_out(Lots(tasks, 1), 0.5)]
    assert (one[0], set(one[1:-1]), sum(one)) == (1, {20}, 1000)
    two = [len(lot) for lot in handed_out(Lots(tasks, 2), 0.5)]
    assert two[1] == 20
    assert sorted(two[1:], reverse=True) == two[1:]
    assert two[-2] == 2
    assert max(len(lot) for lot in handed_out(Lots(tasks, 2), 0.001)) == lots.MOST
    assert {len(lot) for lot in handed_out(Lots(tasks, 2), 100)} == {1}
    assert sorted(task for lot in handed_out(Lots(tasks, 2), 0.1) for task in lot) == tasks


def test_what_is_lost_goes_out_again_then_alone_then_is_given_up():
    two = Lots([(0, 1), (1, 1), (0, 2)], 2)
    first, second = two.next(), two.next()
    assert two.lost(first)
    assert two.lost(second)
    again = [two.next(), two.next()]
    assert again == [Lot(first.tasks, 1), Lot(second.tasks, 1)]
    assert all(two.lost(lot) for lot in again)
    rest = two.next()
    assert rest == Lot(((1, 1),))  # what was never lost goes first
    assert two.next() is None  # and alone is alone
    two.back(rest, 1)
    alone = two.next()
    assert (alone, two.next()) == (Lot(((0, 1),), 2), None)
    assert not two.lost(alone)
    two.back(two.next(), 1)
    assert not two
