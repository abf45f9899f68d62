"""The locked targets of the chapters, on their real weights: solution, stub and clean images before the judge."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.evaluation.card.check import slack
from robustlib.experiments import load_result, registry
from robustlib.experiments.break_it import KIND, BreakIt, locked
from robustlib.experiments.results import DamagedResult

NETWORKS = sorted(m.of for m in registry.measurements().values() if m.kind == KIND)
PAGES = Path(__file__).resolve().parents[2] / "book" / "papers"
target = cache(locked)


def sections():
    """Of each notebook that has them, its cells by their tag."""
    found = {}
    for path in sorted(PAGES.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        by = {
            t: "".join(c["source"]) for c in cells for t in c["metadata"].get("tags", []) if t.startswith("break-it-")
        }
        if by:
            found[path.stem] = by
    return found


PASTED = sections()


def test_every_papers_chapter_has_a_target():
    assert len(NETWORKS) == len(list(PAGES.glob("*.ipynb"))) == 6
    assert all(isinstance(registry.measurement(f"{name}-{KIND}").evaluate, BreakIt) for name in NETWORKS)
    assert {"at2l", "input_defences", "madnet"} <= set(PASTED)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_target_is_locked_with_its_goal(name):
    stored = load_result(f"{name}-{KIND}")
    found = target(name)
    (rows,) = [row["series"]["rows"] for row in stored["rows"] if row["metric"] == "fooled"]
    assert found.rows == tuple(rows) and len(rows) == stored["n"] == found.goal.n
    assert 1 < found.goal.passes < found.limit and found.goal.fooled >= 5
    assert (found.detector is None) == (not name.startswith("rce"))


@pytest.mark.slow
@pytest.mark.parametrize("chapter", PASTED)
def test_a_page_has_a_stub_that_fails_and_a_solution_that_reaches_the_goal(chapter):
    """On another CPU the library's attack and the solution may each differ by the slack of the report card."""
    cells, names = PASTED[chapter], {"device": "cpu"}
    assert set(cells) == {"break-it-target", "break-it-stub", "break-it-solution"}
    exec(cells["break-it-target"], names)
    found = names["target"]
    exec(cells["break-it-stub"], names)
    stub = names["judge"](names["attack"], found)
    assert stub.fooled == 0 and not stub.reached and stub.passes == 0 and not stub.refused
    assert {v.fate for v in stub.verdicts} == {"still read right"}
    exec(cells["break-it-solution"], names)
    solved = names["judge"](names["attack"], found)
    assert not solved.refused and solved.fooled >= found.goal.fooled - slack(solved.n)


def test_the_detector_refuses_what_fools_the_network_alone():
    """The guard is asked through the network at hand, and a noise of full size is read right or refused."""
    (name,) = [n for n in NETWORKS if n.startswith("rce")]
    found = target(name)
    network, x = found.network(), found.images()[0]
    score = found.detector(network).score(x)
    assert (score >= found.threshold).all() and (found.detector(network).score(1 - x) < found.threshold).any()


def test_a_goal_of_other_weights_is_refused(monkeypatch):
    (name,) = [n for n in NETWORKS if n.startswith("at2l")]
    stored = deepcopy(load_result(f"{name}-{KIND}")) | {"weights": "0" * 64}
    monkeypatch.setattr("robustlib.experiments.break_it.load_result", lambda *of: stored)
    with pytest.raises(DamagedResult, match="measured on other weights"):
        locked(name)


def test_a_network_without_a_target():
    with pytest.raises(LookupError, match="no measurement 'rr-lenet-softmax-break-it'"):
        locked("rr-lenet-softmax")
