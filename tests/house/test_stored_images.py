"""What data/README.md allows of CIFAR-10 in the repository: a few pictures for a page, and no archive."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST = 16


def pictured(result: dict) -> int:
    """How many different clean images of three colours the rows of one result hold."""
    kept = [row["series"]["pictures"] for row in result.get("rows", []) if "pictures" in (row.get("series") or {})]
    coloured = [found for found in kept if found["shape"][1] == 3]
    return len({(found["x"], i) for found in coloured for i in range(found["shape"][0])})


@pytest.mark.parametrize("count", [4, 17])
def test_pictures_are_counted(count: int) -> None:
    row = {"series": {"pictures": {"shape": [count, 3, 32, 32], "x": "AA=="}}}
    grey = {"series": {"pictures": {"shape": [99, 1, 28, 28], "x": "BB=="}}}
    assert pictured({"rows": [row, row, grey, {"series": None}, {}]}) == count


def test_no_result_holds_more_photographs_than_a_page_may_show() -> None:
    files = sorted((ROOT / "data" / "results").glob("*/seed*.json"))
    counts = {file.parent.name: pictured(json.loads(file.read_text(encoding="utf-8"))) for file in files}
    assert counts and max(counts.values()) <= MOST, {name: n for name, n in counts.items() if n > MOST}


def test_the_only_archive_in_the_repository_is_that_of_digits() -> None:
    asked = ["git", "ls-files", "*.npz", "*.npy", "*.tar.gz", "*.jpg"]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    if found.returncode:
        pytest.skip("not a checkout")
    assert found.stdout.split() == ["data/mnist_5k.npz"]
    assert f"up to {MOST} images of CIFAR-10" in (ROOT / "data" / "README.md").read_text(encoding="utf-8")
