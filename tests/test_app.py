"""The page without a browser: links, dials, what runs come to, what is said of it, and who is answered."""

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.app import jobs, scenes, server, why
from sim.app.altered import Altered
from sim.app.asked import SCENES, Asked, Side, batches, from_query
from sim.app.handout import handout
from sim.app.jobs import Job, Queue, path_of, seen_of, stakes_at
from sim.app.seen import Known, Seen
from sim.app.sides import Shown, in_words, shown
from sim.app.told import LOOKS, told
from sim.app.turning import TURNED
from sim.core.dials import DIALS
from sim.record.measures import MEASURES
from sim.report.incentive_words import benefits
from sim.report.steps import steps
from sim.results.plain import write_csv
from sim.results.summary import STATISTICS
from sim.studies.study import load_study
from sim.words import every_parameter

SUMS = ["arrangement", "agency", "measure", "year", "value"]
SHORT = Asked(years=3, families=1000)


# links and dials


def test_a_link_says_all_that_is_asked():
    plain = Asked()
    other = replace(
        plain,
        place="birmingham_2010",
        future="austerity",
        families=5000,
        years=8,
        seed=7,
        scene="years",
        about="retained",
        year=3,
        large=True,
    ).turn("fill", 0.8)
    alone = replace(other, right=None)
    split = (
        replace(other, split=True)
        .turn("fill", 0.1, right=True)
        .turn("counts", "place")
        .turn("measured", "matched", right=True)
    )
    assert split.left.dials["fill"] == 0.8
    assert split.right.dials["fill"] == 0.1
    for asked in (plain, other, alone, split):
        assert from_query(asked.query(), measures=scenes.CHOICES) == (asked, [])


def test_what_a_link_gets_wrong_is_told_and_left_at_its_default():
    asked, faults = from_query("a=silos&place=nowhere&fill=7&years=x&families=99999999&scene=9&b.close=soon&what=this")
    assert asked == Asked()
    assert len(faults) == 8
    assert any("did you mean 'silo'" in fault for fault in faults)


def test_a_dial_turns_both_sides_until_they_are_split():
    asked = Asked().turn("close", 0.2)
    assert asked.left.dials["close"] == asked.right.dials["close"] == 0.2
    asked = replace(asked, split=True).turn("close", 0.9, right=True)
    assert (asked.left.dials["close"], asked.right.dials["close"]) == (0.2, 0.9)


def test_sides_that_differ_in_dials_alone_are_runs_of_their_own():
    def file_of(name, _):
        return name

    alike = Asked().turn("fill", 0.0)
    assert [batch.arrangements for batch in batches(alike, file_of)] == [("silo", "list_public")]
    apart = replace(Asked(Side("silo"), Side("silo")), split=True).turn("fill", 0.0, right=True)
    assert [batch.settings for batch in batches(apart, file_of)] == [{}, {"services.threshold_drift": 0.0}]


def test_there_are_seven_dials_of_the_model_with_range_and_source():
    assert len(TURNED) == 7
    for dial in TURNED.values():
        assert dial.is_rule or dial.sets in DIALS
        assert dial.range
        assert dial.source
        assert dial.read(dial.default) == dial.default
        if dial.choices and not dial.is_rule:
            assert set(dial.choices) == set(DIALS[dial.sets].choices)


def test_what_a_number_is_made_of_is_known():
    known = every_parameter("milltown")
    for measure, made in why.MADE_OF.items():
        assert measure in MEASURES
        assert {*made.get("plus", ()), *made.get("minus", ())} <= set(MEASURES)
        assert set(made.get("turns", ())) <= set(known)


# what runs come to


def studies_of(asked, folder, seeds=2):
    altered = Altered(folder)
    return [load_study(**batch.request(seeds)) for batch in batches(asked, altered.file_of)]


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """Two runs of silos and a LIST, as the page knows them."""
    studies = studies_of(SHORT, tmp_path_factory.mktemp("altered"))
    found = [seen_of(studies, seed) for seed in (1, 2)]
    return studies, [Known([item[0] for item in found])]


def test_numbers_are_those_of_the_command_line_to_the_last_byte(short, tmp_path):
    _, (known,) = short
    theirs = sim.compare(["silo", "list_public"], "milltown", replicates=2, years=3, families=1000)
    for name, table in (("mine.csv", known.summary), ("theirs.csv", theirs.summary)):
        write_csv(tmp_path / name, table, STATISTICS)
    assert (tmp_path / "mine.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()
    pd.testing.assert_frame_equal(known.summary, theirs.summary, rtol=1e-9)
    by_year = (
        theirs.runs[theirs.runs["measure"] == "cash_released"]
        .groupby(["arrangement", "replicate", "year"])["value_pence"]
        .sum()
    )
    for (arrangement, replicate, year), pence in by_year.items():
        assert known.years.loc[(arrangement, "cash_released", year), replicate] == pence


def test_the_table_of_figures_is_the_one_that_is_printed(short):
    studies, known = short
    _, heads, rows = scenes.headline(shown(SHORT, studies, known))
    html = sim.compare(["silo", "list_public"], "milltown", replicates=2, years=3, families=1000)._repr_html_()
    assert heads[1:] == ("Silos: each agency for itself", "LIST, publicly funded")
    for first, *cells in rows[:-1]:
        assert f"<tr><th>{first}</th>" + "".join(f"<td>{item.text}</td>" for item in cells) in html


def test_each_number_adds_up_to_what_it_is_made_of(short):
    studies, known = short
    for side in shown(SHORT, studies, known):
        mean = side.known.cells["mean"].xs(side.code)
        for measure, made in why.MADE_OF.items():
            parts = [(1, name) for name in made.get("plus", ())] + [(-1, name) for name in made.get("minus", ())]
            if parts:
                assert sum(sign * mean[name] for sign, name in parts) == pytest.approx(mean[measure], abs=0.01), measure


def test_why_says_meaning_parts_lines_and_sources(short):
    studies, known = short
    found = why.of_measure(shown(SHORT, studies, known)[1], "gross_avoided")
    assert found.meaning == MEASURES["gross_avoided"].meaning
    assert [title for title, *_ in found.tables] == ["Made of", "By body", "By service, largest first"]
    rows = why.explained(found.parameters, "milltown", {"agencies.horizon_years": 9.0})
    assert ("agencies.horizon_years", "9 (turned here)") in [row[:2] for row in rows]
    assert all(source for *_, source in rows)


def test_who_gains_is_what_incentives_says():
    said, by_body = stakes_at("milltown", 1000, {})
    theirs = sim.cost_benefit.at_place.incentives("milltown", families=1000)
    assert said == theirs.to_dict()
    assert by_body.equals(theirs.by_body)
    for name in scenes.OF_PLACE:
        scene = scenes.of_place(replace(SHORT, scene=name), ["left"], [said])
        assert scene.sentences
        assert scene.tables
    _, _, rows = scenes.of_place(SHORT, ["left"], [said]).tables[0]
    assert [[getattr(item, "text", item) for item in row] for row in rows] == [list(row) for row in benefits(said)[1]]


def test_every_scene_has_a_sentence_and_a_picture_of_the_same_numbers(short):
    studies, known = short
    sides = shown(SHORT, studies, known)
    for name in SCENES[2:]:
        scene = scenes.of_runs(replace(SHORT, scene=name), sides)
        assert scene.sentences
        assert scene.pictures
        for picture in scene.pictures:
            assert picture.options["tooltip"].get("renderMode", "richText") == "richText"
    (picture, _) = scenes.of_runs(replace(SHORT, scene="leaks"), sides).pictures
    names, boxes = picture.options["yAxis"]["data"], picture.options["series"][0]["data"]
    for name, before, after, _ in steps(known[0].cells, "silo"):  # those of the report
        if (label := MEASURES[name].short) in names:
            assert boxes[names.index(label)]["value"][:2] == [before, after]
    assert {"Promised", "Cash released", MEASURES["net_position"].short} <= set(names)


def test_the_command_really_runs_and_comes_to_the_same(tmp_path):
    asked = Asked(Side("silo"), None, years=1, families=500).turn("counts", "place").turn("fill", 0.25)
    altered = Altered(tmp_path)
    asked_for = batches(asked, altered.file_of)
    script = altered.script(asked_for, lambda batch, own: batch.command(1, own))
    assert "cat > 'silo_place.toml' <<'END'" in script
    found = seen_of([load_study(**batch.request(1)) for batch in asked_for], 1)
    there = tmp_path / "there"
    there.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["bash", "-ec", f"{script} --out done --no-report --quiet"],
        cwd=there,
        check=True,
        env={**os.environ, "PATH": path},
    )
    write_csv(tmp_path / "mine.csv", Known([found[0]]).summary, STATISTICS)
    assert (there / "done" / "summary.csv").read_bytes() == (tmp_path / "mine.csv").read_bytes()


def test_a_path_is_the_one_that_trace_prints(capsys):
    from sim.cli.options import app as command

    asked = Asked(Side("silo"), None, years=4, families=2000)
    (batch,) = batches(asked, lambda name, _: name)
    for kind in ("family", "pound"):
        lines = path_of(kind, batch)
        command(batch.trace(kind).split()[1:], standalone_mode=False)
        assert capsys.readouterr().out == "\n".join(lines) + "\n"


def test_what_has_no_estimate_is_no_measure_of_nought(short):
    """The LIST's cohorts are too small here for any comparison; silos follow each family."""
    studies, known = short
    scene = scenes.of_runs(replace(SHORT, scene="measured"), shown(SHORT, studies, known))
    assert scene.sentences[1] == (
        "LIST, publicly funded: evaluation had no estimate for any cohort that it followed, and claimed nothing."
    )
    measured, true = (series["data"] for series in scene.pictures[0].options["series"])
    assert [bar is None for bar in (*measured, *true)] == [False, True, False, False]
    label, *cells = scene.tables[0][2][0]
    assert label == "Measured saving"
    assert [cell.text == "no estimate" for cell in cells] == [False, True]


# what is said


def values_of(mean, n, spread=1.0):
    return mean + spread * np.random.default_rng(1).standard_normal(n) * 1e6


class OneMeasure:
    """Numbers of two sides in one measure."""

    def __init__(self, values):
        self._values = values

    def values(self, arrangement, measure, agency="all"):
        return self._values[arrangement]


def said(difference):
    known = OneMeasure({"a": np.zeros(len(difference)), "b": difference})
    return in_words([Shown("A", "a", known), Shown("B", "b", known)], "cash_released", 15)


def test_nothing_is_more_or_less_before_its_interval_leaves_nought():
    assert " more " not in said(values_of(0.1e6, 4))
    assert " less " not in said(values_of(-0.1e6, 4))
    assert "no difference can be told yet" in said(values_of(0.1e6, 4))
    assert "Further runs" not in said(values_of(0.0, 60))
    assert "B has £9" in said(values_of(9.5e6, 4))
    assert " more than A" in said(values_of(9.5e6, 4))
    assert " less than A" in said(values_of(-9.5e6, 4))
    assert "the same on both sides" in said(np.zeros(4))


def test_looking_five_times_is_wrong_in_one_case_of_twenty_at_most():
    draws = np.random.default_rng(3).standard_normal((2000, LOOKS[-1]))
    wrong = np.mean([told(row).apart for row in draws])
    assert 0.01 < wrong <= 0.055


def test_what_is_told_stays_told():
    values = np.concatenate([10 + np.arange(4) / 10, np.full(56, -100.0)])
    assert told(values[:4]).mean == told(values).mean
    assert told(values).n == LOOKS[0]


# work


class Hands:
    """A crew of one thread."""

    size = 1

    def __init__(self):
        self.workers = ThreadPoolExecutor(1)


def made(values):
    """A stand-in for a run: one number a seed."""

    def work(_, seed):
        if values[seed] is None:
            return "ValueError: no"
        sums = pd.DataFrame([("silo", "council", "cash_released", 1, values[seed])], columns=SUMS)
        none = pd.MultiIndex.from_arrays([[], [], []], names=["arrangement", "measure", "year"])
        empty = pd.Series([], dtype=float, index=none)
        return [Seen(sums, {"silo": ()}, empty, empty, [], [])]

    return work


def watched(monkeypatch, values, goal, leave_at=None):
    """A job watched until it goes no further: the job, and the number of seeds at each word of it."""
    monkeypatch.setattr(jobs, "seen_of", made(values))
    study = type("S", (), {"seeds": range(LOOKS[-1])})()
    heard = []

    async def watch():
        queue = Queue(Hands())
        job, done = Job([study], queue), asyncio.Event()

        def tell(job):
            heard.append(job.n)
            if leave_at and job.n >= leave_at:
                job.leave("me")
                done.set()
            if not job.is_going_on:
                done.set()

        job.watch("me", tell, goal)
        await asyncio.wait_for(done.wait(), 20)
        await asyncio.sleep(0.1)
        queue.stop()
        return job

    return asyncio.run(watch()), heard


def apart(known):
    return told(known[0].values("silo", "cash_released")).settled


def test_a_job_stops_once_the_difference_is_told(monkeypatch):
    job, heard = watched(monkeypatch, 5 + np.arange(60) % 2, apart)
    assert job.n == heard[-1] == LOOKS[0]


def test_a_job_goes_on_to_the_last_look_where_there_is_nothing_to_tell(monkeypatch):
    job, heard = watched(monkeypatch, np.arange(60) % 2 * 2.0 - 1, apart)
    assert job.n == LOOKS[-1]
    assert heard == sorted(heard)


def test_a_job_that_nobody_watches_rests(monkeypatch):
    job, _ = watched(monkeypatch, np.arange(60) % 2 * 2.0 - 1, apart, leave_at=5)
    assert 5 <= job.n < LOOKS[1]


def test_a_run_that_fails_is_told(monkeypatch):
    job, _ = watched(monkeypatch, [1.0, None, 1.0, 1.0], apart)
    assert job.failure == "ValueError: no"


# who is answered, and how


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1:8080", True), ("localhost", True), ("[::1]:8080", True), ("evil.example", False), ("127.0.0.1.evil.example:80", False),
        ("", False), ("[", False), ("localhost@evil.example", False),
    ],
)  # fmt: skip
def test_only_names_of_this_machine_are_answered(host, here):
    assert server.is_here(host) is here


def answered(kind, **headers):
    """What a request gets: status, or what a socket is told."""
    sent = []

    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    asyncio.run(server.OnlyHere(inner)(scope, None, send))
    return sent[0].get("status", sent[0].get("code")), dict(sent[0].get("headers", []))


def test_a_page_of_another_site_gets_nothing():
    assert answered("http", host="127.0.0.1:1")[0] == 200
    assert b"content-security-policy" in answered("http", host="127.0.0.1:1")[1]
    assert answered("http", host="evil.example")[0] == 403
    assert answered("http", host="127.0.0.1:1", origin="http://evil.example")[0] == 403
    assert answered("websocket", host="127.0.0.1:1", origin="http://evil.example")[0] == 1008
    assert answered("http", host="127.0.0.1:1", origin="http://127.0.0.1:1")[0] == 200


def test_names_from_files_are_text(short):
    studies, known = short
    hostile = replace(studies[0].arrangements[0], name="<img src=x onerror=alert(1)>{b}")
    study = replace(studies[0], arrangements=(hostile, studies[0].arrangements[1]))
    stakes, _ = stakes_at("milltown", 1000, {})
    page = handout(SHORT, [study], known, stakes, "listsim run '<b>'", "http://127.0.0.1:1/")
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<b>'" not in page
