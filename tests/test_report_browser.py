"""The report as a browser shows it: on a wide screen, on a telephone, and on paper."""

import re
import shutil

import pytest

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)
SHEETS = 40  # of paper, at most
PAPER = 688  # pixels of an A4 sheet between margins of 14 mm
CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# Letters of a picture that lie over one another, or beyond its edge, by more than two pixels.
FAULTS = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const edge = svg.getBoundingClientRect()
  const boxes = [...svg.querySelectorAll('text')].map(text => [text.textContent.trim(), text.getBoundingClientRect()])
    .filter(([text, box]) => text && box.width > 0)
  const name = svg.getAttribute('aria-label').slice(0, 60)
  const cut = boxes.filter(([, b]) => b.left < edge.left - 2 || b.right > edge.right + 2 || b.top < edge.top - 2 || b.bottom > edge.bottom + 2)
    .map(([text]) => `${name}: ${text} is cut`)
  const over = boxes.flatMap(([text, a], i) => boxes.slice(i + 1).filter(([, b]) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
    .map(([other]) => `${name}: ${text} over ${other}`))
  return [...cut, ...over]
})"""
# Texts of a page that are wider than what holds them and cannot be scrolled to.
HIDDEN = """() => [...document.querySelectorAll('p, li, h1, h2, h3, td, th, summary, figcaption')]
  .filter(item => item.scrollWidth > item.clientWidth + 2 && item.clientWidth > 0 && getComputedStyle(item).display != 'inline')
  .map(item => item.textContent.slice(0, 60))"""


@pytest.fixture(scope="module")
def address(compared, tmp_path_factory):
    """The report of five arrangements, two of them with a joint body."""
    folder = tmp_path_factory.mktemp("shown")
    compared.write(folder)
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "Chromium is missing: apt-get install -y chromium"
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, address):
    """The report, of which nothing is loaded from elsewhere, with scripts of its own switched off."""
    asked = []
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900})
    shown = context.new_page()
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto(address)
    yield shown
    assert asked == [address]
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_or_lies_over_another_and_no_page_scrolls_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(FAULTS) == []
    assert page.evaluate(HIDDEN) == []


def test_a_table_wider_than_a_telephone_scrolls_within_its_box_and_says_so(page):
    """Its edge is shaded until its end is reached; one of five columns or more says it in words."""
    hint = "item => getComputedStyle(item, '::before').content.includes('Scroll sideways')"
    shaded = "item => getComputedStyle(item).backgroundImage.split('linear-gradient').length == 5"
    tables = "[...document.querySelectorAll('.scroll')].filter(item => item.offsetParent)"
    assert not page.evaluate(f"{tables}.some({hint})")
    page.set_viewport_size({"width": WIDTHS[1], "height": 900})
    wide = f"{tables}.filter(item => item.scrollWidth > item.clientWidth)"
    assert page.evaluate(f"{wide}.length") >= 3
    assert page.evaluate(f"{wide}.every({shaded})")
    assert page.evaluate(f"{wide}.filter(item => item.querySelector('thead th:nth-child(5)')).every({hint})")
    assert not page.evaluate(f"{tables}.filter(item => !item.querySelector('thead th:nth-child(5)')).some({hint})")


@pytest.mark.parametrize("width", WIDTHS)
def test_those_who_cannot_see_it_are_told_what_it_shows(page, width):
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": 900})
    faults = Axe().run(page).response["violations"]
    assert [
        (item["id"], item["nodes"][0]["html"][:200]) for item in faults if item["impact"] in ("serious", "critical")
    ] == []


def test_on_paper_all_is_there_but_for_sources_of_values_and_heads_repeat(page):
    page.set_viewport_size({"width": PAPER, "height": 1000})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER
    assert page.evaluate(
        "[...document.querySelectorAll('thead')].every(head => getComputedStyle(head).display == 'table-header-group')"
    )
    heights = page.evaluate(
        "[...document.querySelectorAll('details')].map(item => item.lastElementChild.getBoundingClientRect().height)"
    )
    assert len(heights) > 5
    assert min(heights) > 0
    wide = "[...document.querySelectorAll('table')].filter(table => table.getBoundingClientRect().right > innerWidth + 2).length"
    assert page.evaluate(wide) == 0
    assert page.evaluate(FAULTS) == []
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True))
    assert 5 < len(sheets) <= SHEETS
    source = "[...document.querySelectorAll('.values td:last-child')].every(cell => getComputedStyle(cell).display == 'none')"
    assert page.evaluate(source)
    assert page.get_by_text("they stand in tables.xlsx").is_visible()
