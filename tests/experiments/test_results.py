"""Result files: what goes in comes out, and what was edited or damaged is refused."""

import json
import re
import subprocess

import pytest
import torch
from experiments.toy_runs import toy
from hypothesis import given
from hypothesis import strategies as st

from robustlib.evaluation import Outcome, wilson
from robustlib.experiments import load_result, result_path
from robustlib.experiments.provenance import provenance
from robustlib.experiments.results import DamagedResult, pack, record, unpack, write_result


@pytest.fixture(autouse=True)
def empty_folders(tmp_path, monkeypatch):
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))


@given(st.lists(st.booleans(), max_size=70))
def test_bits_survive_packing(bits):
    packed = pack(torch.tensor(bits, dtype=torch.bool))
    assert unpack(packed, len(bits)).tolist() == bits
    assert len(packed) <= 4 * (len(bits) // 8 + 3) / 3 + 3


def outcome() -> Outcome:
    correct = torch.tensor([1, 1, 0, 1, 0, 1, 1, 1, 0, 1], dtype=torch.bool)
    return Outcome(correct, torch.linspace(0, 0.3, 10), torch.linspace(0, 4.5, 10), 1.26)


@pytest.fixture
def stored():
    path = write_result("toy", 3, {"outcomes": {"clean": record(outcome())}, "schedule": {"epochs": 2}})
    assert path == result_path("toy", 3) and path.name == "seed3.json" and path.parent.name == "toy"
    return path


def test_an_outcome_comes_back_example_by_example(stored):
    found = load_result("toy", 3)["outcomes"]["clean"]
    assert unpack(found["correct"], found["n"]).tolist() == outcome().correct.tolist()
    assert (found["n"], found["accuracy"], found["largest_linf"]) == (10, 0.7, 0.3)
    assert (found["mean_l2"], found["seconds"]) == (2.25, 1.3)
    assert (found["low"], found["high"]) == wilson(7, 10)
    assert [p.name for p in stored.parent.iterdir()] == ["seed3.json"]


def unsealed(path):
    """The result as it was written before results had a seal."""
    return {key: value for key, value in json.loads(path.read_text()).items() if key != "seal"}


def test_any_edit_of_a_sealed_result_is_noticed(stored):
    text = stored.read_text()
    for before, after in (('"mean_l2": 2.25', '"mean_l2": 2.35'), ('"epochs": 2', '"epochs": 3')):
        assert before in text
        stored.write_text(text.replace(before, after))
        with pytest.raises(DamagedResult, match=r"seed3\.json: .*edited or damaged.*delete it"):
            load_result("toy", 3)
    stored.write_text(text)
    assert load_result("toy", 3)["schedule"] == {"epochs": 2}


OLDER = {  # before the hardware was recorded, the recipe named what it came to
    "recipe": {"precision": "torch.bfloat16", "objective": {"attack": {"class": "PGD", "precision": "torch.bfloat16"}}},
    "attacks": {"PGD": {"class": "PGD", "precision": "torch.bfloat16"}, "FGSM": {"class": "FGSM", "precision": None}},
}


def test_an_older_result_is_of_the_recipe_that_asks_for_fast(stored):
    result = unsealed(stored)
    stored.write_text(json.dumps(result | OLDER))
    found = load_result("toy", 3)
    assert found["recipe"] == {"precision": "fast", "objective": {"attack": {"class": "PGD", "precision": "fast"}}}
    assert found["attacks"]["PGD"]["precision"] == "fast" and found["attacks"]["FGSM"]["precision"] is None
    assert found["hardware"] == {"fast": "torch.bfloat16"}
    assert json.loads(stored.read_text()) == result | OLDER


def test_a_result_that_says_its_hardware_is_read_as_it_stands(stored):
    result = unsealed(stored) | OLDER | {"hardware": {"fast": "torch.float32"}}
    stored.write_text(json.dumps(result))
    found = load_result("toy", 3)
    assert found["recipe"] == OLDER["recipe"] and found["hardware"] == {"fast": "torch.float32"}


@pytest.mark.parametrize(
    "edit", [{"accuracy": 0.71}, {"accuracy": 1.0}, {"correct": pack(torch.ones(10).bool())}, {"n": 11}]
)
def test_an_edited_accuracy_is_refused(stored, edit):
    result = unsealed(stored)
    result["outcomes"]["clean"] |= edit
    stored.write_text(json.dumps(result))
    with pytest.raises(ValueError, match=r"seed3\.json: the accuracy of 'clean' is not that of its examples"):
        load_result("toy", 3)


def test_an_edited_interval_has_no_effect(stored):
    result = unsealed(stored)
    result["outcomes"]["clean"]["low"] = 0.69
    stored.write_text(json.dumps(result))
    assert load_result("toy", 3)["outcomes"]["clean"]["low"] == wilson(7, 10)[0]


DAMAGED = {
    "empty": "",
    "half": '{"outcomes": {"clean": ',
    "not json": "results\n",
    "another object": '{"a": 1}',
    "a list": "[]",
    "a number": "7",
    "outcomes are a list": '{"outcomes": [1]}',
    "an outcome without fields": '{"outcomes": {"clean": {}}}',
    "bits that are no base64": '{"outcomes": {"clean": {"correct": "a", "n": 1, "accuracy": 1}}}',
    "no examples": '{"outcomes": {"clean": {"correct": "", "n": 0, "accuracy": 0}}}',
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_an_error_that_names_it(stored, text):
    stored.write_text(text)
    with pytest.raises(ValueError, match=r"seed3\.json"):
        load_result("toy", 3)


def test_a_missing_result_names_the_command():
    command = "python -m robustlib.experiments run rr-lenet-ours --seed 2"
    with pytest.raises(FileNotFoundError, match=re.escape(command)):
        load_result("rr-lenet-ours", 2)


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
