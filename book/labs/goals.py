"""Measures what the library's attack reaches on other digits than a target's own, and stores it in goals.json.

`python -m book.labs.goals` writes the file again: a goal belongs to the weights, whose hash stands beside it.
"""

import json
import sys
from dataclasses import replace
from typing import Any

import robustlib.chapters  # noqa: F401 (they join the registry)
from book.labs.break_it import GOALS
from robustlib.experiments import registry
from robustlib.experiments.break_it import KIND, locked
from robustlib.experiments.checkpoints import checkpoint_path
from robustlib.files import sha256
from robustlib.labs import Target, judge
from robustlib.labs.judge import standing


def other_digits(target: Target) -> Target:
    """The target with as many of the digits that come after its own, and that it reads right and accepts."""
    n, first = len(target.rows), max(target.rows) + 1
    behind = range(first, min(first + 3 * n, len(target.data()[0])))
    return replace(target, rows=standing(replace(target, rows=tuple(behind), goal=None))[:n], goal=None)


def measured(network: str) -> dict[str, Any]:
    """The goal of a network on other digits, as the judge finds it with the seed of the labs."""
    planned, target = registry.measurement(f"{network}-{KIND}").evaluate, other_digits(locked(network))
    found = judge(planned.attack(target), target)
    if found.refused:
        raise ValueError(f"{planned.called} on {network}: {found.refused}")
    reached = {"attack": planned.called, "fooled": found.fooled, "n": found.n, "passes": found.passes}
    return reached | {"rows": list(target.rows), "weights": sha256(checkpoint_path(network, 0))}


def main() -> None:
    """Measure every target and store the goals."""
    networks = sorted(m.of for m in registry.measurements().values() if m.kind == KIND)
    goals = {}
    for network in networks:
        goals[network] = measured(network)
        shown = {k: v for k, v in goals[network].items() if k not in ("rows", "weights")}
        sys.stdout.write(f"{network}: {shown}\n")
    GOALS.write_text(json.dumps(goals, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
