"""`missing`: what is to be run, why, and in which order."""

import json

import pytest
from experiments.toy_runs import look, toy

from robustlib.datasets import Batches
from robustlib.experiments import plan, result_path, run
from robustlib.experiments.plan import OLDER, Task, in_order, missing

FIRST = toy("first", priority=3.0, epochs=1, seeds=(0, 1))
LATE = toy("late", priority=1.0, epochs=1, start=FIRST)


def edit(name, **changes):
    path = result_path(name, 0)
    path.write_text(json.dumps(json.loads(path.read_text()) | changes | {"seal": None}))


def test_the_largest_priority_comes_first_and_before_it_what_it_builds_on(joined):
    base, extra = toy("base", priority=0.1), toy("extra", priority=0.2)
    tuned = toy("tuned", priority=2.0, start=base)
    joined(toy("plain", priority=1.0), extra, tuned, base,
           measurements=[look("tuned", priority=9.0, needs=("extra",)), look("plain", priority=0.5)])  # fmt: skip
    names = ["base", "tuned", "extra", "tuned-look", "plain", "plain-look"]
    assert [what.name for what in in_order()] == names == [task.name for task in missing()]


def test_missing_shrinks_as_runs_are_done(joined):
    joined(LATE, FIRST, toy("cheap", priority=2.0, epochs=4, affordable=1))
    left = [Task("first", 0, "no result"), Task("first", 1, "no result"), Task("cheap", 0, "no result"),
            Task("late", 0, "no result")]  # fmt: skip
    assert missing() == left
    run("first", 1, progress=False)
    run("cheap", progress=False)
    assert missing() == [left[0], Task("cheap", 0, "1 of 4 epochs"), left[3]]
    run("cheap", epochs=4, progress=False)
    assert missing() == [left[0], left[3]]


@pytest.mark.parametrize("name", ["toy", "toy-look"])
def test_code_that_has_changed_counts_unless_nobody_knows(joined, name):
    joined(toy(epochs=1), measurements=[look()])
    run("toy-look", progress=False)
    assert missing() == []
    edit(name, code="f" * 64)
    assert missing() == [Task(name, 0, "of code that has changed since")]
    edit(name, code=OLDER)
    assert missing() == []
    edit(name, code="f" * 64, versions={"python": "2.7.18"})
    assert missing() == [Task(name, 0, "of code that has changed since")], "whichever Python it was"


def test_several_reasons_are_all_told(joined):
    joined(toy(epochs=1), measurements=[look()])
    run("toy-look", n=5, progress=False)
    run("toy", epochs=2, progress=False)
    (task,) = missing()
    assert task.why == "5 of 20 images; measured on other weights of toy than are there"


def test_a_damaged_file_is_told_and_marked(joined):
    joined(toy(epochs=1))
    run("toy", progress=False)
    result_path("toy", 0).write_text("{")
    (task,) = missing()
    assert task.damaged and "seed0.json: not a readable result file" in task.why


@pytest.mark.bad_input
def test_a_measurement_of_nothing_is_an_error(joined):
    joined(measurements=[look("nobody")])
    with pytest.raises(LookupError, match="no network 'nobody'"):
        plan.missing()


def test_a_result_of_another_recipe_is_missing(joined):
    joined(toy("first", epochs=1))
    run("first", progress=False)
    assert missing() == []
    joined(toy("first", epochs=1, sampler=Batches(20)))
    assert [task.why for task in missing()] == ["of another recipe"]
