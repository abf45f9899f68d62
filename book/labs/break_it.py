"""A target to break as an assignment: ten steps of the judge's score, five on its own digits and five on others."""

import json
import re
from pathlib import Path
from typing import Any

from book.labs.exercise import Exercise, Test

STEPS = (20, 40, 60, 80, 95)  # a point each; 95 and not 100, because another CPU may fool one digit less
GOALS = Path(__file__).with_name("goals.json")  # written by book/labs/goals.py
TAGS = {"break-it-target": "target", "break-it-stub": "stub", "break-it-solution": "solution"}

RULE = """\
**How it is scored.** The judge's score is 100 for the goal with no more passes than the library's attack takes. It
falls with the share of the goal that is missed, and with the passes: with double the passes it is 50. A score of
{steps} earns a point each. The same steps are asked of your attack on other digits, against what the
library's attack reaches on them: {points} points in all. An attack that breaks a rule of the judge earns nothing. You
have {n} digits here; images that were made beforehand, or an attack for these digits alone, will not fool others."""

OWN = """\
def test_{step}(attack):
    from robustlib.experiments.break_it import locked
    from robustlib.labs import judge

    target, kept = locked("{network}"), globals()
    if "judged" not in kept:  # once for all steps
        kept["judged"] = judge(attack, target)
    found = kept["judged"]
    assert found.score >= {step}, f"the score is {{found.score:.0f}}, {step} are asked. {{found.headline}}"
"""

OTHER = """\
def test_{step}_on_other_digits(attack):
    from dataclasses import replace

    from robustlib.experiments.break_it import locked
    from robustlib.labs import Goal, judge

    kept = globals()
    if "judged_on_others" not in kept:  # once for all steps
        goal = Goal({fooled}, {n}, {passes}, {attack!r})
        target = replace(locked("{network}"), rows={rows}, goal=goal)
        kept["judged_on_others"] = judge(attack, target)
    found = kept["judged_on_others"]
    assert found.score >= {step}, f"on other digits the score is {{found.score:.0f}}, {step} are asked"
"""

SOLUTION = """\
from robustlib.experiments import registry

attack = registry.measurement("{network}-break-it").evaluate.attack(target)  # what sets the goal"""


def cells(notebook: Any) -> dict[str, Any]:
    """The cells of the target, the stub and the solution; {} for a chapter without a target."""
    return {TAGS[tag]: c for c in notebook.cells for tag in c.metadata.get("tags", []) if tag in TAGS}


def network(target: str) -> str:
    """The network that a target's cell locks. Raises: ValueError where it locks none."""
    found = re.search(r'locked\(\s*"([\w.-]+)"', target)
    if not found:
        raise ValueError(f"the cell of the target locks no network: {target!r}")
    return found[1]


def exercise(notebook: Any) -> Exercise:
    """The exercise of a chapter's target. Its solution is the library's attack, which the goal is measured by."""
    found, at = cells(notebook), notebook.cells.index
    name = network(found["target"].source)
    goal = json.loads(GOALS.read_text(encoding="utf-8")).get(name)
    if goal is None:
        raise ValueError(f"{GOALS.name} has no goal on other digits for {name}; run `python -m book.labs.goals`")
    before, between = at(found["target"]) - 1, at(found["stub"]) - 1
    texts = [notebook.cells[i].source for i in (before, between) if notebook.cells[i].cell_type == "markdown"]
    others = {key: goal[key] for key in ("fooled", "n", "passes", "attack")} | {"rows": tuple(goal["rows"])}
    tests = [Test(OWN.format(step=s, network=name), False, found["stub"].id) for s in STEPS]
    tests += [Test(OTHER.format(step=s, network=name, **others), True, found["stub"].id) for s in STEPS]
    steps = ", ".join(map(str, STEPS[:-1])) + f" and {STEPS[-1]}"
    rule = RULE.format(steps=steps, points=2 * len(STEPS), n=goal["n"])
    solution = SOLUTION.format(network=name)
    texts, stub = (*texts, rule), found["stub"]
    return Exercise("break_it", 2 * len(STEPS), texts, stub.source, solution, tuple(tests), stub.id, apart=True)
