"""The book, built once for all house tests, and where its sources stand."""

import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from browsing import Quiet
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]


def toc_pages(entry: object) -> list[str]:
    """The pages under one entry of `_toc.yml`, in reading order."""
    if isinstance(entry, list):
        return [page for item in entry for page in toc_pages(item)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key] for key in ("root", "file") if key in entry]
    return own + [page for key in ("parts", "chapters", "sections") for page in toc_pages(entry.get(key))]


PAGES = toc_pages(yaml.safe_load((ROOT / "_toc.yml").read_text()))
NOTEBOOKS = [page for page in PAGES if (ROOT / f"{page}.ipynb").is_file()]


@dataclass(frozen=True)
class Site:
    """The built pages, and what the build said."""

    html: Path
    log: str
    exit_status: int

    def page(self, name: str) -> Path:
        """The file of a page named as in `_toc.yml`."""
        return self.html / f"{name}.html"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The book as `make book` builds it, beside the working tree; the first worker that asks builds it for all."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    out, done = shared / "book", shared / "book.log"
    with FileLock(shared / "book.lock"):
        if not done.exists():
            command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(ROOT)]
            options = ["--path-output", str(out), "-W", "-n", "--keep-going"]
            built = subprocess.run([*command, *options], capture_output=True, text=True)
            done.write_text(f"{built.returncode}\n{built.stdout}\n{built.stderr}")
    status, log = done.read_text().split("\n", 1)
    return Site(out / "_build" / "html", log, int(status))


@pytest.fixture(scope="session")
def pages() -> list[str]:
    """Every page of `_toc.yml`, without suffix."""
    return PAGES


@pytest.fixture(scope="session")
def notebooks() -> list[str]:
    """The pages that are notebooks."""
    return NOTEBOOKS


@pytest.fixture(scope="session")
def address(site) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site.html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
