"""What each lab took when its solutions were graded: kept in costs.json, and shown in INSTRUCTORS.md as a table."""

import json
import platform
import re
from pathlib import Path
from typing import Any

import nbformat

from book.labs.grade import Grade
from book.labs.lab import ROOT, Lab

COSTS = Path(__file__).with_name("costs.json")
PAGE = ROOT / "INSTRUCTORS.md"
BEGIN, END = "<!-- table of costs: make labs STORE=1 -->", "<!-- end of the table of costs -->"
HEADER = ("lab", "exercises", "points", "reading the chapter", "CPU seconds", "memory, MB")


def reading(notebook: Path) -> str:
    """How long the head of a chapter says that reading takes."""
    text = "\n".join(c.source for c in nbformat.read(notebook, 4).cells if c.cell_type == "markdown")
    found = re.search(r"\*\*How long\.\*\* Reading: ([^.]+)\.", text)
    return found[1] if found else "not said"


def keep(lab: Lab, best: Grade) -> None:
    """Store what grading the solutions of a lab took, and write the table again."""
    kept = load()
    kept[lab.name] = {
        "exercises": len(lab.exercises),
        "points": lab.points,
        "notebook": lab.notebook,
        "cpu_seconds": round(best.seconds),
        "megabytes": 10 * round(best.megabytes / 10),
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one thread, no GPU",
    }
    COSTS.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), table(kept)), encoding="utf-8")


def load() -> dict[str, Any]:
    """What is stored, by lab."""
    return json.loads(COSTS.read_text(encoding="utf-8")) if COSTS.exists() else {}


def table(kept: dict[str, Any]) -> str:
    """The table in Markdown."""
    rows = [HEADER, ("---",) * len(HEADER)]
    for name, one in sorted(kept.items()):
        spent = "a few minutes" if name.endswith("-break-it") else reading(ROOT / one["notebook"])
        rows.append((f"`{name}`", one["exercises"], one["points"], spent, one["cpu_seconds"], one["megabytes"]))
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def written(page: str, shown: str) -> str:
    """A page with this table. Raises: ValueError for one without the place of the table."""
    before, found, rest = page.partition(BEGIN)
    inside, end, after = rest.partition(END)
    if not found or not end:
        raise ValueError(f"{PAGE.name} has no place for the table, {BEGIN} to {END}")
    return f"{before}{BEGIN}\n\n{shown}\n\n{END}{after}"
