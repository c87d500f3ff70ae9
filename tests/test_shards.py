"""Shards share out the tasks of a sweep, and their folders join into what one machine would have made."""

import json
from itertools import permutations

import pytest

from sim.core.faults import InputError
from sim.studies import shards
from sim.studies.kept import carry_out
from sim.studies.shards import merged, read_shard, tasks_of
from sim.studies.sweep_folder import open_sweep
from tests.conftest import runs_of, sweep_of


@pytest.mark.parametrize("of", [1, 2, 4, 9, 11])
def test_shards_share_out_all_tasks_once(sweep, of):
    every = [tasks_of(sweep, (number, of)) for number in range(1, of + 1)]
    assert [task for tasks in every for task in tasks] == sweep.tasks()
    assert max(map(len, every)) - min(map(len, every)) <= 1


def test_where_seeds_are_added_a_shard_has_whole_points():
    sweep = sweep_of(replicates=None, until={"measure": "cash_released", "half_width": 1e9})
    every = [tasks_of(sweep, (number, 2)) for number in (1, 2)]
    assert [{point for point, _ in tasks} for tasks in every] == [{0, 2}, {1}]
    assert sorted(every[0] + every[1]) == sorted(sweep.tasks())


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "a/b", "1/2/3", "-1/2", "1.5/2", "٣/٤", f"1/{'9' * 5000}"])
def test_a_shard_is_i_of_n(text):
    assert read_shard("2/5") == (2, 5)
    with pytest.raises(InputError, match="--shard"):
        read_shard(text)


@pytest.mark.parametrize("words", [("--shard", ""), ("--arrangements", "")])
def test_an_empty_option_is_not_one_that_was_left_out(listsim, words, tmp_path):
    drift = ("--grid", "services.threshold_drift=0,1")
    code, _, err = listsim("sweep", *drift, "--place", "milltown", *words, "--out", tmp_path / "out")
    assert code == 2
    assert err.startswith(f"listsim: {words[0]}: ''")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("study", ["{}", "3"])
def test_a_study_json_that_lacks_what_tables_need_is_one_line(tmp_path, study):
    text = f'{{"versions": {{"listsim": "1"}}, "study_hash": "a", "code_hash": "b", "study": {study}}}'
    (tmp_path / "study.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"study.json: is missing or damaged"), merged([tmp_path], tmp_path / "out"):
        pass


def test_a_file_where_parts_belong_is_one_line(sweep, tmp_path):
    with open_sweep(sweep, tmp_path / "out") as folder:
        (folder / "parts").rmdir()
        (folder / "parts").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"parts: cannot be written"), open_sweep(sweep, tmp_path / "out"):
        pass


def test_shards_in_a_shared_folder_know_when_they_are_the_last(sweep, whole, tmp_path):
    with open_sweep(sweep, tmp_path / "out", shard=(1, 2)) as folder, open_sweep(sweep, folder, shard=(2, 2)):

        def meanwhile(done, _):
            if done == 0:
                assert carry_out(sweep, folder, shard=(2, 2)).left == 4

        assert carry_out(sweep, folder, shard=(1, 2), progress=meanwhile).left == 0
    assert runs_of(folder) == whole
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_shards_of_folders_of_their_own_are_merged_in_any_order(sweep, whole, tmp_path):
    folders = [tmp_path / f"shard{number}" for number in (1, 2, 3)]
    for number, folder in enumerate(folders, 1):
        with open_sweep(sweep, folder, shard=(number, 3)):
            carry_out(sweep, folder, shard=(number, 3))
    for number, order in enumerate(permutations(folders)):
        with merged(order, tmp_path / f"merged{number}") as (folder, study, outcome):
            assert study == json.loads(json.dumps(sweep.describe()))
            assert outcome == shards.Outcome(9, 0, 0, [])
            assert runs_of(folder) == whole
    with merged(folders[1:] + folders, folders[0]) as (folder, *_):
        assert runs_of(folder) == whole


def test_a_merge_that_lacks_tasks_says_which_and_goes_on_later(sweep, whole, tmp_path):
    folders = [tmp_path / f"shard{number}" for number in (1, 2)]
    for number, folder in enumerate(folders, 1):
        with open_sweep(sweep, folder, shard=(number, 2)):
            carry_out(sweep, folder, shard=(number, 2))
    said = r"5 of 9 tasks are missing: point 0 with seed 3, point 1 with seed 2, point 1 with seed 3 and 2 more"
    with pytest.raises(InputError, match=said), merged(folders[:1], tmp_path / "out"):
        pass
    with merged(folders[1:], tmp_path / "out") as (folder, *_):
        assert runs_of(folder) == whole


def test_only_folders_of_one_study_and_code_are_merged(sweep, tmp_path):
    other = sweep_of(seed=5)
    with open_sweep(sweep, tmp_path / "a"), open_sweep(other, tmp_path / "b"), open_sweep(sweep, tmp_path / "c"):
        pass
    with open_sweep(sweep_of(replicates=2), tmp_path / "e"):
        pass
    study = tmp_path / "c" / "study.json"
    study.write_text(study.read_text().replace('"code_hash": "', '"code_hash": "0'))
    for name, says in (
        ("b", "another study"),
        ("c", "other code"),
        ("d", "study.json: is missing"),
        ("e", "other seeds"),
    ):
        with pytest.raises(InputError, match=says), merged([tmp_path / "a", tmp_path / name], tmp_path / "out"):
            pass
    assert not (tmp_path / "out").exists()


WORDS = [
    "--grid",
    "services.threshold_drift=0,0.5",
    "--arrangements",
    "silo,list_public",
    "--place",
    "milltown",
    "--families",
    "500",
]


@pytest.mark.slow
def test_shards_by_command_come_to_what_one_command_does(listsim, tmp_path):
    words = ["sweep", *WORDS, "--years", "1", "--replicates", "2", "--workers", "1", "--no-progress", "--out"]
    assert listsim(*words, "one")[0] == 0
    for number in (1, 2):
        assert listsim(*words, f"part{number}", "--shard", f"{number}/2")[0] == 0
        assert listsim(*words, "shared", "--shard", f"{number}/2")[0] == 0
    code, _, err = listsim("merge", "part2", "--out", "merged")
    assert (code, err.count("\n")) == (2, 1)
    assert "merged: 2 of 4 tasks are missing: point 0 with seed 1, point 1 with seed 1" in err
    assert listsim("merge", "part1", "--out", "merged")[0] == 0
    for name in ("runs.parquet", "points.parquet", "summary.csv", "differences.csv"):
        expected = (tmp_path / "one" / name).read_bytes()
        for folder in ("merged", "shared"):
            assert (tmp_path / folder / name).read_bytes() == expected, (folder, name)
