from pathlib import Path

import pytest

from sim import rules
from sim.arrangements.parts import PARTS, TERMS
from sim.arrangements.reading import QUESTIONS, arrangement_names, load_arrangement
from sim.core.evidence import check_source
from sim.core.extends import MOST_FILES
from sim.core.faults import InputError
from sim.core.shipped import special
from sim.studies.inputs import load_inputs
from sim.studies.study import load_study
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
        assert users in ([], ["options.py"]), name  # the command line names the headline three


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        ('decides = "list_board"', 'decides = "list_bord"', "did you mean 'list_board'"),
        ('decides = "list_board"', 'decids = "list_board"', "did you mean 'decides'"),
        ('savings = "repaid"', "", "rules.savings: is missing"),
        ("[value.payment_share]", "[value.payment_shar]", "did you mean 'payment_share'"),
        ('value = 0.5\nunit = "share of measured', 'value = -0.5\nunit = "share of measured', "negative"),
        (
            'value = 0.5\nunit = "share of measured',
            'value = 1.5\nunit = "share of measured',
            "above 1; give 0.015 for 1.5%",
        ),
        ('source = "cashability:C11', 'source = "cashability:C99', "not in the evidence"),
        ('members = ["all"]', 'members = "all"', "wrong type"),
        ('members = ["all"]', 'members = ["all"]\ncolour = "red"', "unknown key"),
        ("[rules]", "[settings]\n'services.treshold_drift' = 1\n[rules]", "did you mean 'services.threshold_drift'"),
    ],
)
def test_a_spoilt_arrangement_says_what_is_wrong(tmp_path, find, put, says):
    text = Path(load_arrangement("list_naive").file).read_text(encoding="utf-8")
    assert find in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(find, put, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_arrangement(path)
    assert says in str(error.value)
    assert all(line.startswith(str(path)) for line in error.value.faults)


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
        'extends = "sib_single"\nname = "m"\nsource = "assumption: test"\ndiffers = "d"\noutcome_lines = ["foster_caree"]\n'
    )
    with pytest.raises(
        InputError, match=r"mine.toml: outcome_lines: 'foster_caree' is no service line of milltown.*'foster_care'"
    ):
        load_inputs(str(path), "milltown")


def test_every_choice_says_what_it_is():
    for question in QUESTIONS:
        for choice in rules.CHOICES[question].values():
            assert choice.text


HEAD = 'name = "m"\nsource = "assumption: test"\ndiffers = "d"\n'


def faults_of(path, text, place="milltown"):
    """What is wrong with a file that extends another, each fault without the file's name."""
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_inputs(path, place)
    assert all(fault.startswith(f"{path}: ") for fault in error.value.faults), error.value.faults
    return [fault.removeprefix(f"{path}: ") for fault in error.value.faults]


@pytest.mark.parametrize("place", ["milltown", "birmingham_2010"])
def test_every_shipped_arrangement_fits_both_places(place):
    assert len(load_study(["all"], place).arrangements) == len(arrangement_names())


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('members = ["council", "nsh"]', "members: 'nsh' is no agency of milltown; did you mean 'nhs'?"),
        ("members = []", "members: is empty"),
        ('members = ["nhs", "nhs"]', "members: 'nhs' is named twice"),
        ('members = ["all", "nhs"]', "members: 'all' stands beside others"),
        ("members = [3]", "members: 3 has the wrong type"),
        ('[funding]\ncouncill = "workload"', "funding.councill: 'councill' is no agency of milltown; did you mean 'council'?"),
        ('[funding]\ncouncil = "worklod"', "funding.council: 'worklod' is unknown; did you mean 'workload'?"),
        ('[roles]\nlead = "councill"', "roles.lead: 'councill' is no agency of milltown"),
        ('[roles]\ncentre = "council"', "roles.centre: 'council' is no department of milltown"),
        ('[roles]\nleed = "council"', "roles.leed: unknown role; did you mean 'lead'?"),
        ("[plan]\nparentin = 5", "plan.parentin: unknown programme; did you mean 'parenting'?"),
        ('programmes = ["keyworker"]\n[plan]\nparenting = 5', "plan.parenting: is not among programmes"),
        ("[plan]\nparenting = true", "plan.parenting: True is not a number of families"),
        ("[plan]\nparenting = 99999999999", "plan.parenting: 99999999999 is not a number of families"),
        ('sectors = ["private"]\n[plan]\nfamily_group_conference = 5', "plan.family_group_conference: no provider of"),
        ('sectors = ["private"]\nprogrammes = ["family_group_conference"]', "programmes: no provider of family_group_conference"),
        ('rules = {decides = "plan", up_front = "grant", savings = "stay"}', "plan: is missing"),
        ('rules = {up_front = []}', "rules.up_front: is empty"),
        ("outcome_lines = []", "outcome_lines: is empty"),
        ("programmes = []", "programmes: is empty"),
        ("sectors = []", "sectors: is empty"),
        ("rules = 3", "rules: 3 has the wrong type; give a table"),
        ("settings = []", "settings: [] has the wrong type; give a table"),
        ("plan = 'x'", "plan: 'x' has the wrong type; give a table"),
        ("[value]\nhorizon_years = 5", "value.horizon_years: 5 is not a table; give value, unit, low, high and source"),
        ("[settings]\nlist.payment_basis = 'cashed'", 'settings.list: is a table; write "list.payment_basis" in quotes'),
        ("[settings]\n'departments.review_years' = 2.5", "departments.review_years: 2.5 is not a whole number; give 2 or 3"),
        ("[settings]\n'services.threshold_drift' = true", "value True is not a number"),
        ("[settings]\n'list.payment_basis' = []", "[] is not a choice"),
    ],
)  # fmt: skip
def test_a_slip_that_would_change_results_is_refused(tmp_path, lines, says):
    path = tmp_path / "mine.toml"
    faults = faults_of(path, f'extends = "list_public"\n{HEAD}{lines}\n')
    assert any(says in fault for fault in faults), faults


def test_every_fault_of_a_file_is_told(tmp_path):
    lines = 'name = 3\nmembers = ["nsh"]\nsectors = ["privat"]\n[roles]\nleed = "nhs"\n[value]\nreserve_share = 1\n'
    faults = faults_of(tmp_path / "mine.toml", f'extends = "list_public"\n{lines}')
    assert [fault.split(":")[0] for fault in faults] == ["name", "value.reserve_share", "sectors", "roles.leed"]


def test_numbers_are_looked_at_where_an_answer_is_unknown_too(tmp_path):
    lines = (
        f'[rules]\ndecides = "bargin"\n[value.reserve_share]\n{row(70, 0, 100)}[value.reserve_shar]\n{row(0.1, 0, 1)}'
    )
    faults = faults_of(tmp_path / "mine.toml", f'extends = "list_public"\n{HEAD}{lines}')
    assert [fault.split(";")[0] for fault in faults] == [
        "rules.decides: 'bargin' is not a choice",
        "value.reserve_shar: is used by no rules",
        "value.reserve_share: value 70 is above 1",
    ]


def row(number, low, high, unit="share"):
    """A value as a file gives it."""
    return f'value = {number}\nunit = "{unit}"\nlow = {low}\nhigh = {high}\nsource = "assumption: test"\n'


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("payment_share", row(70, 0, 100), "value 70 is above 1; give 0.7 for 70%"),
        ("payment_share", row(0.7, 0, 100), "high 100 is above 1"),
        ("payment_share", row(0.7, -1, 1), "low -1 is negative"),
        ("payment_share", row("true", 0, 1), "value True is not a number"),
        (
            "payment_years",
            row(2.5, 1, 10, "years"),
            "value 2.5 is not a whole number; give whole years, 1 to 100: 2 or 3",
        ),
        (
            "setup_cost",
            row(1e30, 0, 1e31, 'GBP a million people"\nprice_year = "2010/11'),
            "value 1e+30 is above 1e+10",
        ),
        ("setup_cost", row("9" * 400, 0, 1, 'GBP a million people"\nprice_year = "2010/11'), "is not finite"),
    ],
)
def test_a_number_has_a_ceiling_and_a_kind_whatever_range_its_row_gives(tmp_path, name, text, says):
    path = tmp_path / "mine.toml"
    faults = faults_of(path, f'extends = "list_public"\n{HEAD}[value.{name}]\n{text}')
    assert says in faults[0]
    assert faults[0].startswith(f"value.{name}: ")


def test_every_share_has_a_ceiling_of_one():
    """Whatever is called a share is one; a pot by people may pay some neighbourhoods more than their members' money."""
    limits = {name: term.kind for name, term in TERMS.items()}
    for choices in rules.CHOICES.values():
        for choice in choices.values():
            limits |= choice.needs
    for part in PARTS.values():
        limits |= part.needs
    shares = {name for name in limits if name.endswith(("_share", "_chance"))} - {"pot_share"}
    assert len(shares) > 15
    assert {name for name in shares if limits[name].high != 1} == set()
    assert all(item.high < 1e11 for item in limits.values())
    assert {name for name in limits if name.endswith("_years") and not limits[name].whole} == {"horizon_years"}


def test_shares_of_outcome_payments_may_not_pass_the_whole(tmp_path):
    with pytest.raises(InputError, match=r"centre_share: it and outside_share sum to 1\.2"):
        load_inputs("sib_peterborough", "milltown", {"arrangement.centre_share": 0.8})


def test_files_that_extend_one_another_in_a_circle_are_refused(tmp_path):
    (tmp_path / "b.toml").write_text('extends = "a"\n')
    faults = faults_of(tmp_path / "a.toml", 'extends = "b.toml"\n')
    assert faults == ["extends: goes round in a circle: a.toml, b.toml, a.toml; let one of them stand alone"]


def test_a_file_may_extend_the_shipped_one_of_its_own_name(tmp_path):
    path = tmp_path / "list_public.toml"
    path.write_text(f'extends = "list_public"\n{HEAD}')
    assert load_arrangement(path).get("payment_share") == load_arrangement("list_public").get("payment_share")
    (tmp_path / "on.toml").write_text(f'extends = "list_public"\n{HEAD.replace(chr(34) + "m", chr(34) + "on")}')
    path.write_text(f'extends = "list_public"\n{HEAD}members = ["nhs"]\n')
    assert load_arrangement(tmp_path / "on.toml").members == ("nhs",)  # a file beside it goes before a shipped one


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("mine", '"mine"', "extends: 'mine' is this file itself"),
        ("mine", "3", "extends: 3 has the wrong type"),
        ("mine", '"../other"', "extends: '../other' is unknown; give the path of a file from this one"),
        ("mine", f'"{"x" * 5000}"', "is unknown"),
        ("mine", f'"a/{"x" * 5000}"', "is unknown"),
        ("mine", '"gone"', "extends: 'gone' is unknown"),
    ],
)
def test_what_cannot_be_extended_is_refused(tmp_path, name, given, says):
    (tmp_path / "gone.toml").symlink_to("nowhere")
    assert says in faults_of(tmp_path / f"{name}.toml", f"extends = {given}\n")[0]


def test_a_chain_of_files_has_an_end(tmp_path):
    for i in range(MOST_FILES + 1):
        (tmp_path / f"f{i}.toml").write_text(f'extends = "f{i + 1}"\n')
    with pytest.raises(InputError, match=f"more than {MOST_FILES} files"):
        load_arrangement(tmp_path / "f0.toml")


def test_a_fault_of_a_file_in_between_names_that_file(tmp_path):
    (tmp_path / "base.toml").write_text(f'extends = "silo"\n{HEAD}colour = 1\n')
    (tmp_path / "mine.toml").write_text('extends = "base"\n')
    with pytest.raises(InputError, match=r"base.toml: colour: unknown key"):
        load_arrangement(tmp_path / "mine.toml")


def test_arrangements_with_a_part_of_their_own_are_shipped():
    assert {*special("headline"), *special("one_horizon")} < set(arrangement_names())
    assert load_arrangement(special("twin")).rules.decides is rules.CHOICES["decides"]["nobody"]


def test_arrangements_of_one_horizon_differ_from_the_headline_ones_in_nothing_else():
    """Three years for silo and pool, ten for the LIST as its sources have it; ten for all three beside them."""
    for code, other in zip(special("headline"), special("one_horizon"), strict=True):
        mine, base = load_arrangement(other), load_arrangement(code)
        assert mine.optional("horizon_years") == 10
        assert not mine.manages  # so that it has the same twin
        differing = {key for key in mine.values if mine.values[key] != base.values.get(key)}
        assert differing <= {"horizon_years"}
        assert (mine.rules, mine.members, mine.parts) == (base.rules, base.members, base.parts)
