"""The words around the code: what they show runs, what they name exists, what they repeat agrees."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PAPERS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "INSTRUCTORS.md", "CODE_OF_CONDUCT.md", "SUPPORT.md"]


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), flags=re.MULTILINE | re.DOTALL)


def test_every_python_block_of_the_readme_runs_and_its_claims_hold() -> None:
    """A line `value  # is < 0.3` claims that `value < 0.3`."""
    torch.manual_seed(0)
    namespace: dict[str, Any] = {}
    claims = 0
    for block in blocks(ROOT / "README.md", "python"):
        exec(compile(block, "README.md", "exec"), namespace)
        for value, claim in re.findall(r"^(\S.*?)\s+# is (.+)$", block, flags=re.MULTILINE):
            claims += 1
            found = eval(value, namespace)
            assert eval(f"found {claim}", {"found": found}), f"{value} is {found}, the README says {claim}"
    assert claims


@pytest.mark.parametrize("name", PAPERS)
def test_files_named_in_the_docs_exist(name: str) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / name).read_text(), flags=re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)+/?|[\w-]+\.(?:md|toml|yml|txt|cff|py|npz))`", text))
    named |= {target for target in re.findall(r"\]\(([^)#]+)\)", text) if not target.startswith("http")}
    named |= set(re.findall(r'src="([^"]+)"', text))
    missing = {path for path in named if not path.startswith(("_build", "_labs")) and not (ROOT / path).exists()}
    missing -= {path.name for path in ROOT.glob("robustlib/chapters/*/*.py")}  # `runs.py`: that of any chapter
    assert not missing


@pytest.mark.parametrize("name", [*PAPERS, "book/intro.md"])
def test_make_targets_named_in_the_docs_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)(?=[`\n ]*(?:`|\n|#|$))", (ROOT / name).read_text()))
    assert named <= targets


@pytest.mark.parametrize(
    ("room", "tested"),
    [
        ("attacks", "tests/attacks"),
        ("chapters/attacks", "tests/chapters/attacks"),
        ("dundi", "tests/chapters/dundi"),
        ("geometry", "tests/test_geometry.py"),
        ("nothing", None),
    ],
)
def test_one_room_is_tested_with_the_rules_of_the_house(room: str, tested: str | None) -> None:
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "ROOM", "TESTS"))}
    done = subprocess.run(["make", "-n", "unit", f"ROOM={room}"], cwd=ROOT, capture_output=True, text=True, env=outside)
    if tested is None:
        assert done.returncode and "ROOM=nothing has no tests" in done.stderr
    else:
        assert done.stdout.count(f"-m pytest {tested} tests/house/test_architecture.py -q") == 2


def test_address_is_the_same_everywhere() -> None:
    address = PROJECT["urls"]["Repository"]
    assert yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"] == address
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["repository-code"] == address
    others = [line for line in (ROOT / "README.md").read_text().splitlines() if "github.com" in line]
    assert all(address in line or "colab" in line for line in others), others


def test_requirements_are_what_the_book_needs() -> None:
    extras = PROJECT["optional-dependencies"]
    needed = [*PROJECT["dependencies"], *extras["notebooks"], *extras["book"]]
    written = [line.strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    assert {line for line in written if line and line[0] != "#"} == {n for n in needed if not n.startswith("robustlib")}


def test_requirements_are_lower_bounds() -> None:
    for needed in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["notebooks"]]:
        assert re.fullmatch(r"[\w-]+>=[\d.]+", needed), f"{needed}: pip would replace what a hosted notebook has"
    assert "jupyter-book>=1.0.4,<2" in PROJECT["optional-dependencies"]["book"]


def test_constraints_name_every_direct_requirement() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if line and line[0] != "#")
    extras = [line for group in PROJECT["optional-dependencies"].values() for line in group]
    for needed in [*PROJECT["dependencies"], *extras]:
        name = re.split(r"[<>=\[]", needed)[0]
        assert name == "robustlib" or name in pinned, f"{name} was not pinned"


def test_bibliography_has_no_double_and_is_cited_from() -> None:
    keys = re.findall(r"^@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text(), flags=re.MULTILINE)
    assert len(keys) == len(set(keys)) > 20
