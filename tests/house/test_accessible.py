"""The pages for those who use no mouse, no eyes, no scripts, or paper."""

from importlib.resources import files
from typing import Any

import pytest
from browsing import PHONE, Visit

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
CHECKED = "axe.run(document, {resultTypes: ['violations'], rules: {'label-content-name-mismatch': {enabled: true}}})"
# The theme's, outside the article: a button called "Search" that shows "Search Ctrl+K", the logo in no landmark.
OF_THE_THEME = {(".search-button-field", "label-content-name-mismatch"), (".title", "region")}


def violations(page: Any) -> set[tuple[str, str]]:
    """What axe finds on an open page: where, and against which rule."""
    page.evaluate(AXE)
    found = page.evaluate(CHECKED)["violations"]
    return {(" ".join(map(str, node["target"])), rule["id"]) for rule in found for node in rule["nodes"]}


def test_axe_sees_a_picture_without_words(browser: Any, address: str) -> None:
    with Visit(browser, f"{address}/genindex.html") as visit:
        visit.page.evaluate("document.querySelector('article').insertAdjacentHTML('beforeend', '<img src=x.png>')")
        assert any(rule == "image-alt" for _, rule in violations(visit.page))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_of_ours(browser: Any, address: str, pages: list[str], scheme: str) -> None:
    for name in pages:
        with Visit(browser, f"{address}/{name}.html", color_scheme=scheme) as visit:
            visit.page.wait_for_timeout(300)  # the theme's colours fade in
            assert not violations(visit.page) - OF_THE_THEME, (name, scheme)


def test_a_formula_is_no_stop_of_the_tab_key(browser: Any, address: str, pages: list[str]) -> None:
    formulas = 0
    for name in pages:
        with Visit(browser, f"{address}/{name}.html") as visit:
            formulas += visit.page.locator("mjx-container").count()
            stops = (
                "[...document.querySelectorAll('mjx-container, mjx-container *')].filter(e => e.tabIndex >= 0).length"
            )
            assert visit.page.evaluate(stops) == 0, name
    assert formulas > 100


def test_icons_are_drawn(browser: Any, address: str) -> None:
    with Visit(browser, f"{address}/book/foundations/attacks.html") as visit:
        visit.page.evaluate("document.fonts.ready.then(() => 0)")
        loaded = visit.page.evaluate("[...document.fonts].filter(f => f.status == 'loaded').map(f => f.family)")
        assert {"Font Awesome 6 Free", "Font Awesome 6 Brands"} <= {family.strip('"') for family in loaded}
        asked = visit.page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
        assert not [url for url in asked if "vendor/fontawesome" in url or "fontawesome.js" in url]


def test_what_is_folded_is_open_on_paper(browser: Any, address: str, pages: list[str]) -> None:
    folded = 0
    for name in pages:
        with Visit(browser, f"{address}/{name}.html") as visit:
            visit.page.emulate_media(media="print")
            for part in visit.page.locator(".rl details:not([open]) > :not(summary, style)").all():
                assert part.evaluate("e => e.getBoundingClientRect().height") > 10, name
                folded += 1
    assert folded


def test_a_page_reads_the_same_without_scripts(browser: Any, address: str, pages: list[str]) -> None:
    read = "document.querySelector('article').innerText.replace(/\\s+/g, ' ')"
    for name in pages:
        with Visit(browser, f"{address}/{name}.html") as with_scripts:
            whole = with_scripts.page.evaluate(f"document.querySelectorAll('mjx-container').length ? '' : {read}")
        with Visit(browser, f"{address}/{name}.html", java_script_enabled=False, viewport=PHONE) as plain:
            text = plain.page.evaluate(read)
            shade = plain.page.evaluate("getComputedStyle(document.querySelector('article p')).color")
        assert len(text) > max(400, 0.95 * len(whole)), name
        assert max(map(int, shade[4:-1].split(","))) < 100, (name, shade)
