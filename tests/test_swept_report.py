"""The page of a sweep: the picture that suits its design, sentences that its intervals bear, tables, how to do it again."""

import re
import tomllib

import matplotlib.pyplot as plt
import numpy as np
import pytest
import seaborn as sns
from made_sweep import made_sweep
from seaborn.utils import relative_luminance

from sim.core.faults import InputError
from sim.report import figures, swept_figures
from sim.report.numbers import MINUS_POUND
from sim.report.swept import draw_swept, study_file
from sim.rerun import redraw
from sim.results.swept import read_swept
from sim.studies.sweep import load_sweep

DRIFT, CLOSING, EFFECT = "services.threshold_drift", "agencies.decommissioning", "programmes.effect_scale"
COHORT = "measurement.cohort_size"


def steady(labels, arrangement, seed):
    """Silos come to a million a seed; a LIST to two millions more where the drift is 1, else to as much, give or take luck."""
    luck = -100_000 * (-1) ** seed
    gain = 2e6 * (labels.get(DRIFT) == 1) + luck if arrangement == "list_public" else 0
    return 1e6 * seed + gain


@pytest.fixture
def undrawn(monkeypatch):
    """Pages without pictures, which take most of the time."""
    monkeypatch.setattr("sim.report.swept._figures", lambda *_: [])


def page_of(folder):
    draw_swept(folder)
    return (folder / "report.html").read_text(encoding="utf-8")


def answers(page):
    return re.findall(r"<li><b>.*?</li>", page)


@pytest.mark.parametrize(
    ("asked", "kind", "panels"),
    [
        ({"grid": {DRIFT: [0, 0.5, 1]}}, "lines", 2),
        ({"future": ["none", "growth"]}, "dots", 2),
        ({}, "dots", 2),
        ({"grid": {DRIFT: [0, 1], CLOSING: [0, 1]}}, "heat", 3),
        ({"grid": {DRIFT: [0, 1], CLOSING: [0, 1], EFFECT: [0.5, 1]}}, "multiples", 4),
        ({"grid": {DRIFT: [0, 1]}, "future": ["none", "growth"]}, "heat", 3),
        ({"sample": {"design": "latin", "n": 16, "range": {DRIFT: [0, 1], CLOSING: [0, 1]}}}, "scatter", 4),
    ],
)
def test_the_picture_is_that_of_the_design(asked, kind, panels, tmp_path, monkeypatch):
    made_sweep(tmp_path, steady, replicates=2, **asked)
    drawn = []
    real = swept_figures.picture
    monkeypatch.setattr(swept_figures, "picture", lambda *given: drawn.append(real(*given)) or drawn[-1])
    page = page_of(tmp_path)
    assert swept_figures.kind_of(read_swept(tmp_path).axes) == kind
    assert len(drawn[-1].axes) == panels
    assert (
        page.count('role="img"') == page.count("<svg ") == len(drawn) == len(list(tmp_path.glob("figures/sweep_*.svg")))
    )
    levels = "sweep_levels_cash_released.svg" if kind == "multiples" else "sweep_levels.svg"
    assert (tmp_path / "figures" / levels).is_file()


def test_the_page_stands_alone(tmp_path):
    made_sweep(tmp_path, steady, grid={DRIFT: [0, 1]}, replicates=3)
    page = page_of(tmp_path)
    assert "<script" not in page
    assert 'src="' not in page
    assert "http" not in page.replace("http://www.w3.org", "")
    for title in (
        "What was swept",
        "The answer",
        "What each arrangement came to",
        "The same in figures",
        "How to reproduce",
    ):
        assert title in page
    assert not list(tmp_path.rglob(".*"))


def test_the_answer_says_more_only_where_the_interval_leaves_nought(tmp_path, undrawn):
    """Three seeds: luck of 100,000 either way at a drift of 0; 2 millions more, give or take the same luck, at 1."""
    made_sweep(tmp_path, steady, grid={DRIFT: [0, 1]}, replicates=3)
    found = answers(page_of(tmp_path))
    assert len(found) == 2
    half = 4.302653 * 0.115470 / 3**0.5  # t of two degrees of freedom; 2.1, 1.9 and 2.1 millions
    low, high = 2.03333 - half, 2.03333 + half
    assert all(
        "more at 1, not told apart at 1 of 2 points. Of those told apart, it differs most by £2.03m" in text
        for text in found
    )
    assert f"({low:.2f} to {high:.2f}), where {DRIFT} is 1." in found[0]


def test_where_nothing_is_told_apart_nothing_is_more_or_less(tmp_path, undrawn):
    made_sweep(tmp_path, steady, grid={DRIFT: [0, 0.5]}, replicates=3)
    found = answers(page_of(tmp_path))
    assert found
    assert all("not told apart at 2 of 2 points." in text for text in found)
    assert not any(re.search(r"\b(more|less) at|differs most", text) for text in found)


def test_nought_in_every_run_is_the_same(tmp_path, undrawn):
    made_sweep(tmp_path, lambda *given: 0 * steady(*given), grid={DRIFT: [0, 1]}, replicates=3)
    assert all("the same at 2 of 2 points." in text for text in answers(page_of(tmp_path)))


def test_less_is_less(tmp_path, undrawn):
    made_sweep(tmp_path, lambda *given: -steady(*given), grid={DRIFT: [1]}, replicates=4)
    found = answers(page_of(tmp_path))
    assert all(f": less, {MINUS_POUND}2.00m (" in text for text in found)  # of one point, its number is told


def test_one_seed_tells_nothing(tmp_path, undrawn):
    made_sweep(tmp_path, steady, grid={DRIFT: [0, 1]}, replicates=1)
    page = page_of(tmp_path)
    assert all("one seed gives no interval" in text for text in answers(page))
    assert "£2.10m (n/a)" in page


def test_sets_are_told_with_what_they_set(tmp_path, undrawn):
    made_sweep(tmp_path, steady, grid={"if": {"as shipped": {}, "tight": {DRIFT: 0, CLOSING: 1}}}, replicates=1)
    said = f"<code>if</code>: as shipped (nothing set); tight ({DRIFT} 0, {CLOSING} 1)</li>"
    assert said in page_of(tmp_path)


def test_numbers_stand_out_from_the_cells_of_a_heat_map():
    """Black on a light cell and white on a dark one, at 4.5 to 1 or more, as the guideline for contrast asks."""
    figure, axis = plt.subplots()
    shades = np.linspace(-1, 1, 21).reshape(3, 7)
    shades[1, 1] = np.nan
    sns.heatmap(shades, ax=axis, annot=True, cmap="PuOr", cbar=False)
    figures.readable(axis)
    cells = axis.collections[0].get_facecolors()[~np.isnan(shades.ravel())]
    light = relative_luminance(cells), relative_luminance([text.get_color() for text in axis.texts])
    plt.close(figure)
    assert len(axis.texts) == 20
    assert ((np.maximum(*light) + 0.05) / (np.minimum(*light) + 0.05) >= 4.5).all()


def test_tables_by_hand(tmp_path, undrawn):
    """Silos at seeds 1 to 3: 1, 2 and 3 millions, mean 2, and 5 to 95% of the way between them."""
    made_sweep(tmp_path, steady, grid={DRIFT: [0.25, 1]}, replicates=3)
    page = page_of(tmp_path)
    rows = re.findall(
        r"<tr><td class=\"text\">(\d+)</td><td class=\"text\">([\d.]+)</td><td class=\"text\">([^<]*)</td>(.*?)</tr>",
        page,
    )
    assert [row[:2] for row in rows] == [("0", "0.25")] * 2 + [("1", "1")] * 2 + [("0", "0.25"), ("1", "1")]
    assert rows[0][2].startswith("Silos")
    assert "<td>£2.00m</td>" in rows[0][3]
    assert rows[0][3].endswith("<td>1.00</td>")  # cashability
    assert rows[4][3].startswith("<td>£0.03m (-0.25 to 0.32)</td>")  # 0.1, -0.1 and 0.1: t of 4.3 times 0.0667
    assert rows[5][3].startswith("<td><b>£2.03m (1.75 to 2.32)</b></td>")


def test_heat_maps_put_in_brackets_what_is_not_told_from_nought(tmp_path):
    made_sweep(tmp_path, steady, grid={DRIFT: [0, 1], CLOSING: [0, 1]}, replicates=4)
    page_of(tmp_path)
    svg = (tmp_path / "figures" / "sweep_differences.svg").read_text(encoding="utf-8")
    texts = re.findall(r">(\(?-?\d\.\d\d\)?)</text>", svg)
    assert texts.count("(0.00)") == 4
    assert texts.count("2.00") >= 4  # and on the scale beside them
    assert "(2.00)" not in texts


@pytest.mark.parametrize(("points", "joined"), [(8, False), (16, True)])
def test_a_range_drawn_in_its_logarithm_is_shown_on_a_scale_of_it(points, joined, tmp_path, monkeypatch):
    scope = {COHORT: {"low": 100, "high": 10000, "shape": "log"}, DRIFT: [0, 1]}
    made_sweep(tmp_path, steady, sample={"design": "latin", "n": points, "range": scope}, replicates=2)
    drawn = []
    real = swept_figures.picture
    monkeypatch.setattr(swept_figures, "picture", lambda *given: drawn.append(real(*given)) or drawn[-1])
    page = page_of(tmp_path)
    assert "mathdefault" not in page
    assert [axis.get_xscale() for axis in drawn[0].axes] == ["log", "log", "linear", "linear"]
    assert f"<code>{COHORT}</code>: drawn evenly in the logarithm from 100 to 10000 (" in page
    assert ("bold ones are means" in page) == joined


def test_an_arrangement_looks_the_same_in_every_picture(tmp_path):
    made_sweep(tmp_path, steady, grid={DRIFT: [0, 1]}, replicates=2)
    page_of(tmp_path)
    looks = swept_figures.looks_of({f"a{i}": "A" for i in range(20)})
    assert len({(look.colour, look.marker) for look in looks.values()}) == 20
    levels, differences = (
        (tmp_path / "figures" / f"sweep_{name}.svg").read_text() for name in ("levels", "differences")
    )
    second = list(looks.values())[1].colour.lower()
    assert second in levels.lower()
    assert second in differences.lower()
    assert next(iter(looks.values())).colour.lower() not in differences.lower()


def test_what_failed_is_told(tmp_path, undrawn):
    made_sweep(tmp_path, steady, failed=[(0, 2), (1, 3)], grid={DRIFT: [0, 1]}, replicates=3)
    page = page_of(tmp_path)
    assert "2 runs of 2 points failed" in page
    assert "it &lt;broke&gt;" in page
    assert "What failed" not in page_of_whole(tmp_path)


def page_of_whole(folder):
    made_sweep(folder / "whole", steady, grid={DRIFT: [0, 1]}, replicates=3)
    return page_of(folder / "whole")


def test_seeds_that_were_added_are_told(tmp_path, undrawn):
    until = {"measure": "cash_released", "half_width": 1e6, "most": 4}
    made_sweep(tmp_path, steady, grid={DRIFT: [0, 1]}, replicates=3, until=until)
    page = page_of(tmp_path)
    assert "3 seeds or more, up to 3, at each" in page
    assert "at most £1,000,000 to either side, 4 seeds at most: so it came to be at 2 of 2 points" in page
    assert re.search(r"<th class='text'>seeds</th>", page)


@pytest.mark.parametrize(
    "asked",
    [
        {"grid": {DRIFT: [0, 1.5e-7]}, "settings": {CLOSING: 0.5}, "future": ["none", "growth"]},
        {"grid": {"closing": {"as it is": {}, 'it "closes"': {CLOSING: 1}}}},
        {"sample": {"design": "sobol", "n": 4, "range": {DRIFT: [0, 1], "list.payment_basis": ["gross", "cashed"]}}},
        {"until": {"measure": "cash_released", "half_width": 1000.0, "most": 20}},
    ],
)
def test_the_study_on_the_page_is_the_study(asked, tmp_path):
    sweep = load_sweep(place="milltown", arrangements=["silo", "list_public"], years=2, **asked)
    text = study_file(sweep.describe()["asked"])
    assert tomllib.loads(text)["years"] == 2
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    assert load_sweep(tmp_path / "study.toml") == sweep


def test_a_report_is_drawn_again_the_same(tmp_path):
    made_sweep(tmp_path, steady, grid={DRIFT: [0, 1]}, replicates=2)
    before = page_of(tmp_path)
    (tmp_path / "report.html").unlink()
    redraw(tmp_path)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == before
    assert (tmp_path / "study.json").is_file()


def test_a_sweep_without_tables_or_with_others_is_told_in_a_line(tmp_path):
    made_sweep(tmp_path, steady, grid={DRIFT: [0, 1]}, replicates=2)
    (tmp_path / "summary.csv").write_text("point,agency\n0,all\n")
    with pytest.raises(InputError, match="is damaged, or written by another version"):
        redraw(tmp_path)
    (tmp_path / "summary.csv").unlink()
    with pytest.raises(InputError, match=r"summary\.csv: is missing: the sweep is not done; give its command again"):
        redraw(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_a_sweep_in_which_all_failed_has_a_page(tmp_path):
    made_sweep(tmp_path, steady, failed=[(0, 1), (1, 1)], grid={DRIFT: [0, 1]}, replicates=1)
    assert "2 runs of 2 points failed" in page_of(tmp_path)
