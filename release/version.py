"""The version, from the one place where it stands, its tag, and whether what repeats it agrees.

`python release/version.py` prints the tag, or what disagrees. `--ready` also asks whether this commit may be released,
`--tag v1.2.3` refuses a tag that is not this version's, and `--notes` prints what the changelog says of this version.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
HEADING = re.compile(r"^## (Unreleased|\d+\.\d+\.\d+)(?: \((\d{4}-\d{2}-\d{2})\))?$", flags=re.MULTILINE)

UNNAMED = "TO BE NAMED"


def version(root: Path = ROOT) -> str:
    """What `robustlib.__version__` says; hatchling reads the same line."""
    found = re.findall(r'^__version__ = "([^"]+)"$', (root / "robustlib" / "__init__.py").read_text(), re.MULTILINE)
    if len(found) != 1 or not re.fullmatch(r"\d+\.\d+\.\d+", found[0]):
        raise ValueError(f'robustlib/__init__.py says {found}; expected one line `__version__ = "1.2.3"`')
    return found[0]


def tag(root: Path = ROOT) -> str:
    """The tag of this version."""
    return f"v{version(root)}"


def changes(root: Path = ROOT) -> list[tuple[str, str, str]]:
    """The sections of CHANGELOG.md, newest first: version or "Unreleased", date or "", text."""
    _, *parts = HEADING.split((root / "CHANGELOG.md").read_text())
    return [(parts[i], parts[i + 1] or "", parts[i + 2].strip()) for i in range(0, len(parts), 3)]


def disagreements(root: Path = ROOT) -> list[str]:
    """In words, what says another version or date than the code and the changelog."""
    ours, citation = version(root), yaml.safe_load((root / "CITATION.cff").read_text())
    named, dated, _ = next((section for section in changes(root) if section[0] != "Unreleased"), ("no version", "", ""))
    found = []
    if named != ours:
        found.append(f"the newest section of CHANGELOG.md is {named}; expected {ours}, as robustlib.__version__")
    if str(citation["version"]) != ours:
        found.append(f"CITATION.cff has version {citation['version']}; expected {ours}, as robustlib.__version__")
    if not dated or str(citation["date-released"]) != dated:
        found.append(
            f"CITATION.cff has date-released {citation['date-released']}, CHANGELOG.md dates {named} {dated or 'not'}; "
            f"expected the day of the release in both, in CHANGELOG.md as `## {ours} (2026-12-31)`"
        )
    stamped = tomllib.loads((root / "pyproject.toml").read_text()).get("tool", {}).get("robustlib", {}).get("release")
    if stamped and not re.search(rf"=={re.escape(ours)}$|@v{re.escape(ours)}$", stamped):
        found.append(f"pyproject.toml lets notebooks install {stamped}; expected =={ours} or @v{ours} at its end")
    return found


def git(root: Path, *words: str) -> str:
    """What git says."""
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.rstrip()


def not_ready(root: Path = ROOT) -> list[str]:
    """In words, why this commit cannot be released yet; empty where it can."""
    found = disagreements(root)
    if pending := next((text for name, _, text in changes(root) if name == "Unreleased"), ""):
        lines = len(pending.splitlines())
        found.append(f"CHANGELOG.md has {lines} lines under Unreleased; move them under the version to be released")
    if UNNAMED in (root / "CODE_OF_CONDUCT.md").read_text():
        found.append(f"CODE_OF_CONDUCT.md says {UNNAMED}; write down who receives reports, and the address")
    if changed := git(root, "status", "--porcelain"):
        found.append(f"the working tree is not clean; commit or drop:\n{changed}")
    if tag(root) in git(root, "tag", "--list").split():
        there, here = git(root, "rev-list", "-n", "1", tag(root)), git(root, "rev-parse", "HEAD")
        if there != here:
            found.append(f"{tag(root)} is already commit {there}; raise robustlib.__version__")
    return found


def main(words: list[str] | None = None) -> int:
    """Print the tag or the notes; or, with exit status 1, what is in the way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ready", action="store_true", help="also ask whether this commit may be released")
    parser.add_argument("--tag", help="refuse any other tag than this version's")
    parser.add_argument("--notes", action="store_true", help="print what CHANGELOG.md says of this version")
    asked = parser.parse_args(words)
    wrong = not_ready() if asked.ready else disagreements()
    if asked.tag not in (None, tag()):
        wrong.append(f"the tag is {asked.tag}; expected {tag()}, made from robustlib.__version__")
    if wrong:
        sys.stderr.write("".join(f"{line}\n" for line in wrong))
        return 1
    sys.stdout.write(f"{changes_of_this_version() if asked.notes else tag()}\n")
    return 0


def changes_of_this_version(root: Path = ROOT) -> str:
    """The text of this version's section of CHANGELOG.md."""
    return next(text for name, _, text in changes(root) if name == version(root))


if __name__ == "__main__":
    sys.exit(main())
