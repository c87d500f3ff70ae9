"""The tables of docs/odd.md are what the code declares; what differs is named, and written anew."""

import sys

import pytest

from sim import rules
from sim.agents.party import Commissioner, Party
from sim.cli.shell import main
from sim.core.dials import DIALS
from sim.core.faults import InputError
from sim.core.pages import filled, table
from sim.docs import odd_tables
from sim.record.measures import MEASURES
from sim.record.worth import load_worth


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A copy of the page that commands take for the real one."""
    copy = tmp_path / "odd.md"
    copy.write_text(odd_tables.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(odd_tables, "PAGE", copy)
    return copy


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["listsim", "docs", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    return stop.value.code


def test_the_page_is_what_the_code_declares():
    assert odd_tables.stale() == [], "call `uv run listsim docs`"


def test_what_differs_is_named_and_written_anew(page, monkeypatch, capfd):
    right = page.read_text(encoding="utf-8")
    wrong = right.replace("| `retained` | GBP |", "| `retained` | pence |").replace("| Agency | ", "| Agencies | ")
    page.write_text(wrong, encoding="utf-8")
    assert call(monkeypatch, "--check") == 1
    assert capfd.readouterr().out == "docs/odd.md: parties, measures: differ from the code; run listsim docs\n"
    assert page.read_text(encoding="utf-8") == wrong
    assert call(monkeypatch) == 0
    assert page.read_text(encoding="utf-8") == right
    assert call(monkeypatch, "--check") == 0


def test_a_page_that_is_not_there_or_has_lost_a_mark_is_said(page, monkeypatch, capfd):
    page.write_text(page.read_text(encoding="utf-8").replace("<!-- end of dials -->", ""), encoding="utf-8")
    assert call(monkeypatch, "--check") == 2
    assert "dials: has lost its marks; put <!-- dials --> and" in capfd.readouterr().err
    page.unlink()
    assert call(monkeypatch) == 2
    assert "call it in a clone of listsim" in capfd.readouterr().err
    with pytest.raises(InputError, match="there is no docs"):
        odd_tables.stale()


def kinds(kind):
    for item in kind.__subclasses__():
        yield item
        yield from kinds(item)


def test_every_party_answer_measure_and_dial_has_a_row():
    parties = {item for item in kinds(Party) if item.__module__.startswith("sim.")} - {Commissioner}
    texts = {name: make() for name, make in odd_tables.TABLES.items()}
    counts = {name: len(text.splitlines()) - 2 for name, text in texts.items()}
    answers = sum(map(len, rules.CHOICES.values()))
    worth = load_worth()
    assert counts == {
        "parties": len(parties),
        "answers": answers,
        "measures": len(MEASURES),
        "dials": len(DIALS),
        "worth": len(worth.values),
        "not valued": len(worth.not_valued),
    }
    assert (
        "| Monitor | Settles disputes over measured benefit by what the member's budget shows. | disputes, upheld |"
        in (texts["parties"])
    )
    assert "| Who decides | `decides` | `plan` | a plan fixed beforehand |" in texts["answers"]
    assert "| `departments.review_years` | 3 | 1 to 10 | years |" in texts["dials"]
    assert "| `list.payment_basis` | gross | gross, marginal, cashed | choice |" in texts["dials"]


def test_tables_go_between_their_marks_and_nowhere_else():
    page = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n"
    new = table(("h", "n"), [("r", 1)])
    assert new == "| h | n |\n| --- | ---: |\n| r | 1 |\n"
    assert filled(page, x=new) == f"a\n<!-- x -->\n\n{new}\n<!-- end of x -->\nb\n"
    assert filled(filled(page, x=new), x=new) == filled(page, x=new)
    with pytest.raises(ValueError, match="unpack"):
        filled(page, y=new)
