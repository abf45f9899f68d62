"""The pages in a real browser with every outside address blocked: formulas, controls by keyboard, phone width.

ROBUSTLIB_SCREENSHOTS names a folder for pictures of every page in light and dark mode and at phone width.
"""

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest

pytestmark = pytest.mark.chromium

# The theme warns of a stored mode that is neither light nor dark on every first visit.
HARMLESS = ("Got invalid theme mode",)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the pages and logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site.html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """One page, opened with every other address blocked; what it asked for elsewhere and complained about."""

    def __init__(self, browser: Any, url: str, **context: Any) -> None:
        self.blocked: list[str] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(**{"viewport": DESKTOP, **context})
        self.page = self.context.new_page()
        self.page.route("**/*", self._only_here)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)
        self.page.goto(url, wait_until="load")
        self.page.evaluate("window.MathJax?.startup?.promise?.then(() => 0)")

    def _only_here(self, route: Any) -> None:
        if urlparse(route.request.url).hostname in ("127.0.0.1", None):
            route.continue_()
        else:
            self.blocked.append(route.request.url)
            route.abort()

    def _hear(self, message: Any) -> None:
        if message.type == "error" and not any(known in message.text for known in HARMLESS):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def test_no_page_asks_elsewhere_or_complains(browser, address: str, pages: list[str]) -> None:
    for name in pages:
        with Visit(browser, f"{address}/{name}.html") as visit:
            assert not visit.blocked, (name, visit.blocked)
            assert not visit.complaints, (name, visit.complaints)


def test_formulas_are_rendered(browser, address: str, pages: list[str]) -> None:
    rendered = 0
    for name in pages:
        with Visit(browser, f"{address}/{name}.html") as visit:
            sources = visit.page.locator(".math").count()
            shown = visit.page.locator(".math mjx-container").count()
            broken = visit.page.locator("mjx-merror, [data-mjx-error]").all_text_contents()
            assert shown >= sources and not broken, (name, sources, shown, broken)
            rendered += shown
    assert rendered, "no formula on any page"


def test_sliders_work_by_keyboard_and_have_a_name(browser, address: str, pages: list[str]) -> None:
    moved = 0
    for name in pages:
        with Visit(browser, f"{address}/{name}.html") as visit:
            for slider in visit.page.locator("input[type=range]").all():
                assert slider.evaluate(
                    "e => e.labels.length > 0 || !!e.ariaLabel || !!e.getAttribute('aria-labelledby')"
                )
                at_end = slider.evaluate("e => +e.value >= +e.max")
                before = said(slider)
                slider.focus()
                visit.page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
                after = said(slider)
                assert after["value"] != before["value"], (name, "the key did not move the slider", before)
                assert after["words"] and after["words"] != before["words"], (name, "no words follow it", before, after)
                moved += 1
            assert not visit.complaints, (name, visit.complaints)
    assert moved, "no slider on any page"


def said(slider: Any) -> dict[str, str]:
    """What a screen reader and a reader's eye get from a slider: its value text and the words around it."""
    return slider.evaluate(
        """e => {
            const box = e.closest('.cell_output') || e.parentElement.parentElement;
            return {value: e.value, words: (e.getAttribute('aria-valuetext') || '') + '|' + box.innerText};
        }"""
    )


def test_phone_shows_the_page_without_sideways_scrolling(browser, address: str, pages: list[str]) -> None:
    wide = """() => [...document.querySelectorAll('article *')]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5)
        .map(e => e.tagName + '.' + e.className)"""
    for name in pages:
        with Visit(browser, f"{address}/{name}.html", viewport=PHONE) as visit:
            width = visit.page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE["width"] + 1, (name, width, visit.page.evaluate(wide))


def test_wide_tables_scroll_in_their_box_by_keyboard(browser, address: str, pages: list[str]) -> None:
    scrolled = 0
    for name in pages:
        with Visit(browser, f"{address}/{name}.html", viewport=PHONE) as visit:
            for box in visit.page.locator(".rl-scroll").all():
                if box.evaluate("e => e.scrollWidth <= e.clientWidth"):
                    continue
                assert box.get_attribute("role") == "region" and box.get_attribute("aria-label"), name
                box.focus()
                visit.page.keyboard.press("ArrowRight")
                visit.page.wait_for_function("document.activeElement.scrollLeft > 0", timeout=5000)
                scrolled += 1
    assert scrolled, "no wide table on any page"


def test_dark_mode_keeps_text_and_background_apart(browser, address: str, pages: list[str]) -> None:
    shades = """() => [...document.querySelectorAll('article p, article td, article .output pre')].map(e => {
        const grey = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number); return .2126*r + .7152*g + .0722*b };
        let back = e; const clear = c => c === 'transparent' || /, 0\\)$/.test(c);
        while (back.parentElement && clear(getComputedStyle(back).backgroundColor)) back = back.parentElement;
        return Math.abs(grey(getComputedStyle(e).color) - grey(getComputedStyle(back).backgroundColor));
    })"""
    for name in pages:
        with Visit(browser, f"{address}/{name}.html", color_scheme="dark") as visit:
            assert visit.page.evaluate("document.documentElement.dataset.theme") == "dark"
            assert min(visit.page.evaluate(shades)) > 80, name


def test_screenshots(browser, address: str, pages: list[str]) -> None:
    folder = os.environ.get("ROBUSTLIB_SCREENSHOTS")
    if not folder:
        pytest.skip("ROBUSTLIB_SCREENSHOTS names no folder")
    looks = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": {"viewport": PHONE}}
    for name in pages:
        for look, context in looks.items():
            with Visit(browser, f"{address}/{name}.html", **context) as visit:
                path = Path(folder) / f"{name.replace('/', '-')}-{look}.png"
                visit.page.screenshot(path=path, full_page=True)
                assert path.stat().st_size > 5000
