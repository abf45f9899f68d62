"""What all tests share: shapes are checked at every call, nothing is downloaded, markers skip what cannot run here."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import FLAGS

os.environ.setdefault("ROBUSTLIB_OFFLINE", "1")
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

# Tests of bad input run in a second call without the checker (`make unit`): they are about the library's own words.
if os.environ.get("ROBUSTLIB_TYPECHECK", "1") != "0":
    import typecheck

    typecheck.install()

import torch  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

torch.set_num_threads(1)
# The same examples in every run, and no failure because a busy machine took its time.
slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
settings.register_profile("house", deadline=None, derandomize=True, database=None, suppress_health_check=slow)
settings.load_profile("house")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU, the complete archives or a browser where there is none, and say so."""
    archive = Path(os.environ.get("ROBUSTLIB_DATA") or "nowhere") / "mnist.npz"
    browser = CHROMIUM and importlib.util.find_spec("playwright")
    for item in items:
        if "gpu" in item.keywords and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))
        if "full_data" in item.keywords and not archive.is_file():
            item.add_marker(pytest.mark.skip(reason="ROBUSTLIB_DATA names no folder with mnist.npz"))
        if "chromium" in item.keywords and not browser:
            item.add_marker(pytest.mark.skip(reason="no chromium on the path, or playwright is not installed"))
        if "bad_input" in item.keywords and os.environ.get("ROBUSTLIB_TYPECHECK", "1") != "0":
            item.add_marker(pytest.mark.skip(reason="about the library's own checks: set ROBUSTLIB_TYPECHECK=0"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium, for tests marked `chromium`: one a process, whose loop a second one would find running."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
