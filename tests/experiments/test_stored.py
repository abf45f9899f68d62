"""Stored rows: of these networks and kinds, with what their files say once, and read again where a file has changed."""

import shutil
import sys

import pytest
from experiments.test_results import MEASURED, ROWS, TRAINED
from experiments.toy_runs import look, toy

from robustlib.experiments import result_path, stored_rows, training
from robustlib.experiments.printed import Reported
from robustlib.experiments.results import DamagedResult, write_result
from robustlib.experiments.rows import Row, renamed, written
from robustlib.experiments.tables import NOT_RUN, schedule

MODULE = sys.modules["robustlib.experiments.stored"]
NUMBER = Reported("p", "t", 1, {"metric": "accuracy", "dataset": "mnist"}, 0.75)
SAID = {"network": "toy", "measurement": "look", "dataset": "mnist", "model": "tiny", "training": "CE"}


def write(name, seed=0, *rows):
    write_result(name, seed, MEASURED | {"of": name.split("-")[0], "rows": [written(row) for row in rows or ROWS]})


@pytest.fixture(autouse=True)
def planned(joined, monkeypatch):
    joined(toy(), toy("other"), measurements=[look(), look(kind="map", seeds=(0, 1)), look("other")])
    monkeypatch.setattr(MODULE, "papers", lambda: ["p"])
    monkeypatch.setattr(MODULE, "for_files", lambda paper: [({"dataset": "mnist"}, [NUMBER])])


def test_a_row_says_what_its_file_says_once_and_what_the_paper_printed():
    write("toy-look")
    write_result("toy", 0, TRAINED)
    said = SAID | {"seed": 0, "epochs": 2, "paper_epochs": 4, "device": "CPU"}
    first, second = renamed(ROWS, **said)
    assert stored_rows() == [*renamed([first], reported=0.75), second]


def test_without_a_record_of_the_training_the_schedule_is_unknown():
    write("toy-look")
    assert (stored_rows()[0].epochs, stored_rows()[0].device, stored_rows()[0].seed) == (None, "", 0)


def test_rows_of_these_networks_kinds_and_seeds():
    for name, seed in (("toy-look", 0), ("toy-map", 0), ("toy-map", 1), ("other-look", 0)):
        write(name, seed, Row("seconds", 1.0))

    def found(*given, **columns):
        return [(row.network, row.measurement, row.seed) for row in stored_rows(*given, **columns)]

    look_, map0, map1, other = ("toy", "look", 0), ("toy", "map", 0), ("toy", "map", 1), ("other", "look", 0)
    assert found() == [look_, map0, map1, other] and found("toy") == [look_, map0, map1]
    assert found("toy", "map") == [map0, map1] and found(kind="look") == [look_, other]
    assert found(["toy", "other"], ("look",)) == [look_, other] and found("toy", "map", 1) == [map1]
    assert found("to") == found("toy", seed=7) == []


def test_a_file_that_has_changed_is_read_again_and_no_other(monkeypatch):
    calls, load = [], MODULE.load_result
    monkeypatch.setattr(MODULE, "load_result", lambda name, seed: calls.append(name) or load(name, seed))
    write("toy-look", 0, Row("seconds", 1.0))
    write("other-look", 0, Row("seconds", 5.0))
    assert [row.value for row in stored_rows()] == [1.0, 5.0] == [row.value for row in stored_rows()]
    assert calls == ["toy-look", "other-look"]
    write("toy-look", 0, Row("seconds", 2.0))  # of the same size, within the same tick of the clock
    assert [row.value for row in stored_rows()] == [2.0, 5.0] and calls[2:] == ["toy-look"]
    write_result("toy", 0, TRAINED)
    assert [row.epochs for row in stored_rows()] == [2, None] and calls[3:] == ["toy-look"]
    result_path("toy-look", 0).unlink()
    assert [row.value for row in stored_rows()] == [5.0]


def test_another_folder_holds_other_rows(folders, monkeypatch):
    write("toy-look", 0, Row("seconds", 1.0))
    shutil.copytree(folders / "results", folders / "copy")
    assert stored_rows()[0].value == 1.0
    write("toy-look", 0, Row("seconds", 2.0))
    assert stored_rows()[0].value == 2.0
    monkeypatch.setenv("ROBUSTLIB_RESULTS", str(folders / "copy"))
    assert stored_rows()[0].value == 1.0


def test_a_network_that_is_called_otherwise_now_is_not_taken_from_the_cache(joined):
    write("toy-look")
    stored_rows()
    joined(toy(training="RCE"), measurements=[look()])
    assert {row.training for row in stored_rows()} == {"RCE"}


def test_a_damaged_file_is_named():
    result_path("toy-look", 0).parent.mkdir(parents=True)
    result_path("toy-look", 0).write_text("{")
    with pytest.raises(DamagedResult, match=r"toy-look.seed0\.json"):
        stored_rows()


def test_how_long_a_network_was_trained():
    assert training("toy") is None and schedule("toy") == NOT_RUN == "not run"
    write_result("toy", 0, TRAINED)
    assert schedule("toy") == "2 of 4 epochs, CPU" and training("toy")["schedule"]["epochs"] == 2
