"""The command line, with toy experiments in the registry."""

import re
import shutil
import subprocess
import sys

import pytest
from experiments.toy_runs import look, toy

from robustlib import __main__ as command_line
from robustlib.evaluation import Cell, Table
from robustlib.experiments import __main__ as former
from robustlib.experiments import checkpoint_path, load_result, maybe, missing, result_path, run, stored_rows
from robustlib.experiments.results import runs_folder
from robustlib.experiments.tables import cell
from robustlib.objectives import RobustRepresentations

FIRST = toy("first", priority=9.0, epochs=1, seeds=(0, 1))


def table() -> Table:
    """What is left of a toy."""
    rows = stored_rows("first", "look", 0)
    return Table("A toy.", (cell(maybe(rows, attack="FGSM"), "first", "FGSM"), Cell("first", "none")))


@pytest.fixture
def toys(joined):
    late = toy("late", epochs=1, start=FIRST, objective=RobustRepresentations())
    cheap = toy("cheap", priority=5.0, epochs=4, affordable=1)
    joined(late, FIRST, cheap, measurements=[look("first", n=8, priority=0.5)], tables={"one": table})


def said(capsys, *words):
    status = command_line.main(list(words))
    return status, capsys.readouterr().out


def test_run_without_a_name_does_what_is_missing_in_order(toys, capsys):
    status, text = said(capsys, "run", "--device", "cpu")
    assert status == 0
    names = [("first", "0"), ("first", "1"), ("cheap", "0"), ("late", "0"), ("first-look", "0")]
    assert re.findall(r"^([\w-]+) seed (\d)", text, re.M) == names
    assert "cheap seed 0: 1 of 4 epochs, " in text and "first-look seed 0: 4 rows, " in text
    assert [(task.name, task.why) for task in missing()] == [("cheap", "1 of 4 epochs")]


def test_run_of_one_name_takes_all_its_seeds_or_the_one_asked_for(toys, capsys):
    said(capsys, "run", "first", "--seed", "1")
    assert not result_path("first", 0).exists() and load_result("first", 1)["schedule"]["epochs"] == 1
    status, _ = said(capsys, "run", "first", "--epochs", "2")
    assert status == 0 and [load_result("first", s)["schedule"]["epochs"] for s in (0, 1)] == [2, 2]
    assert said(capsys, "run", "first-look", "--images", "5")[0] == 0 and load_result("first-look")["n"] == 5
    again = checkpoint_path("first", 0).stat().st_mtime_ns
    assert said(capsys, "run", "first", "--seed", "0", "--again")[0] == 0
    assert checkpoint_path("first", 0).stat().st_mtime_ns != again


def test_a_spent_budget_says_so_and_the_next_call_goes_on(toys, capsys):
    spent = (3, "first seed 0: the time budget is spent; call again to go on\n")
    assert said(capsys, "run", "--time-budget", "0") == spent
    status, text = said(capsys, "run", "first", "--seed", "0", "--time-budget", "1e-3")
    assert status == 3 and text in (spent[1], "first seed 0: stopped by the time budget, saved; call again to go on\n")
    assert len(list(runs_folder().glob("first-seed0-1-*.pt"))) == ("saved" in text)
    assert said(capsys, "run", "first", "--seed", "0")[0] == 0


def test_list_says_what_is_there(toys, capsys):
    run("cheap", progress=False)
    status, text = said(capsys, "list")
    lines = {line.split()[0]: line for line in text.splitlines()}
    assert status == 0 and set(lines) == {"late", "first", "cheap", "first-look"}
    assert lines["cheap"].endswith("1 of 4 epochs, seeds 1 of 1")
    assert lines["first"].endswith("none of 1 epochs, seeds 0 of 2")
    assert lines["first-look"].endswith("0 rows, seeds 0 of 1")


def test_missing_prints_one_line_a_run(toys, capsys):
    status, text = said(capsys, "missing")
    assert status == 0 and [line.split() for line in text.splitlines()][0] == ["first", "seed", "0:", "no", "result"]
    assert len(text.splitlines()) == 5


def test_table_prints_what_is_there(toys, capsys):
    status, text = said(capsys, "table", "toys/one")
    assert status == 0 and text.splitlines()[0] == "A toy." and text.splitlines()[2].split() == [
        "first", "not", "run", "not", "run"
    ]  # fmt: skip
    run("first-look", progress=False)
    (row,) = [r for r in stored_rows("first") if r.attack == "FGSM"]
    assert f"{100 * row.value:.1f} [{100 * row.low:.1f}, {100 * row.high:.1f}]" in said(capsys, "table", "toys/one")[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [([], "required: verb"), (["run", "forst"], "no network or measurement 'forst'; did you mean first"),
     (["table", "toys/two"], "no table 'toys/two'; did you mean toys/one?"), (["list", "more"], "unrecognized")],
    ids=str,
)  # fmt: skip
def test_wrong_words_end_with_usage(toys, words, told, capsys):
    with pytest.raises(SystemExit) as stopped:
        command_line.main(words)
    text = capsys.readouterr().err
    assert stopped.value.code == 2 and "usage: python -m robustlib" in text and told in text


def test_a_start_whose_record_ships_without_a_checkpoint_can_still_be_made(toys, capsys):
    """Checkpoints of starts are not part of the repository, their records are: `run` must not stop there."""
    run("first", 0, progress=False)
    run("first", 1, progress=False)
    shutil.rmtree(checkpoint_path("first", 0).parent)
    assert said(capsys, "run", "--device", "cpu")[0] == 0
    assert result_path("late", 0).is_file()


def test_the_former_command_line_still_works_and_says_so(toys, capsys):
    assert former.main(["list"]) == 0
    told = capsys.readouterr()
    assert told.err == "python -m robustlib.experiments is now python -m robustlib; this way in will be removed\n"
    assert told.out == said(capsys, "list")[1] != ""


def test_a_reader_that_stops_after_a_line_stops_nothing():
    """As `python -m robustlib list | head -1`."""
    asked = [sys.executable, "-m", "robustlib", "list"]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() != ""
        process.stdout.close()
        assert process.stderr.read() == "" and process.wait() == 0
