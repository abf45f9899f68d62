"""The pages in a real browser with every outside address blocked: formulas, controls by keyboard, phone width.

ROBUSTLIB_SCREENSHOTS names a folder for pictures of every page in light and dark mode and at phone width.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from browsing import PHONE, Visit

pytestmark = pytest.mark.chromium


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
            visit.page.evaluate("document.querySelectorAll('details').forEach(d => (d.open = true))")
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
            visit.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
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
