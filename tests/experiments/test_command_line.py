"""The command line and `missing`, in an empty and a full folder, with toy experiments in the registry."""

import re
import shutil

import pytest
from experiments.toy_runs import digits, toy

from robustlib import experiments
from robustlib.experiments import EXPERIMENTS, SURVEYS, TABLES, load_result, missing, result_path, run, runner
from robustlib.experiments import __main__ as command_line
from robustlib.experiments.results import runs_folder
from robustlib.objectives import RobustRepresentations

FIRST = toy("first", worth=9.0, epochs=1, seeds=(0, 1))
TOYS = (
    toy("late", worth=1.0, epochs=1, start=FIRST, objective=RobustRepresentations()),
    FIRST,
    toy("cheap", worth=5.0, epochs=4, affordable=1),
)


@pytest.fixture
def empty(tmp_path, monkeypatch):
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    dataset = digits()
    monkeypatch.setattr(runner, "load", lambda name, device: dataset.to(device))
    return tmp_path


@pytest.fixture
def toys(empty, monkeypatch):
    registry = {e.name: e for e in TOYS}
    monkeypatch.setattr(experiments, "EXPERIMENTS", registry)
    monkeypatch.setattr(command_line, "EXPERIMENTS", registry)
    for place in (experiments, command_line):
        monkeypatch.setattr(place, "SURVEYS", {})
    return registry


def said(capsys, *words):
    status = command_line.main(list(words))
    return status, capsys.readouterr().out


def test_in_an_empty_folder_everything_is_missing_by_worth(empty):
    found = missing()
    assert sorted((name, seed) for name, seed, _ in found) == sorted(
        [(n, s) for n, e in EXPERIMENTS.items() for s in e.seeds] + [(s.name, s.seed) for s in SURVEYS.values()]
    )
    worths = [(EXPERIMENTS | SURVEYS)[name].worth for name, _, _ in found]
    assert worths == sorted(worths, reverse=True) and all(why.startswith("no result") for _, _, why in found)
    before = [name for name, _, _ in found]
    assert all(e.start is None or before.index(e.start.name) < before.index(e.name) for e in EXPERIMENTS.values())


def test_missing_shrinks_as_runs_are_done(toys):
    none = "no result"
    assert missing() == [("first", 0, none), ("first", 1, none), ("cheap", 0, none), ("late", 0, none)]
    run(toys["first"], 1, progress=False)
    run(toys["cheap"], progress=False)
    assert missing() == [("first", 0, none), ("cheap", 0, "1 of 4 epochs"), ("late", 0, none)]
    run(toys["cheap"], epochs=4, progress=False)
    assert missing() == [("first", 0, none), ("late", 0, none)]


def test_run_without_a_name_does_what_is_missing_in_order(toys, capsys):
    status, text = said(capsys, "run", "--device", "cpu")
    assert status == 0
    assert re.findall(r"^(\w+) seed (\d)", text, re.M) == [
        ("first", "0"),
        ("first", "1"),
        ("cheap", "0"),
        ("late", "0"),
    ]
    assert "1 of 4 epochs, clean" in text and missing() == [("cheap", 0, "1 of 4 epochs")]
    clean = load_result("first")["outcomes"]["clean"]
    assert f"first seed 0: 1 of 1 epochs, clean {100 * clean['accuracy']:.2f} % of 8" in text


def test_run_of_one_name_takes_all_its_seeds_or_the_one_asked_for(toys, capsys):
    said(capsys, "run", "first", "--seed", "1", "--images", "5")
    assert not result_path("first", 0).exists() and load_result("first", 1)["outcomes"]["clean"]["n"] == 5
    status, _ = said(capsys, "run", "first", "--epochs", "2")
    assert status == 0 and [load_result("first", s)["schedule"]["epochs"] for s in (0, 1)] == [2, 2]


def test_a_spent_budget_says_so_and_the_next_call_goes_on(toys, capsys):
    assert said(capsys, "run", "--time-budget", "0") == (
        3,
        "first seed 0: the time budget is spent; call again to go on\n",
    )
    status, text = said(capsys, "run", "first", "--seed", "0", "--time-budget", "1e-3")
    assert (status, text) == (3, "first seed 0: stopped by the time budget, saved; call again to go on\n")
    assert len(list(runs_folder().glob("first-seed0-1-*.pt"))) == 1
    assert said(capsys, "run", "first", "--seed", "0")[0] == 0


def test_list_says_what_is_there(toys, capsys):
    run(toys["cheap"], progress=False)
    status, text = said(capsys, "list")
    lines = {line.split()[0]: line for line in text.splitlines()}
    assert status == 0 and set(lines) == set(toys)
    assert lines["cheap"].endswith("1 of 4 epochs, seeds 1 of 1")
    assert lines["first"].endswith("none of 1 epochs, seeds 0 of 2")


def test_missing_prints_one_line_a_run(toys, capsys):
    status, text = said(capsys, "missing")
    assert status == 0 and [line.split() for line in text.splitlines()][0] == ["first", "seed", "0:", "no", "result"]
    assert len(text.splitlines()) == 4


def test_table_prints_the_paper_beside_what_is_there(empty, capsys):
    status, text = said(capsys, "table", "robust_representations/architecture")
    assert status == 0
    assert re.search(r"block 3 +Conv\(64, 5x5, ReLu\) x2 +Conv\(64, 5x5, ReLU\), Conv\(64, 5x5, ReLU\)$", text, re.M)
    assert re.search(r"block 4 +Dense\(512, ReLu\) +Dense\(512, ReLU\)$", text, re.M)
    assert re.search(r"block 5 +Dense\(64\) +Dense\(64\)$", text, re.M)
    assert re.search(r"block 6 \(softmax layer\) +Dense\(10\) +Dense\(10\)$", text, re.M)
    assert said(capsys, "table", "robust_representations/table1")[0] == 0


def test_every_table_has_a_name_that_the_command_takes():
    assert all(re.fullmatch(r"[a-z0-9_]+/[a-z0-9_]+", name) for name in TABLES)


@pytest.mark.parametrize("words", [[], ["run", "nobody"], ["table", "no/such"], ["list", "more"]])
def test_wrong_words_end_with_usage(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        command_line.main(words)
    assert stopped.value.code == 2 and "usage: python -m robustlib.experiments" in capsys.readouterr().err


def test_a_start_whose_result_ships_without_a_checkpoint_can_still_be_made(toys, capsys):
    """Checkpoints of starts are not part of the repository, their results are: `run` must not stop there."""
    run(toys["first"], 0, progress=False)
    run(toys["first"], 1, progress=False)
    shutil.rmtree(experiments.checkpoint_path("first", 0).parent)
    assert said(capsys, "run")[0] == 0
    assert result_path("late", 0).is_file()
