"""Measurements: rows of the stored weights, resumed, and made anew when the weights, the images or the code change."""

from dataclasses import replace

import pytest
from experiments.toy_runs import Two, look, toy

from robustlib.experiments import Findings, Row, checkpoint_path, load_result, one, run, running, stored_rows
from robustlib.experiments.plan import missing
from robustlib.experiments.results import runs_folder
from robustlib.files import sha256, write_json, write_state


def quick(what, **options):
    return run(what, progress=False, **options)


def whys(name):
    return [task.why for task in missing() if task.name == name]


@pytest.fixture
def planned(joined):
    joined(toy(), measurements=[look()])
    quick("toy")
    return look()


def test_a_measurement_leaves_rows_of_these_weights(planned, folders):
    found = quick("toy-look")
    assert found == load_result("toy-look") and missing() == []
    assert found["weights"] == sha256(checkpoint_path("toy", 0)) == load_result("toy")["checkpoint"]["sha256"]
    assert (found["kind"], found["of"], found["n"], found["needs"]) == ("measurement", "toy", 20, {})
    assert found["attacks"]["FGSM"] == {"class": "FGSM", "eps": 0.1} and "commit" in found
    assert found["evaluation"] == {"class": "Two"} and len(found["code"]) == 64
    row = one(stored_rows("toy"), attack="FGSM")
    assert (row.network, row.measurement, row.n, row.model, row.training) == ("toy", "look", 20, "tiny", "CE")
    assert list(runs_folder().glob("toy-look*")) == [], "nothing unfinished is left"


def test_other_weights_are_measured_again(planned):
    first = quick(planned)
    quick("toy", epochs=3)
    assert whys("toy-look") == ["measured on other weights of toy than are there"]
    assert quick(planned)["weights"] != first["weights"] and missing() == []


def test_weights_that_are_gone_are_trained_again_and_measured(planned):
    quick(planned)
    checkpoint_path("toy", 0).unlink()
    assert whys("toy") == [] and whys("toy-look") == ["the weights of toy that it measured are gone"]
    quick(planned)
    assert checkpoint_path("toy", 0).is_file() and missing() == []


def test_weights_that_it_reads_besides_are_recorded_and_trained_first(joined):
    planned = look(needs=("other",))
    joined(toy(), toy("other", epochs=1), measurements=[planned])
    found = quick(planned)
    assert found["needs"] == {"other": sha256(checkpoint_path("other", 0))}
    quick("other", epochs=2)
    assert whys(planned.name) == ["measured on other weights of other than are there"]


def test_fewer_images_do_not_do(planned):
    assert quick(planned, n=5)["n"] == 5
    assert whys("toy-look") == ["5 of 20 images"]
    assert quick(planned, n=4)["n"] == 5 and quick(planned)["n"] == 20 and missing() == []


class Other(Two):
    """The same, of other code."""

    def __call__(self, on):
        return Findings([Row("seconds", 1.0)])


def test_other_code_is_measured_again(planned, joined):
    quick(planned)
    joined(toy(), measurements=[replace(planned, evaluate=Other())])
    assert whys("toy-look") == ["measured otherwise than is planned; of code that has changed since"]
    assert [row["metric"] for row in quick("toy-look")["rows"]] == ["seconds"] and missing() == []


def test_interrupted_it_goes_on_and_again_measures_anew(planned, monkeypatch):
    def crash(*args):
        raise KeyboardInterrupt

    for _ in "ab":
        with monkeypatch.context() as patch:
            patch.setattr(running, "write_result", crash)
            with pytest.raises(KeyboardInterrupt):
                quick(planned)
    assert quick(planned)["rows"][3]["series"] == {"left": ["two.pt"]}
    assert quick(planned, again=True)["rows"][3]["series"] == {"left": []}


def test_unfinished_images_without_their_note_stop_it(planned, monkeypatch):
    def crash(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(running, "write_result", crash)
        with pytest.raises(KeyboardInterrupt):
            quick(planned)
    (left,) = runs_folder().glob("toy-look*")
    write_state(left / "FGSM" / "0.pt", {"x": 1})
    with pytest.raises(ValueError, match=r"FGSM: holds batches without the note call\.json"):
        quick(planned)
    write_json(left / "FGSM" / "call.json", {})
    assert quick(planned) is not None


def test_a_spent_budget_begins_no_measurement(planned):
    assert quick(planned, time_budget=0.0) is None and quick(planned, time_budget=60.0) is not None


@pytest.mark.bad_input
def test_a_measurement_of_a_network_that_no_chapter_has(joined):
    stray = look("never trained")
    joined(toy(), measurements=[stray])
    with pytest.raises(LookupError, match="no network 'never trained'"):
        quick(stray)
