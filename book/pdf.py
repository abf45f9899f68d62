"""The whole book as one PDF: its page of all chapters, printed by Chromium without LaTeX. `make pdf` calls it."""

import argparse
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# What a reader clicks on has no use on paper: folded code and solutions stay on the pages, and here their folds go too.
PAPER = """
@page { size: A4; margin: 17mm 16mm 19mm; }
.bd-header-article, .bd-sidebar-primary, .bd-header, .prev-next-footer, button, .headerlink, .skip-link,
details.hide, .cell.tag_hide-input > .cell_input { display: none !important; }
span[id^="document-"] + section { break-before: page; }
h1, h2, h3, h4, summary { break-after: avoid; }
figure, table, .cell_input, .highlight, .admonition, .sd-card { break-inside: avoid; }
"""
FOOTER = """<div style="width: 100%; text-align: center; font-size: 8px; color: #555">
<span class="pageNumber"></span></div>"""


def all_chapters(folder: Path) -> Path:
    """Build the page that holds every chapter, and return it where its style sheets and pictures are found."""
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(ROOT)]
    options = ["--builder", "singlehtml", "--path-output", str(folder), "-n", "--keep-going"]
    built = subprocess.run([*command, *options], capture_output=True, text=True)
    page = folder / "_build" / "singlehtml" / "book" / "intro.html"
    if built.returncode or not page.is_file():
        raise RuntimeError(f"the page of all chapters was not built:\n{built.stdout[-2000:]}\n{built.stderr[-2000:]}")
    # Its addresses are those of a page in the folder above, whatever the first chapter's folder is.
    beside = page.parents[1] / "all_chapters.html"
    beside.write_text(linked_within(page.read_text(encoding="utf-8")), encoding="utf-8")
    return beside


def linked_within(html: str) -> str:
    """The page with each link to a chapter's page turned into one to its place here.

    A place whose name stands twice, as Sphinx's numbered ones do when chapters share a page, loses its links: they
    would lead into another chapter.
    """
    places = Counter(re.findall(r'\bid="([^"]+)"', html))

    def turned(link: re.Match[str]) -> str:
        page, _, place = link[2].partition("#")
        if ":" in page:  # of another site
            return link[0]
        return f'{link[1]} href="#{place}"' if places[place] == 1 else link[1]

    return re.sub(r'(<a\b[^>]*?) href="([^"]*)"', turned, html)


def printed(page: Path, out: Path) -> None:
    """Print one page to PDF, with the outline of its headings."""
    if (found := next(filter(None, map(shutil.which, BROWSERS)), None)) is None:
        raise FileNotFoundError(f"no browser on the path; expected one of {', '.join(BROWSERS)}: install Chromium")
    with sync_playwright() as playwright:
        browser: Any = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        sheet = browser.new_page(color_scheme="light")
        sheet.set_default_timeout(600_000)  # milliseconds: every formula of the book is on this page
        sheet.goto(page.resolve().as_uri(), wait_until="load")
        sheet.evaluate("window.MathJax?.startup?.promise?.then(() => 0)")
        sheet.add_style_tag(content=PAPER)
        shown = {"display_header_footer": True, "header_template": "<span></span>", "footer_template": FOOTER}
        sheet.pdf(
            path=out, scale=0.72, print_background=True, prefer_css_page_size=True, outline=True, tagged=True, **shown
        )
        browser.close()


def main() -> None:
    """Build, print, and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "_build" / "robustlib.pdf")
    asked = parser.parse_args()
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    printed(all_chapters(asked.out.parent / "pdf"), asked.out)
    sys.stdout.write(f"{asked.out}: {asked.out.stat().st_size / 2**20:.1f} MB\n")


if __name__ == "__main__":
    main()
