"""A number in quotation marks is a fault of every TOML file; a CSV file and the command line have nothing but text."""

import shutil
from pathlib import Path

import pytest

from sim.core.faults import InputError
from sim.core.numbers import read_number
from sim.studies.inputs import load_inputs
from sim.words import checked
from tests.programme_file import PROGRAMME

SOURCE = 'source = "assumption: a test"\n'
FUTURE = f'name = "Mine"\ntext = "What if."\n{SOURCE}'
GRANT = 'extends = "silo"\n'

FILES = {
    "value of a programme": (
        PROGRAMME.replace("value = 1500\n", 'value = "1500"\n'),
        ["cost_per_family: value '1500' is text; write 1500, without quotation marks"],
    ),
    "belief and error of an effect": (
        PROGRAMME.replace("se = 0.22", 'se = "0.22"').replace("believed = 1200", 'believed = "1200"'),
        ["effect 1: se: value '0.22' is text; write 0.22, without quotation marks", "'1200' is text; write 1200,"],
    ),
    "dial of a future": (
        f'{FUTURE}[dials."services.threshold_drift"]\nvalue = ".5"\n{SOURCE}',
        ["services.threshold_drift: value '.5' is text; write 0.5, without quotation marks"],
    ),
    "path of a future": (
        f'{FUTURE}[path."departments.communities.real_growth"]\nby_year = [0.01, "0.02"]\n{SOURCE}',
        ["real_growth year 2: value '0.02' is text; write 0.02, without quotation marks"],
    ),
    "setting of an arrangement": (
        f'{GRANT}[settings]\n"agencies.horizon_years" = "5"\n',
        ["agencies.horizon_years: value '5' is text; write 5, without quotation marks"],
    ),
    "value of an arrangement": (
        f'{GRANT}[value.horizon_years]\nvalue = "5"\nunit = "years"\nlow = 1\nhigh = 9\n{SOURCE}',
        ["value.horizon_years: value '5' is text; write 5, without quotation marks"],
    ),
    "setting and grid of a study": (
        'arrangements = "silo"\n[settings]\n"services.block_scale" = "1"\n[grid]\n"services.threshold_drift" = [0, "0.5"]\n',
        ["settings.services.block_scale: value '1' is text;", "grid.services.threshold_drift: value '0.5' is text;"],
    ),
    "amount of a profile": (
        'cost_per_case_gbp = "10"\n[[benefit]]\nagency = "council"\namount_gbp = 3\nfrom_year = 1\nto_year = 2\n',
        ["cost_per_case_gbp: '10' has the wrong type; give a number"],
    ),
}


def faults_of(path):
    """What `check` says of a file or folder."""
    with pytest.raises(InputError) as error:
        checked(path, "milltown")
    return error.value.faults


@pytest.mark.parametrize(("text", "says"), FILES.values(), ids=FILES)
def test_text_in_place_of_a_number_is_a_fault(tmp_path, text, says):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    faults = faults_of(path)
    assert len(faults) == len(says)
    for line in says:
        assert sum(line in fault for fault in faults) == 1, (line, faults)


def test_of_a_place_too_but_not_in_its_csv_files(tmp_path, milltown):
    town = shutil.copytree(milltown.folder, tmp_path / "town")
    toml = town / "place.toml"
    head, name, rest = toml.read_text().partition("[value.families]")
    number = rest.split("value = ")[1].split()[0]
    toml.write_text(f"{head}{name}{rest.replace(f'value = {number}', f'value = "{number}"', 1)}")
    assert faults_of(town) == (
        f"{toml}: value.families: value '{number}' is text; write {number}, without quotation marks",
    )


def test_the_command_line_has_nothing_but_text():
    assert read_number("0.5", "--set", "services.threshold_drift", "value") == 0.5
    assert load_inputs("silo", "milltown", {"services.threshold_drift": "0.5"}).dials["services.threshold_drift"] == 0.5
    assert read_number("5", Path("lines.csv"), "k", "value") == 5
