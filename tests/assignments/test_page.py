"""INSTRUCTORS.md says what chapters, stored costs and answers say; stored goals belong to their weights."""

import json

import pytest

import robustlib.chapters  # noqa: F401 (they join the registry)
from book.labs import costs, make, page
from book.labs.break_it import GOALS
from robustlib.experiments import registry
from robustlib.experiments.break_it import KIND, locked
from robustlib.experiments.results import checkpoint_path
from robustlib.files import sha256

TEXT = page.PAGE.read_text(encoding="utf-8")


def test_the_parts_are_those_of_today() -> None:
    assert page.written(TEXT) == TEXT, "run `python -m book.labs.page`"


def test_every_lab_has_its_costs() -> None:
    labs = {lab.name: lab for path in make.notebooks() for lab in make.labs_of(path)}
    kept = costs.load()
    assert set(kept) == set(labs), "run `make labs STORE=1`"
    for name, lab in labs.items():
        assert (kept[name]["exercises"], kept[name]["points"]) == (len(lab.exercises), lab.points), name
        assert f"`{name}`" in TEXT and 0 < kept[name]["cpu_seconds"] < make.SECONDS / 2


def test_each_chapter_and_exercise_is_told() -> None:
    for chapter in page.chapters():
        assert page.head(chapter, "What you will learn") and page.head(chapter, "How long").startswith("Reading: ")
        for lab in make.labs_of(chapter)[:1]:
            assert all(f"- `{e.name}`. Refused at once: " in TEXT for e in lab.exercises)


def test_a_page_without_the_place_of_a_part() -> None:
    with pytest.raises(ValueError, match="no place for the costs"):
        page.written(TEXT.replace("<!-- costs:", "<!-- prices:"))


def test_a_goal_on_other_digits_belongs_to_the_weights_and_to_no_digit_of_the_target() -> None:
    goals = json.loads(GOALS.read_text())
    assert set(goals) == {m.of for m in registry.measurements().values() if m.kind == KIND}
    for name, goal in goals.items():
        target = locked(name)
        assert goal["weights"] == sha256(checkpoint_path(name, 0)), f"run `python -m book.labs.goals` for {name}"
        assert not set(goal["rows"]) & set(target.rows) and len(goal["rows"]) == goal["n"] == len(target.rows)
        assert goal["attack"] == target.goal.attack and 0 < goal["fooled"] <= goal["n"]
