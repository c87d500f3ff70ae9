"""Names are text: whatever they hold, nothing obeys it, and a report is drawn."""

import csv
import html.parser
import json
import warnings
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import sim
from sim.cli.shell import main
from sim.core.faults import InputError, check_name
from sim.core.folders import reserve_folder
from sim.core.text import LONGEST, cell, cut, distinct, fault, file_name, json_text, markdown, printable, prints
from sim.report import appraised, figures, screen
from sim.report.findings import Findings
from sim.report.page import write_report
from sim.results.differences import DIFFERENCE_COLUMNS
from sim.results.files import read_decisions, read_tables, write_tables
from sim.results.summary import SUMMARY_COLUMNS
from sim.words import checked

# Names that may be: id and name of an arrangement. All are read by a door of their own below, and drawn in one report.
MARKED = {
    "My LIST 2": "LIST [/bold] [red]x[/] :smile: $\\frac{$ <script>alert(1)</script>",
    'x" onload="alert(1)': "\" onload='alert(1)' id=\"q\" url(#q) href=\"#q\" --> ]]> &amp; <b>bold</b>",
    "2024": "=HYPERLINK(\"http://example.org\")",
    "NA": "Cyngor Tŷ Ŵy \U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f \U0001f468\u200d\U0001f469 Ελλάδα שלום e\u0301\u0302\u0303",
    "Ŵyl_": "$" + "N" * 199,
}  # fmt: skip
ESCAPES = (
    "\x1b]0;owned\x07",
    "\x9b2J",
    "\u202egnp",
    "\u2066",
    "\r",
    "\0",
    "\x7f",
    "\ufeff",
    "\u2028",
    "\ufffe",
    "\udcff",
    "\ue000",
)
FORMULAS = ("=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1")  # noqa: RUF001


@pytest.fixture(scope="module")
def renamed(compared):
    """The five arrangements under other ids and names, on a place of another name."""
    study = compared.study
    names = dict(zip([item.id for item in study.arrangements], MARKED, strict=True))
    arrangements = tuple(replace(item, id=names[item.id], name=MARKED[names[item.id]]) for item in study.arrangements)
    study = replace(study, arrangements=arrangements, place=replace(study.place, name=MARKED["My LIST 2"]))
    done = [
        replace(item, runs=[replace(run, arrangement=names[run.arrangement]) for run in item.runs])
        for item in compared.done
    ]
    return replace(compared, study=study, done=done)


@pytest.fixture(scope="module")
def written(renamed, tmp_path_factory):
    """Folder of that comparison; to draw it warns of nothing."""
    folder = tmp_path_factory.mktemp("written")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        renamed.write(folder)
    return folder


class Tags(html.parser.HTMLParser):
    """Tags, attributes and ids of a page, and the texts in it."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.ids, self.texts = set(), set(), [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_data(self, data):
        self.texts.append(data)


def test_a_page_shows_every_name_as_text(written):
    page = Tags((written / "report.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert not {name for name in page.attributes if name.startswith("on")}
    assert len(set(page.ids)) == len(page.ids)
    assert all(
        set(code) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") for code in page.ids
    )
    for name in MARKED.values():
        assert sum(name in text for text in page.texts) >= 3, name  # among the answers and over two tables


def test_figures_are_whole_have_plain_names_and_show_names_as_text(written):
    files = sorted((written / "figures").iterdir())
    assert {path.stem.partition("_")[0] for path in files} == {
        "by", "differences", "incentives", "leaks", "life", "measured", "payments", "who",
    }  # fmt: skip
    for path in files:
        texts = [item.text for item in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]
        shown = "".join("".join(texts).split())
        if path.stem.startswith(("leaks", "who", "by_year", "payments", "measured")) and path.stem.endswith(
            file_name("My LIST 2")
        ):
            assert "".join(cut(MARKED["My LIST 2"], 60).split()) in shown, path.name
        assert file_name(path.stem) == path.stem
    assert {path.name for path in written.parent.iterdir()} >= {written.name}
    assert {path.name for path in written.iterdir()} == {
        "decisions.parquet", "decisions_by_kind.csv", "differences.csv", "events.parquet", "figures", "flows.parquet", "incentives.json", "manifest.json", "report.html", "runs.parquet", "summary.csv",
        "tables.xlsx", "years.csv",
    }  # fmt: skip


def test_a_finished_run_is_read_again_whatever_its_names(written, renamed):
    _, _, summary, _ = read_tables(written)
    assert list(dict.fromkeys(summary["arrangement"])) == list(MARKED)
    assert summary["mean"].dtype == float
    exact = renamed.summary.astype(summary.dtypes.to_dict())
    pd.testing.assert_frame_equal(summary, exact, rtol=0, atol=0.00501)  # money to the penny


def test_names_that_look_like_numbers_are_read_as_text(written, tmp_path):
    folder = copytree(written, tmp_path / "copy")
    (folder / "summary.csv").write_text(f"{','.join(SUMMARY_COLUMNS)}\n007,NA,nan,1,,2,3,1\n", encoding="utf-8")
    summary = read_tables(folder)[2]
    assert summary.iloc[0, :3].to_list() == ["007", "NA", "nan"]
    assert summary["p05"].isna().all()


def test_a_foreign_manifest_is_drawn_without_its_escapes(written, tmp_path):
    runs, flows, summary, manifest = read_tables(written)
    code, item = next(iter(manifest["arrangements"].items()))
    manifest["arrangements"] = {code: {**item, "name": "".join(ESCAPES)}}
    manifest["place_name"] = "a".join(ESCAPES)
    manifest["command"] = ["run", *ESCAPES]
    decisions, apart = read_decisions(written), pd.DataFrame(columns=DIFFERENCE_COLUMNS)
    write_report(tmp_path, Findings(runs, flows, summary, apart, decisions, manifest, {code: "".join(ESCAPES)}))
    for path in tmp_path.rglob("*.*"):
        assert all(char == "\n" or prints(char) for char in path.read_text(encoding="utf-8")), path


def test_the_screen_shows_names_as_text(renamed, capsys):
    own = renamed.study.arrangements
    four = replace(renamed, study=replace(renamed.study, arrangements=own[1:]), than=own[1].id)
    for done in (four, renamed):  # one column each, and one row each
        screen.show(done)
        out = capsys.readouterr().out
        assert "LIST [/bold]" in out
        assert ":smile:" in out
        assert all(char == "\n" or prints(char) for char in out)


def test_an_appraisal_on_screen_shows_names_as_text(tmp_path, capsys):
    path = tmp_path / "My idea.toml"
    path.write_text(
        'name = "[/bold] :smile:"\ncost_per_case_gbp = 1\n[[benefit]]\nagency = "[red]=1[/x]"\namount_gbp = 3\nfrom_year = 1\nto_year = 2\n'
    )
    appraised.show(sim.appraise(path, "milltown", draws=100))
    out = capsys.readouterr().out
    assert "[/bold] :smile:: 1 cases" in out
    assert out.count("[red]=1[/x]") == 4  # in the table, the verdict twice, and a note


def test_no_text_of_a_table_is_a_formula(compared, tmp_path):
    hostile = dict(zip(["do_nothing", "silo", "pooled_s75", "list_public", "plan"], FORMULAS, strict=False))
    summary = compared.summary.assign(arrangement=compared.summary["arrangement"].map(hostile), mean=-1.5)
    written = SimpleNamespace(
        **{
            name: getattr(compared, name)
            for name in ("runs", "flows", "decisions", "events", "differences", "replicates")
        }
    )
    written.summary = summary
    write_tables(tmp_path, written)
    with (tmp_path / "summary.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["arrangement"] for row in rows} == {f"'{text}" for text in hostile.values()}
    assert {row["mean"] for row in rows} == {"-1.50"}
    assert [cell(value) for value in (*FORMULAS, "a=1", -1, None)] == [
        *(f"'{text}" for text in FORMULAS),
        "a=1",
        -1,
        None,
    ]


ARRANGEMENT = 'extends = "silo"\nname = {name}\nsource = {source}\ndiffers = {differs}\n'


def arrangement(folder, stem="mine", name="Mine", source="assumption: why", differs="Nothing."):
    path = folder / f"{stem}.toml"
    said = {
        key: json.dumps(text, ensure_ascii=False)
        for key, text in (("name", name), ("source", source), ("differs", differs))
    }
    path.write_text(ARRANGEMENT.format(**said), encoding="utf-8")
    return path


@pytest.mark.parametrize("code", MARKED)
def test_such_names_may_be(code, tmp_path):
    loaded = sim.load_arrangement(arrangement(tmp_path, code, MARKED[code], differs="- one\n- two"))
    assert (loaded.id, loaded.name) == (code, MARKED[code])


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": " \u200d"}, "is blank"),
        ({"name": "x" * 201}, "name: has 201 characters; give at most 200"),
        ({"name": "a\nb"}, "holds U+000A, which does not print; take it out"),
        ({"differs": "\x1b[2J"}, "differs: '\\x1b[2J' holds U+001B"),
        ({"source": "=1+1"}, "source: '=1+1' looks like a formula"),
        ({"source": "Smith\x07 2010"}, "holds U+0007"),
        ({"stem": "=1+1"}, "file name: '=1+1' does not begin with a letter or digit; rename it"),
        ({"stem": "..x"}, "does not begin"),
        ({"stem": "a\x1b]0;b"}, "file name: 'a\\x1b]0;b' holds U+001B"),
        ({"stem": "a" * 65}, "file name: has 65 characters; give at most 64"),
    ],
)
def test_such_names_may_not_be(given, wrong, tmp_path):
    with pytest.raises(InputError) as error:
        sim.load_arrangement(arrangement(tmp_path, **given))
    assert wrong in str(error.value)
    assert all(map(prints, str(error.value)))


@pytest.mark.parametrize("char", ESCAPES)
@pytest.mark.parametrize("kind", LONGEST)
def test_what_does_not_print_is_refused_and_shown_by_its_code(kind, char):
    with pytest.raises(InputError) as error:
        check_name(f"a{char}b", f"file{char}.toml", f"key{char}", kind)
    assert f"U+{ord(char[0]):04X}" in str(error.value)
    assert all(map(prints, str(error.value)))
    assert all(map(prints, printable(char)))
    assert all(line.isprintable() for line in json_text({"a": char}).splitlines())
    assert json.loads(json_text({"a": char})) == {"a": char}


@pytest.mark.parametrize(
    "code", ["", " ", "a b", "../a", "a/b", "a\\b", '"', "a.b", "-a", "=a", "..", "a'b", "$a", "a" * 65, 5, None]
)
def test_an_id_is_plain(code):
    assert fault(code, "id")
    assert not fault("home_office-2", "id")
    assert not fault("cyngor_môn", "id")


SPEC = {
    "place.toml": [('id = "conduct"', "id = '../conduct'", "need '../conduct': id"), ('name = "Health"', 'name = "He\\u001blth"', "department 'health': name"),
                   ('id = "milltown"', 'id = "a/b"', "place.toml: id"), ('name = "Milltown, a small fictional town"', 'name = 5', "place.toml: name: 5 has")],
    "neighbourhoods.csv": [("n01", "\x1bn01", "neighbourhood: '\\x1bn01' holds")],
    "targets.csv": [("early help need", "early\x1b", "target: 'early\\x1b' holds")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "wrong"), [(file, *change) for file, rows in SPEC.items() for change in rows]
)
def test_a_place_has_plain_ids_and_names(file, old, new, wrong, milltown, tmp_path):
    folder = copytree(milltown.folder, tmp_path / "place")
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as error:
        sim.load_place(folder)
    assert wrong in str(error.value)


PROGRAMME = ("name = ", "name = '' #"), ('source = "', 'source = "\\u001b')
BENEFIT = 'cost_per_case_gbp = 1\n[[benefit]]\nagency = "{}"\namount_gbp = 3\nfrom_year = 1\nto_year = 2\n'


@pytest.mark.parametrize("change", PROGRAMME)
def test_a_programme_has_plain_names(change, tmp_path):
    text = Path(sim.load_programme("parenting").file).read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "p.toml").write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(InputError):
        sim.load_programme(tmp_path / "p.toml")


def test_a_profile_has_plain_names(tmp_path):
    path = tmp_path / "b.toml"
    path.write_text(BENEFIT.format("cou\\u202encil"), encoding="utf-8")
    with pytest.raises(InputError, match=r"benefit 1: agency: 'cou\\u202encil' holds U\+202E"):
        checked(path)


def test_no_escape_of_a_command_reaches_the_terminal(tmp_path, capsys, monkeypatch):
    path = arrangement(tmp_path, name="[/bold] é")
    for words, code in (
        (["check", str(path)], 0),
        (["check", "no\x1b]0;x.toml"], 2),
        (["\x1b[2Jrun"], 2),
        (["run", "a\x1b" * 5000], 2),
        (["x" * 5000], 2),
    ):
        monkeypatch.setattr("sys.argv", ["listsim", *words])
        with pytest.raises(SystemExit) as done:
            main()
        said = capsys.readouterr()
        assert done.value.code == code
        assert all(char == "\n" or prints(char) for char in said.out + said.err)
        assert len(said.out + said.err) < 2000
    assert "'[/bold] é'" in checked(path)


def test_a_folder_that_cannot_be_written_down_is_refused_before_any_work(tmp_path):
    with pytest.raises(InputError, match="--out"):
        reserve_folder(tmp_path / "r\udcff")


def test_names_are_told_apart_and_cut():
    assert distinct({"a": "A", "b": "A", "c": "C"}) == {"a": "A (a)", "b": "A (b)", "c": "C"}
    assert distinct({"a": "A" * 70, "b": "A" * 65}, 60) == {"a": "A" * 59 + "… (a)", "b": "A" * 59 + "… (b)"}
    assert cut("abc", 3) == "abc"
    assert len(printable("x" * 10_000, 600)) < 620


def test_a_file_name_is_plain_and_its_own():
    assert file_name("list_public") == "list_public"
    names = [
        file_name(code) for code in ("My LIST", "My_LIST", "My LIST ", "../My LIST", "é", "\U0001f600" * 64, "a\\b")
    ]
    assert len(set(names)) == len(names)
    assert all(len(name) < 64 and name.replace("_", "").replace("-", "").isalnum() and name.isascii() for name in names)


def test_markdown_shows_a_name_as_text():
    assert markdown("a|b\n<i>`*[x](y)") == "a\\|b \\<i>\\`\\*\\[x](y)"


def test_mathematics_in_a_name_is_text():
    figures.setup()
    assert not plt.figure().suptitle("$\\frac{$").get_parse_math()
    plt.close("all")
