"""One version, one date, one tag: what repeats them agrees, and a commit that may not be released is refused."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import robustlib

ROOT = Path(__file__).resolve().parents[2]
REPEATED = ["robustlib/__init__.py", "CITATION.cff", "CHANGELOG.md", "CODE_OF_CONDUCT.md", "pyproject.toml"]


def script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "release" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release = script("version")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A small repository in which all agrees and nothing is unreleased."""
    (tmp_path / "robustlib").mkdir()
    for name in REPEATED:
        shutil.copy(ROOT / name, tmp_path / name)
    change(tmp_path, "CHANGELOG.md", r"(?s)## Unreleased\n.*?(?=\n## \d)", "## Unreleased\n")
    change(tmp_path, "CODE_OF_CONDUCT.md", "TO BE NAMED.*", "Somebody")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def change(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    changed = re.sub(old, new, text, count=1)
    assert changed != text, f"{old} is not in {name}"
    (root / name).write_text(changed, encoding="utf-8")


def test_version_citation_and_changelog_agree() -> None:
    assert release.disagreements() == []
    assert release.tag() == f"v{robustlib.__version__}"


def test_version_stands_in_one_place() -> None:
    """hatchling reads the line of the code; a second version in pyproject.toml would be an error of its own."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in text and '[tool.hatch.version]\npath = "robustlib/__init__.py"' in text
    assert robustlib.__version__ not in re.findall(r'^version = "(.+)"', text, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("robustlib/__init__.py", r'"\d+\.', '"99.', "newest section of CHANGELOG.md"),
        ("CITATION.cff", r"\nversion: \d+\.\d+", "\nversion: 99.9", "CITATION.cff has version 99.9"),
        ("CITATION.cff", r"date-released: \d{4}", "date-released: 1999", "date-released 1999"),
        ("CHANGELOG.md", r"\(\d{4}-\d\d-\d\d\)", "", "not"),
        ("pyproject.toml", r"\Z", '\n[tool.robustlib]\nrelease = "robustlib==99.0.0"\n', "notebooks install"),
    ],
)
def test_a_disagreement_is_named(copy: Path, name: str, old: str, new: str, said: str) -> None:
    assert release.disagreements(copy) == []
    if "tool.robustlib" in new:
        change(copy, name, r"(?s)\n\[tool\.robustlib\]\n.*?(?=\n\[|\Z)|\Z", new)
    else:
        change(copy, name, old, new)
    assert any(said in line for line in release.disagreements(copy))


def test_a_clean_commit_may_be_released(copy: Path) -> None:
    assert release.not_ready(copy) == []


def test_what_is_in_the_way_of_a_release_is_named(copy: Path) -> None:
    change(copy, "CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n- New: something.\n")
    change(copy, "CODE_OF_CONDUCT.md", "Somebody", "TO BE NAMED")
    wrong = "\n".join(release.not_ready(copy))
    assert "1 lines under Unreleased" in wrong and "CODE_OF_CONDUCT.md says" in wrong and "not clean" in wrong


def test_a_version_that_is_tagged_elsewhere_is_not_released_again(copy: Path) -> None:
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false"]
    subprocess.run([*git, "tag", release.tag(copy)], cwd=copy, check=True)
    assert release.not_ready(copy) == []  # the tagged commit itself, which the workflow checks out
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "y"], cwd=copy, check=True)
    assert any("is already commit" in line for line in release.not_ready(copy))


def test_another_tag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["--tag", release.tag()]) == 0
    assert capsys.readouterr().out == f"{release.tag()}\n"
    assert release.main(["--tag", "v99.0.0"]) == 1
    assert "the tag is v99.0.0; expected v" in capsys.readouterr().err


def test_notes_are_those_of_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["--notes"]) == 0
    notes = capsys.readouterr().out
    assert (
        len(notes) > 100 and "## " not in notes and notes.strip() in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    )


def test_a_package_that_would_be_replaced_is_named() -> None:
    from importlib.metadata import version

    planned = [
        {"metadata": {"name": "torch", "version": "0.0.1"}},
        {"metadata": {"name": "numpy", "version": version("numpy")}},
        {"metadata": {"name": "no-such-package", "version": "1.0"}},
    ]
    assert script("untouched").replaced(planned) == [f"torch {version('torch')} would become 0.0.1"]
