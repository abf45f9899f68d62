"""The built pages: no warning, nothing from another server, light, and readable without seeing the pictures."""

import json
import re
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
OWN_LIMIT = 400 * 1024  # bytes of a page's HTML and of the scripts that it alone loads
ELSEWHERE = re.compile(r"^\s*(?:https?:)?//")
CSS_ADDRESS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
LOADED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "audio": ("src",),
    "video": ("src", "poster"),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "input": ("src",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
}
LOADING_LINKS = {"stylesheet", "icon", "shortcut", "preload", "modulepreload", "prefetch", "preconnect", "manifest"}


class Page(HTMLParser):
    """What a page loads, and the pictures of its article."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[tuple[str, str]] = []  # tag, address
        self.images: list[dict[str, str | None]] = []
        self.css: list[str] = []
        self.inline_scripts: list[str] = []
        self.inside: str | None = None
        self.article = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.inside = tag if tag in ("style", "script") else self.inside
        self.article += tag == "article"
        self.loads += [(tag, value) for key in LOADED.get(tag, ()) if (value := values.get(key))]
        if tag == "link" and LOADING_LINKS & set((values.get("rel") or "").split()):
            self.loads.append((tag, values.get("href") or ""))
        if values.get("style"):
            self.css.append(values["style"] or "")
        if self.article and (tag == "img" or values.get("role") == "img"):  # a drawing is an inline SVG
            self.images.append(values)

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        self.inside = None if tag == self.inside else self.inside
        self.article -= tag == "article"

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            self.css.append(data)
        elif self.inside == "script":
            self.inline_scripts.append(data)

    def scripts(self) -> set[str]:
        """File names, less folders and versions, of the scripts loaded from files."""
        return {
            address.split("?")[0].rsplit("../", 1)[-1]
            for tag, address in self.loads
            if tag == "script" and not ELSEWHERE.match(address)
        }


def addresses(css: str) -> Iterator[str]:
    """Every address a style sheet loads."""
    return (first or second for first, second in CSS_ADDRESS.findall(css))


def test_toc_names_pages_that_exist(pages: list[str]) -> None:
    missing = [page for page in pages if not any((ROOT / f"{page}{end}").is_file() for end in (".ipynb", ".md"))]
    assert pages and not missing


def test_build_has_no_warning(site) -> None:
    complaints = [line for line in site.log.splitlines() if re.search(r"\b(WARNING|ERROR)\b", line)]
    assert site.exit_status == 0 and not complaints, site.log[-3000:]


def test_nothing_comes_from_another_server(site, pages: list[str]) -> None:
    found = []
    for name in [*pages, "search", "genindex"]:
        page = Page(site.page(name))
        found += [(name, tag, address) for tag, address in page.loads if ELSEWHERE.match(address)]
        found += [(name, "css", a) for css in page.css for a in addresses(css) if ELSEWHERE.match(a)]
        code = "\n".join(page.inline_scripts)
        found += [(name, "script", a) for a in re.findall(r"(?:import|fetch|src)\W{1,6}(https?://[^'\"\s]+)", code)]
    for sheet in site.html.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        found += [(sheet.name, "css", a) for a in addresses(text) if ELSEWHERE.match(a)]
    assert not found


def test_every_local_address_exists(site, pages: list[str]) -> None:
    missing = []
    for name in pages:
        path = site.page(name)
        page = Page(path)
        for address in [*(address for _, address in page.loads), *(a for css in page.css for a in addresses(css))]:
            if not re.match(r"data:|#|https?:|//", address):
                target = path.parent / address.split("?")[0].split("#")[0]
                missing += [] if target.is_file() else [(name, address)]
    assert not missing


def test_pages_are_light(site, pages: list[str], notebooks: list[str]) -> None:
    shared = set.intersection(*(Page(site.page(name)).scripts() for name in notebooks if name != "book/intro"))
    assert sum((site.html / s).stat().st_size for s in shared if "mathjax" not in s) < 200 * 1024, "loaded once"
    everywhere = Page(site.page("genindex")).scripts() | shared  # the copy button's, on every chapter
    sizes = {}
    for name in pages:
        own = {s for s in Page(site.page(name)).scripts() - everywhere if "mathjax" not in s}
        sizes[name] = site.page(name).stat().st_size + sum((site.html / s).stat().st_size for s in own)
    assert max(sizes.values()) < OWN_LIMIT, sizes


def test_a_style_stands_once_in_a_page_and_every_style_of_the_notebook_stands_there(site, notebooks: list[str]) -> None:
    block = re.compile(r"<style>\.rl\{.*?</style>", re.DOTALL)
    copies = 0
    for name in notebooks:
        cells = json.loads((ROOT / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        outputs = [o.get("data", {}).get("text/html", "") for cell in cells for o in cell.get("outputs", [])]
        stored = block.findall("\n".join("".join(html) for html in outputs))
        found = block.findall(site.page(name).read_text(encoding="utf-8"))
        assert sorted(found) == sorted(set(stored)), name
        copies += len(stored) - len(found)
    assert copies


def test_every_picture_has_words(site, pages: list[str]) -> None:
    found, silent = 0, []
    for name in pages:
        for image in Page(site.page(name)).images:
            found += 1
            alt = (image.get("alt") or image.get("aria-label") or "").strip()
            decoration = image.get("role") in ("presentation", "none") or image.get("aria-hidden") == "true"
            if not decoration and (len(alt) < 10 or re.search(r"\.(png|svg|jpe?g|webp)$", alt)):
                silent.append((name, alt, (image.get("src") or "")[:60]))
    assert not silent and found > 50, f"{found} pictures, without words: {silent}"


def test_no_widget_code_on_the_pages(site, pages: list[str]) -> None:
    for name in pages:
        text = site.page(name).read_text(encoding="utf-8")
        for sign in ("application/vnd.jupyter.widget", "require.min.js", "html-manager", "thebe-config", "embed-amd"):
            assert sign not in text, (name, sign)


def test_the_colab_button_leads_to_the_reader_s_notebook_or_is_not_there(site, notebooks: list[str]) -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    released = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["robustlib"]["release"]
    assert bool(released) == bool(config["launch_buttons"]), "a button to what is not released, or a release without"
    place = config["repository"]["url"].removeprefix("https://github.com/") + "/blob/colab"
    for name in notebooks:
        text = site.page(name).read_text(encoding="utf-8")
        assert (f"https://colab.research.google.com/github/{place}/{name}.ipynb" in text) == bool(released)
        assert ("colab.research.google.com" in text) == bool(released)
