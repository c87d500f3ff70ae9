"""The page in a real browser: a trainer's path, both widths, the keyboard alone, two tabs, eight tabs, a lost server, no network."""

import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.served import cpu, family, get, memory, served

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS = {"telephone": (390, 844), "projector": (1280, 800)}
SCENES = ("pays", "forgone", "leaks", "years", "measured")
SHORT = "years=3&families=1000"
PATIENCE = 120_000  # milliseconds; a busy machine may take long to compile


@pytest.fixture(scope="module")
def site():
    with served() as (process, port, _):
        yield process, f"http://127.0.0.1:{port}"


@contextmanager
def browsing():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser():
    with browsing() as opened:
        yield opened


@pytest.fixture
def tab(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.wrong, page.asked_of = [], []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.wrong.append(message.text))
    page.on("request", lambda request: page.asked_of.append(request.url))
    yield page
    context.close()


def look(page, base, query):
    """Open a view, and wait for its sentence."""
    page.goto(f"{base}/?{query}")
    page.wait_for_selector(".sentences p")
    return page.inner_text(".sentences")


def wait_for_all_runs(page):
    """Wait until no further runs are on their way, which would draw the page anew with other numbers."""
    page.wait_for_function("!document.querySelector('.progress').innerText.includes('go on')")


def serious(page):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [(item["id"], item["nodes"][0]["html"]) for item in found if item["impact"] in ("serious", "critical")]


def is_narrow_enough(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_trainers_path(site, tab, width):
    _, base = site
    tab.set_viewport_size(dict(zip(("width", "height"), WIDTHS[width], strict=True)))
    assert "programmes" in look(tab, base, f"a=silo&b=list_public&{SHORT}")
    for number, scene in enumerate(SCENES, 1):
        tab.click(f"nav button >> nth={number - 1}")
        tab.wait_for_selector(f"nav button[aria-current=page] >> text={number}.")
        tab.wait_for_url(lambda url, scene=scene: scene == "pays" or f"scene={scene}" in url)
        tab.wait_for_selector(".sentences p")
        tab.wait_for_selector("figure canvas, .frame")
        assert is_narrow_enough(tab)
        assert serious(tab) == []
    tab.click("nav button >> nth=2")
    tab.wait_for_selector("#about")
    tab.select_option("#about", "retained")
    tab.wait_for_selector(".sentences >> text=Retained by the place")
    tab.locator("input[type=range]").first.focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_url(lambda url: "fill=0.6" in url)
    tab.wait_for_selector("pre >> text=services.threshold_drift=0.6")
    wait_for_all_runs(tab)  # which draw the page anew under a click
    tab.click("button.number >> nth=4")
    tab.wait_for_selector(".why >> text=Parameters that move it")
    tab.wait_for_timeout(500)
    assert serious(tab) == []
    assert "listsim explain gross_avoided" in tab.inner_text(".why")
    tab.keyboard.press("Escape")
    tab.wait_for_selector(".why", state="hidden")
    tab.click("#trace-pound-0")
    tab.wait_for_selector(".why >> text=listsim trace pound silo")
    tab.keyboard.press("Escape")
    assert tab.wrong == []
    assert all(url.startswith((base, "data:", "blob:")) for url in tab.asked_of)


def test_a_link_brings_back_what_was_seen(site, tab):
    _, base = site
    tab.goto(f"{base}/?a=silo&b=silo_ten_years&{SHORT}&scene=leaks")
    tab.wait_for_selector(".sentences p")
    tab.click("text=Dials of its own for each side")
    tab.wait_for_selector("text=Right >> nth=1")
    tab.locator("input[type=range]").nth(1).focus()
    tab.keyboard.press("Home")
    tab.wait_for_url(lambda url: "b.fill=0" in url)
    tab.wait_for_selector("pre >> text=services.threshold_drift=0")
    wait_for_all_runs(tab)
    before = tab.url, tab.inner_text(".sentences"), tab.inner_text("table")
    assert before[0].removeprefix(base) == tab.get_attribute("#link", "href")
    tab.reload()
    tab.wait_for_selector("table")
    wait_for_all_runs(tab)
    assert before == (tab.url, tab.inner_text(".sentences"), tab.inner_text("table"))


def test_files_and_pictures_can_be_taken_away(site, tab):
    _, base = site
    look(tab, base, f"a=silo&b=list_public&{SHORT}&scene=leaks")
    tab.wait_for_timeout(500)
    with tab.expect_download() as png:
        tab.click("figure button >> nth=0")
    assert png.value.path().read_bytes()[:4] == b"\x89PNG"
    with tab.expect_download() as csv:
        tab.click("text=Summary (CSV)")
    assert csv.value.path().read_text().startswith("arrangement,agency,measure,mean")
    with tab.context.expect_page() as opened:
        tab.click("text=One page to hand out")
    sheet = opened.value
    sheet.wait_for_selector("text=Do this again")
    assert serious(sheet) == []
    assert sheet.pdf(format="A4").count(b"/Type /Page\n") == 1


def test_the_keyboard_alone_is_enough(site, tab):
    _, base = site
    look(tab, base, f"a=silo&b=none&{SHORT}&scene=leaks")
    wait_for_all_runs(tab)

    def go_to(wanted):
        for _ in range(150):
            tab.keyboard.press("Tab")
            if tab.evaluate("document.activeElement.textContent").strip().startswith(wanted):
                return
        raise AssertionError(f"no way to {wanted!r} by the keyboard")

    go_to("4. A year at a time")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#next")
    go_to("Next year")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("strong >> text=Year 2")
    tab.wait_for_function("document.activeElement.id === 'next'")  # drawn anew, and still where it was
    tab.keyboard.press("Enter")
    tab.wait_for_selector("strong >> text=Year 3")
    tab.wait_for_function("document.activeElement.id === 'next'")
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_large_type_is_large_and_fits(site, tab):
    _, base = site
    tab.set_viewport_size({"width": 390, "height": 844})
    look(tab, base, f"a=silo&b=list_public&{SHORT}&scene=leaks&large=1")
    tab.wait_for_selector("body.large")
    assert tab.evaluate("parseFloat(getComputedStyle(document.querySelector('.sentences p')).fontSize)") >= 22
    assert is_narrow_enough(tab)
    assert serious(tab) == []


def test_nothing_of_one_tab_shows_in_another(site, browser):
    _, base = site
    first, second = (browser.new_context().new_page() for _ in range(2))
    for page, name in ((first, "silo"), (second, "pooled_s75")):
        page.set_default_timeout(PATIENCE)
        look(page, base, f"a={name}&b=none&{SHORT}&scene=leaks")
        wait_for_all_runs(page)
    before = second.url, second.inner_text("body")
    first.locator("input[type=range]").first.focus()
    first.keyboard.press("End")
    first.wait_for_selector("pre >> text=services.threshold_drift=1")
    first.click("nav button >> nth=3")
    first.wait_for_selector("#next")
    second.wait_for_timeout(1500)
    assert (second.url, second.inner_text("body")) == before
    assert "Silos: each agency" not in second.inner_text(".scene")
    for page in (first, second):
        page.context.close()


def test_a_hostile_file_is_shown_as_text(browser, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(
        'extends = "silo"\nname = "<img src=x onerror=window.hit=1> {b} ${1}"\ndiffers = "no"\n', encoding="utf-8"
    )
    with served(str(file)) as (_, port, _):
        page = browser.new_context().new_page()
        page.set_default_timeout(PATIENCE)
        for scene in SCENES:
            look(page, f"http://127.0.0.1:{port}", f"a=mine&b=silo&{SHORT}&scene={scene}")
            page.wait_for_timeout(300)
            assert page.evaluate("window.hit") is None
            assert page.query_selector("img") is None
            assert "<img src=x onerror=window.hit=1>" in page.inner_text(
                ".fields" if scene in ("pays", "forgone") else ".scene"
            )
        page.context.close()


def test_a_tab_lives_through_a_lost_server(browser):
    with served() as (process, port, _):
        page = browser.new_context().new_page()
        page.set_default_timeout(PATIENCE)
        look(page, f"http://127.0.0.1:{port}", f"a=silo&b=none&{SHORT}&scene=leaks&close=0.2")
        url = page.url
        page.evaluate("window.before = true")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    with served(port=port):
        page.wait_for_function("!window.before && document.querySelector('.sentences p') !== null")
        assert page.url == url
        page.click("nav button >> nth=3")
        page.wait_for_selector("#next")
        page.wait_for_selector("pre >> text=agencies.decommissioning=0.2")
    page.context.close()


def test_eight_tabs_at_once(browser):
    with served() as (process, port, _):
        base, pages = f"http://127.0.0.1:{port}", []
        for number in range(8):
            page = browser.new_context().new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(f"{base}/?a=silo&b=list_public&scene=leaks&fill={number / 10}")
            pages.append(page)
        for page in pages:
            page.wait_for_selector(".sentences p")
        everybody = family(process.pid)
        taken, spent = memory(everybody), cpu(everybody)
        print(f"8 tabs: {taken:.0f} MB in {len(everybody)} processes, {spent:.0f} s of processor time")
        assert taken < 700
        for page in pages:
            page.context.close()


def test_it_needs_no_network():
    alone = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody cut the network for one process")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.test_app_browser"],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def without_network():
    """The page and a browser where there is nothing but loopback."""
    import fcntl
    import socket
    import struct

    with socket.socket() as any_socket:  # loopback up, as `ip link set lo up` would have it
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))
    with socket.socket() as probe, pytest.raises(OSError, match="unreachable"):
        probe.connect(("192.0.2.1", 80))
    with served() as (_, port, _), browsing() as opened:
        page = opened.new_page()
        page.set_default_timeout(PATIENCE)
        failed = []
        page.on("requestfailed", lambda request: failed.append(request.url))
        assert "Cash released" in look(page, f"http://127.0.0.1:{port}", f"a=silo&b=list_public&{SHORT}&scene=leaks")
        page.wait_for_selector("canvas")
        assert page.evaluate("document.fonts.check('16px Roboto')")
        assert get(port, f"/summary.csv?a=silo&b=none&{SHORT}&runs=1")[0] == 200
        assert failed == []


if __name__ == "__main__":
    without_network()
