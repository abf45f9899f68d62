"""What each lab took when its solutions were graded, kept in costs.json."""

import json
import platform
from pathlib import Path
from typing import Any

from book.labs.grade import Grade
from book.labs.lab import Lab

COSTS = Path(__file__).with_name("costs.json")


def keep(lab: Lab, best: Grade) -> None:
    """Store what grading the solutions of a lab took."""
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


def load() -> dict[str, Any]:
    """What is stored, by lab."""
    return json.loads(COSTS.read_text(encoding="utf-8")) if COSTS.exists() else {}
