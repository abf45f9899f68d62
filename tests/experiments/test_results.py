"""Result files: what goes in comes out, and what was edited, damaged or is of another kind or schema is refused."""

import json
import re
import subprocess

import pytest
import torch
from experiments.toy_runs import toy

from robustlib.evaluation import Outcome
from robustlib.experiments import load_result, renames, result_path
from robustlib.experiments.provenance import provenance
from robustlib.experiments.results import DamagedResult, find_result, write_result
from robustlib.experiments.rows import Row, accuracy_row, pack, read, written

CORRECT = torch.tensor([1, 1, 0, 1, 0, 1, 1, 1, 0, 1], dtype=torch.bool)
ROWS = [accuracy_row(Outcome(CORRECT, torch.zeros(10), torch.zeros(10), 1.26)), Row("seconds", 2.5)]
MEASURED = {"kind": "measurement", "of": "toy", "weights": "0" * 64, "n": 10, "code": "older code",
            "versions": {"python": "3.11.1"}, "device": "CPU", "hardware": {"fast": "torch.float32"},
            "rows": [written(row) for row in ROWS]}  # fmt: skip
TRAINED = {k: v for k, v in MEASURED.items() if k not in ("of", "weights", "n", "rows")} | {
    "kind": "training", "schedule": {"epochs": 2, "paper_epochs": 4}, "history": {}, "checkpoint": {"sha256": "1"}
}  # fmt: skip


@pytest.fixture
def stored(folders):
    path = write_result("toy-look", 3, MEASURED)
    assert path == result_path("toy-look", 3) == folders / "results" / "toy-look" / "seed3.json"
    return path


def rewrite(path, **changes):
    """As a hand would edit it, without a seal."""
    result = {key: value for key, value in json.loads(path.read_text()).items() if key != "seal"} | changes
    path.write_text(json.dumps({key: value for key, value in result.items() if value is not None}))


def test_rows_come_back_as_they_were_written(stored):
    found = load_result("toy-look", 3)
    assert [read(record) for record in found["rows"]] == ROWS
    assert (found["schema"], found["name"], found["seed"]) == (2, "toy-look", 3)
    assert [p.name for p in stored.parent.iterdir()] == ["seed3.json"]


def test_any_edit_of_a_sealed_result_is_noticed(stored):
    text = stored.read_text()
    for before, after in (('"value": 2.5', '"value": 2.6'), ('"n": 10', '"n": 11')):
        assert before in text
        stored.write_text(text.replace(before, after, 1))
        with pytest.raises(DamagedResult, match=r"seed3\.json: .*edited or damaged.*delete it"):
            load_result("toy-look", 3)
    stored.write_text(text)
    load_result("toy-look", 3)


@pytest.mark.parametrize(
    ("schema", "said"),
    [(3, "it is of schema 3, this library reads schema 2: update robustlib"), (None, "it is of schema 1.*run it again"),
     (1, "it is of schema 1, this library reads schema 2: run it again"), ("2", "it is of schema 2.*run it again")],
    ids=str,
)  # fmt: skip
def test_a_result_of_another_schema_is_refused_with_the_way_out(stored, schema, said):
    rewrite(stored, schema=schema)
    with pytest.raises(DamagedResult, match=said):
        load_result("toy-look", 3)


@pytest.mark.parametrize(
    "edit",
    [{"value": 0.71, "low": 0.1, "high": 1.0}, {"bits": pack(torch.ones(10).bool())}, {"n": 11}, {"bits": "a"}],
    ids=str,
)
def test_an_accuracy_that_does_not_follow_from_its_images_is_refused(stored, edit):
    rewrite(stored, rows=[MEASURED["rows"][0] | edit])
    with pytest.raises(DamagedResult, match=r"seed3\.json"):
        load_result("toy-look", 3)


def test_the_row_that_was_edited_is_named(stored):
    rewrite(stored, rows=[MEASURED["rows"][0] | {"n": 11, "attack": "PGD", "eps": 0.1}])
    with pytest.raises(DamagedResult, match=r"the accuracy PGD at 0\.1 is not that of its images; it was edited"):
        load_result("toy-look", 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "training"}, "no schedule in it, as a result of a training has"),
        ({"kind": "survey"}, "survey"),
        ({"kind": None}, "kind"),
        ({"name": "toy"}, "it is the result of toy, seed 3"),
        ({"seed": 4}, "it is the result of toy-look, seed 4"),
        ({"rows": [{"metric": "accuracy"}]}, "value"),
        ({"rows": [{"metric": "accuracy", "value": 0.5, "acuracy": 1}]}, "a row has no column 'acuracy'"),
        ({"rows": [{"metric": "accuracy", "value": 1.5}]}, "is a share"),
        ({"rows": 7}, "rows|iterable"),
        *(({key: None}, key) for key in ("rows", "weights", "of", "n", "code", "versions", "device")),
    ],
    ids=str,
)
def test_a_result_of_the_wrong_kind_or_without_its_parts_is_named(stored, change, said):
    rewrite(stored, **change)
    with pytest.raises(DamagedResult, match=rf"seed3\.json: .*{said}"):
        load_result("toy-look", 3)


def test_a_training_without_its_parts_is_named(folders):
    path = write_result("toy", 0, TRAINED)
    assert load_result("toy")["schedule"] == {"epochs": 2, "paper_epochs": 4}
    rewrite(path, schedule={"epochs": "ten"})
    with pytest.raises(DamagedResult, match="its epochs are 'ten'"):
        load_result("toy")


@pytest.mark.parametrize("text", ["", '{"rows": [', "results\n", '{"a": 1}', "[]", "7", "\x00" * 30])
def test_a_damaged_file_is_an_error_that_names_it(stored, text):
    stored.write_text(text)
    with pytest.raises(DamagedResult, match=r"seed3\.json"):
        load_result("toy-look", 3)


def test_a_missing_result_names_the_command(folders):
    with pytest.raises(FileNotFoundError, match=re.escape("`python -m robustlib run rr-lenet-ours --seed 2`")):
        load_result("rr-lenet-ours", 2)
    assert find_result("rr-lenet-ours", 2) is None


OLDER = {  # before the hardware was recorded, the recipe named what it came to
    "recipe": {"precision": "torch.bfloat16", "objective": {"attack": {"class": "PGD", "precision": "torch.bfloat16"}}},
    "attacks": {"PGD": {"class": "PGD", "precision": "torch.bfloat16"}, "FGSM": {"class": "FGSM", "precision": None}},
}


def test_an_older_result_is_of_the_recipe_that_asks_for_fast(stored):
    rewrite(stored, hardware=None, **OLDER)
    before, found = stored.read_text(), load_result("toy-look", 3)
    assert found["recipe"] == {"precision": "fast", "objective": {"attack": {"class": "PGD", "precision": "fast"}}}
    assert found["attacks"]["PGD"]["precision"] == "fast" and found["attacks"]["FGSM"]["precision"] is None
    assert found["hardware"] == {"fast": "torch.bfloat16"} and stored.read_text() == before


def test_a_result_that_says_its_hardware_is_read_as_it_stands(stored):
    rewrite(stored, **OLDER)
    found = load_result("toy-look", 3)
    assert found["recipe"] == OLDER["recipe"] and found["hardware"] == {"fast": "torch.float32"}


def test_a_class_of_a_former_name_is_read_under_its_name_of_today(stored, monkeypatch):
    monkeypatch.setitem(renames.CLASSES, "Searched", "CarliniWagnerSurvey")
    rewrite(stored, evaluation={"class": "Searched", "of": [{"class": "PGD"}, {"class": "Searched"}]})
    expected = {"class": "CarliniWagnerSurvey", "of": [{"class": "PGD"}, {"class": "CarliniWagnerSurvey"}]}
    assert load_result("toy-look", 3)["evaluation"] == expected


def test_a_tree_is_dirty_where_its_code_was_edited_and_not_where_a_run_wrote(tmp_path, monkeypatch):
    def git(*words):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    code, result = tmp_path / "robustlib/experiments/provenance.py", tmp_path / "data/results/a/seed0.json"
    for file in (code, result):
        file.parent.mkdir(parents=True)
        file.write_text("old")
    git("init", "-q")
    git("add", "-A")
    git("-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "-qm", "both")
    monkeypatch.setattr("robustlib.experiments.provenance.__file__", str(code))
    asked = torch.device("cpu")
    assert provenance(asked)["dirty"] is False
    result.write_text("new")
    assert provenance(asked)["dirty"] is False
    code.write_text("new")
    assert provenance(asked)["dirty"] is True


def test_provenance_says_which_code_and_machine():
    found = provenance(torch.device("cpu"))
    assert found.keys() == {"commit", "dirty", "versions", "device", "threads", "hardware"}
    assert found["versions"].keys() == {"robustlib", "torch", "python"}
    assert found["versions"]["torch"] == torch.__version__ and found["device"] == "CPU"
    assert found["threads"] == torch.get_num_threads()
    assert found["commit"] is None or re.fullmatch("[0-9a-f]{40}", found["commit"])
    assert found["hardware"]["fast"] in ("torch.bfloat16", "torch.float32")
    json.dumps(found)


def test_without_git_the_commit_is_unknown(monkeypatch):
    def absent(*words, **options):
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", absent)
    assert provenance(torch.device("cpu"))["commit"] is None


def test_the_recipe_tells_every_value_that_decides_the_weights():
    recipe = toy().recipe(3)
    assert recipe.keys() == {"dataset", "model", "sampler", "objective", "optimizer", "schedule", "precision", "start"}
    assert toy(start=toy("other")).recipe(3)["start"] == "other" and recipe["start"] is None
