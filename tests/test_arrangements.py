from pathlib import Path

import pytest

from sim import rules
from sim.arrangements import QUESTIONS, arrangement_names, load_arrangement
from sim.parameters import InputError, check_source
from sim.runner import load_inputs
from tests.conftest import PLAN


@pytest.mark.parametrize("name", [*arrangement_names(), PLAN])
def test_every_arrangement_is_complete(name):
    item = load_arrangement(name)
    check_source(item.source, name, "source")
    for key, value in item.values.items():
        check_source(value.source, name, key)
        assert value.low <= value.value <= value.high
    assert set(item.rules.in_words()) == set(QUESTIONS)


def test_the_four_that_were_asked_for_are_there():
    assert {"do_nothing", "silo", "pooled_s75", "list_public"} <= set(arrangement_names())


def test_no_code_knows_an_arrangement_by_name():
    """The twin is the one arrangement the runner must find."""
    root = Path(rules.__file__).parent
    for name in arrangement_names():
        if name == "do_nothing":
            continue
        users = [path.name for path in root.rglob("*.py") if f'"{name}"' in path.read_text(encoding="utf-8")]
        assert users in ([], ["cli.py"]), name  # the command line names the headline three


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        ('decides = "list_board"', 'decides = "list_bord"', "did you mean 'list_board'"),
        ('decides = "list_board"', 'decids = "list_board"', "did you mean 'decides'"),
        ('savings = "repaid"', "", "rules.savings: is missing"),
        ("[value.payment_share]", "[value.payment_shar]", "did you mean 'payment_share'"),
        ('value = 0.5\nunit = "share of measured', 'value = -0.5\nunit = "share of measured', "negative"),
        ('value = 0.5\nunit = "share of measured', 'value = 1.5\nunit = "share of measured', "out of range"),
        ('source = "cashability:C11', 'source = "cashability:C99', "not in the evidence"),
        ('members = ["all"]', 'members = "all"', "wrong type"),
        ('members = ["all"]', 'members = ["all"]\ncolour = "red"', "unknown key"),
        ("[rules]", "[settings]\n'services.drift' = 1\n[rules]", "did you mean 'services.threshold_drift'"),
    ],
)
def test_a_spoilt_arrangement_says_what_is_wrong(tmp_path, find, put, says):
    text = Path(load_arrangement("list_public").file).read_text(encoding="utf-8")
    assert find in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(find, put, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_arrangement(path)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_arrangement_suggests_the_nearest():
    with pytest.raises(InputError, match="did you mean 'list_public'"):
        load_arrangement("list_publik")


def test_an_arrangement_may_extend_another_and_say_only_what_differs(tmp_path):
    path = tmp_path / "cautious.toml"
    path.write_text(
        'extends = "list_public"\nname = "A cautious LIST"\ndiffers = "Pays on cash."\n'
        '[settings]\n"list.payment_basis" = "cashed"\n'
        '[value.reserve_share]\nvalue = 0.4\nunit = "share"\nlow = 0\nhigh = 0.6\nsource = "assumption: cautious"\n'
    )
    item = load_arrangement(path)
    assert item.id == "cautious"
    assert item.settings == {"list.payment_basis": "cashed"}
    assert item.get("reserve_share") == 0.4
    assert item.get("payment_share") == load_arrangement("list_public").get("payment_share")
    path.write_text('extends = "list_publik"\n')
    with pytest.raises(InputError, match="did you mean 'list_public'"):
        load_arrangement(path)


def test_an_outcome_line_the_place_does_not_have_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "sib_single"\nname = "m"\nsource = "assumption: test"\ndiffers = "d"\noutcome_lines = ["caree"]\n'
    )
    with pytest.raises(InputError, match=r"mine.toml: outcome_lines: 'caree' is no service line of milltown.*'care'"):
        load_inputs(str(path), "milltown")


def test_every_choice_says_what_it_is():
    for question in QUESTIONS:
        for choice in rules.CHOICES[question].values():
            assert choice.text
