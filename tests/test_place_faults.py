"""All faults of a place's folder are told in one go, each once, whatever else is wrong in it."""

import shutil

import pytest

from sim.core.faults import InputError
from sim.place.places import load_place

# What is written in place of what, in which file; each a fault that is told whatever stands beside it.
SPOILT = {
    "unknown body of a line": ("place.toml", 'id = "social_work"\nname = "Social work with children in need"\nagency = "council"', 'id = "social_work"\nname = "Social work with children in need"\nagency = "councl"'),
    "gate of that line": ("place.toml", 'need = "safeguarding"\nlevel = 2\nkind = "statutory"\ngate = "judgement"', 'need = "safeguarding"\nlevel = 2\nkind = "rationed"\ngate = "duty"'),
    "unknown department": ("place.toml", 'department = "health"', 'department = "helth"'),
    "value in place.toml": ("place.toml", "[value.frailty_sd]\nvalue = ", "[value.frailty_sd]\nvalue = -"),
    "line of a value, and the value": ("lines.csv", "foster_care,caseload,32,", "foster_car,caseload,thirty,"),
    "parameter, and the value": ("lines.csv", "foster_care,share,0.877,", "foster_care,shar,88%,"),
    "who pays": ("lines.csv", "foster_care,unit_cost,", "foster_care,paid_by_council,0.5,share,,0,1,assumption: a test\nfoster_care,unit_cost,"),
    "need of a move, and its chance": ("transitions.csv", "safeguarding,up,0,0.018742,", "safegarding,up,0,-0.018742,"),
    "need that another acts on, and how": ("coupling.csv", "safeguarding,conduct,0.08,", "safeguarding,conducts,8%,"),
    "line and use of a target, and its figure": ("targets.csv", "caseload foster_care,fit events.pre_proceedings.rate,22.4,", "caseload fostercare,fit event.rate,many,"),
    "parameter of crises, and its value": ("crisis.csv", "onset,0.024511,", "onsets,x,"),
}  # fmt: skip


def spoil(folder, *names):
    """Write some faults into the files of a folder."""
    for name in names:
        file, old, new = SPOILT[name]
        text = (folder / file).read_text()
        assert text.count(old) == 1, name
        (folder / file).write_text(text.replace(old, new))


def faults_of(folder):
    """What is told of a place, by what goes before the remedy."""
    with pytest.raises(InputError) as error:
        load_place(folder)
    assert len(set(error.value.faults)) == len(error.value.faults)
    return {fault.replace(str(folder), "") for fault in error.value.faults}


def test_what_is_told_of_each_fault_is_told_of_all_together(milltown, tmp_path):
    each = set()
    for number, name in enumerate(SPOILT):
        folder = shutil.copytree(milltown.folder, tmp_path / str(number) / "town")
        spoil(folder, name)
        each |= faults_of(folder)
    folder = shutil.copytree(milltown.folder, tmp_path / "all" / "town")
    spoil(folder, *SPOILT)
    assert faults_of(folder) >= {fault for fault in each if "line " not in fault}
    assert len(faults_of(folder)) == len(each), (faults_of(folder), each)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("line of a value, and the value", ["line 3: line: 'foster_car' is unknown", "line 3: value 'thirty' is not a number"]),
        ("parameter, and the value", ["line 4: 'shar': unknown parameter", "line 4: value '88%' is not a number"]),
        ("need of a move, and its chance", ["line 2: need: 'safegarding' is unknown", "line 2: value -0.018742 is"]),
        ("need that another acts on, and how", ["line 2: other: 'conducts' is unknown", "line 2: value '8%' is not a number"]),
        (
            "line and use of a target, and its figure",
            ["line: 'fostercare' is unknown", "use 'fit event.rate' is unknown", "value 'many' is not a number"],
        ),
        ("parameter of crises, and its value", ["'onsets' is unknown", "line 2: value 'x' is not a number"]),
        ("who pays", ["line foster_care: 'council' runs it, and pays what others do not"]),
    ],
)  # fmt: skip
def test_a_row_that_names_what_is_not_there_is_told_of_its_value_too(milltown, tmp_path, name, told):
    folder = shutil.copytree(milltown.folder, tmp_path / "town")
    spoil(folder, name)
    faults = faults_of(folder)
    for text in told:
        assert sum(text in fault for fault in faults) == 1, (text, faults)


def test_counts_that_do_not_fit_the_place_are_told_beside_what_is_wrong(milltown, tmp_path):
    folder = shutil.copytree(milltown.folder, tmp_path / "town")
    text = (folder / "lines.csv").read_text()
    (folder / "lines.csv").write_text(
        text.replace(
            "foster_care,caseload,32,cases at any time,,27,37,",
            "foster_care,caseload,3200,cases at any time,,2700,3700,",
        )
    )
    spoil(folder, "unknown department")
    faults = " ".join(faults_of(folder))
    assert "'helth' is unknown" in faults
    assert "foster_care.caseload" in faults
