"""How long a page of the book takes to load, as a multiple of the same site's page without an article.

In one headless Chromium, the pages in turn in every round, each in a fresh profile (nothing cached), from a server on
this machine. Loaded is: the load event has fired and MathJax, where a page has it, has set every formula.

`make book`, then `python benchmarks/speed/page_load.py`; a folder as argument is another built site.
"""

import functools
import http.server
import shutil
import statistics
import sys
import threading
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROUNDS = 9
BARE = "genindex"  # the theme's frame with nothing in it
LIMIT = 10


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the pages and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def seconds(browser: Browser, url: str) -> float:
    """From the call to the last formula, in a profile that has seen nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    started = time.perf_counter()
    page.goto(url, wait_until="load")
    page.evaluate("window.MathJax?.startup?.promise?.then(() => 0)")
    took = time.perf_counter() - started
    context.close()
    return took


def compared(site: Path, rounds: int = ROUNDS) -> dict[str, float]:
    """The median time of every page over that of the bare page of the same round."""
    pages = sorted(str(p.relative_to(site).with_suffix("")) for p in (site / "book").rglob("*.html"))
    serve = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=serve.serve_forever, daemon=True).start()
    address, ratios = f"http://127.0.0.1:{serve.server_port}", {page: list[float]() for page in pages}
    chromium = next(path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        seconds(browser, f"{address}/{BARE}.html")  # the first page of a browser is slow
        for _ in range(rounds):
            bare = seconds(browser, f"{address}/{BARE}.html")
            for page in pages:
                ratios[page].append(seconds(browser, f"{address}/{page}.html") / bare)
        browser.close()
    serve.shutdown()
    return {page: statistics.median(found) for page, found in ratios.items()}


if __name__ == "__main__":
    site = Path(sys.argv[1] if len(sys.argv) > 1 else "_build/html")
    if not (site / f"{BARE}.html").is_file():
        sys.exit(print(f"no pages in {site}, so none was timed: `make book` builds them"))
    found = compared(site)
    for page, ratio in sorted(found.items(), key=lambda pair: -pair[1]):
        print(f"{page:40} {ratio:5.1f} x {BARE}")
    print(f"the heaviest: {max(found.values()):.1f}, at most {LIMIT}")
