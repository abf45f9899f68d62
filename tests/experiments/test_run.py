"""`run`: one result and one checkpoint; loads what is there; goes on where it stopped; measures what it saved."""

import json

import pytest
import torch
from experiments.toy_runs import Two, digits, same_weights, tiny, toy
from torch import nn

from robustlib.datasets import load
from robustlib.describe import describe
from robustlib.evaluation import accuracy
from robustlib.experiments import (
    checkpoint_path,
    checkpoints,
    load_model,
    load_result,
    making,
    result_path,
    run,
    runner,
)
from robustlib.experiments.checkpoints import save_smallest
from robustlib.experiments.results import unpack
from robustlib.experiments.runner import planned_epochs
from robustlib.files import sha256
from robustlib.models import Classifier, load_weights, save_weights
from robustlib.objectives import RobustRepresentations


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    dataset = digits(test=40)
    monkeypatch.setattr(runner, "load", lambda name, device: dataset.to(device))
    return tmp_path


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def quick(experiment, seed=0, **options):
    return run(experiment, seed, progress=False, **options)


def test_a_run_writes_one_result_and_one_checkpoint(folders):
    result = quick(toy(), 1)
    assert files(folders / "results") == ["toy/seed1.json"]
    assert files(folders / "checkpoints") == ["toy/seed1.safetensors"]
    assert result == load_result("toy", 1)
    assert result["recipe"] == describe(toy().recipe(3)) and result["recipe"]["optimizer"]["lr"] == 1e-2
    assert result["schedule"] == {"epochs": 2, "paper_epochs": 2, "start": None}
    assert result["checkpoint"]["sha256"] == sha256(checkpoint_path("toy", 1))
    assert result["checkpoint"]["bytes"] == checkpoint_path("toy", 1).stat().st_size
    assert result["data"] == {"name": "mnist", "source": "archive", "sha256": digits(test=40).sha256}
    assert result["attacks"]["FGSM"]["eps"] == 0.1 and result["attacks"]["FGSM"]["class"] == "FGSM"
    assert len(result["history"]["terms"]["ce"]) == 2 and result["seed"] == 1
    assert {"commit", "dirty", "versions", "device", "threads"} <= result.keys()
    assert set(result["outcomes"]) == {"clean", "noise", "FGSM"}
    assert all(o["n"] == 20 for o in result["outcomes"].values())
    text = result_path("toy", 1).read_text()
    assert str(folders) not in text and json.loads(text)["row"] == "Toy"


def test_the_second_call_loads_without_training(folders, monkeypatch):
    first = quick(toy())
    for place, forbidden in ((making, "train"), (runner, "load"), (making, "save_smallest")):
        monkeypatch.setattr(place, forbidden, None)
    assert quick(toy()) == first
    assert quick(toy(), epochs=1) == first, "a longer schedule serves for a shorter one"


def test_a_longer_schedule_or_again_trains(folders):
    first = quick(toy())
    longer = quick(toy(), epochs=3)
    assert longer["schedule"]["epochs"] == 3 and longer["checkpoint"] != first["checkpoint"]
    fresh = quick(toy(), epochs=2, again=True, n=5)
    assert fresh["checkpoint"]["sha256"] == first["checkpoint"]["sha256"]
    assert fresh["outcomes"]["clean"]["n"] == 5


def test_stopped_by_the_budget_and_resumed_gives_the_same_checkpoint(folders, monkeypatch):
    whole = quick(toy())
    expected = checkpoint_path("toy", 0).read_bytes()
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(folders / "second" / name.lower()))
    stopped = 0
    while (result := quick(toy(), time_budget=0.0)) is None:
        assert not result_path("toy", 0).exists() and not checkpoint_path("toy", 0).exists()
        stopped += 1
        assert stopped < 30
    assert stopped == 16
    assert checkpoint_path("toy", 0).read_bytes() == expected
    correct = {name: o["correct"] for name, o in result["outcomes"].items()}
    assert correct == {name: o["correct"] for name, o in whole["outcomes"].items()}


def test_seeds_differ_and_repeat(folders):
    first, other = quick(toy()), quick(toy(), 1)
    assert first["checkpoint"]["sha256"] != other["checkpoint"]["sha256"]
    assert quick(toy("twin"))["checkpoint"]["sha256"] == first["checkpoint"]["sha256"]


def test_the_numbers_are_those_of_the_checkpoint_as_saved(folders, monkeypatch):
    honest = quick(toy())
    assert honest["outcomes"]["clean"]["accuracy"] > 0.2

    def spoiled(model, path, dtype=None):
        save_weights(model, path, dtype)
        other = load_weights(tiny(), path)
        nn.init.constant_(other.head.weight, 0.25)
        other.head.bias.data.zero_()
        save_weights(other, path, dtype)

    monkeypatch.setattr(checkpoints, "save_weights", spoiled)
    result = quick(toy(), again=True)
    assert result["facts"]["first weight"] == 0.25
    dataset, n = digits(test=40), 20
    zeros = (dataset.test.y[:n] == 0).tolist()  # all logits are equal: the first class is given
    assert unpack(result["outcomes"]["clean"]["correct"], n).tolist() == zeros


def test_a_start_is_loaded_and_then_tuned(folders):
    tuned = toy("tuned", start=toy(), objective=RobustRepresentations())
    quick(toy())
    result = quick(tuned, epochs=0)
    assert same_weights(load_model(tuned), load_model(toy())) and result["schedule"]["start"] == "toy"
    quick(tuned, epochs=1)
    assert not same_weights(load_model(tuned), load_model(toy()))


def test_a_start_that_is_absent_is_run_first_and_the_tuned_weights_do_not_tell(folders, monkeypatch):
    tuned = toy("tuned", start=toy(), objective=RobustRepresentations(), epochs=1)
    expected = quick(toy())["checkpoint"], quick(tuned)["checkpoint"]
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(folders / "second" / name.lower()))
    found = quick(tuned)["checkpoint"]
    assert load_result("toy")["checkpoint"] == expected[0] and found == expected[1]


def test_the_embedded_images_are_not_enough(monkeypatch):
    monkeypatch.setattr(runner, "load", lambda name, device: load("mnist_5k", device=device))
    with pytest.raises(ValueError, match=r"toy needs all of mnist, here are 4000 embedded images.*ROBUSTLIB_DATA"):
        quick(toy())


def test_the_paper_schedule_on_a_gpu_and_the_affordable_one_on_a_cpu():
    assert planned_epochs(toy(epochs=10, affordable=2), torch.device("cpu")) == 2
    assert planned_epochs(toy(epochs=10, affordable=2), torch.device("cuda")) == 10
    assert planned_epochs(toy(epochs=10), torch.device("cpu")) == 10


def test_float16_where_the_accuracy_stays_equal(tmp_path):
    torch.manual_seed(0)
    model, split = tiny(), load("mnist_5k").validation.subset(slice(50))
    before = accuracy(model, split)
    half = save_smallest(model, tmp_path / "half.safetensors", split)
    save_weights(model, tmp_path / "full.safetensors")
    assert half.stat().st_size < 0.6 * (tmp_path / "full.safetensors").stat().st_size
    assert accuracy(load_weights(tiny(), half), split) == before


class Fixed(nn.Module):
    """The same two logits for every image."""

    def __init__(self, first: float, second: float) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor([first, second]))

    def forward(self, z):
        return self.logits.expand(len(z), 2)


def fixed(first: float, second: float) -> Classifier:
    """A classifier that says class 1 where the second logit is larger, otherwise class 0."""
    return Classifier(nn.Flatten(), Fixed(first, second))


@pytest.fixture
def ones():
    validation = load("mnist_5k").validation
    return validation.subset(validation.y == 1)


@pytest.mark.parametrize("logits", [(1.0, 1.0 + 1e-5), (0.0, 1e6)], ids=["rounded away", "too large"])
def test_float32_where_float16_changes_a_verdict_or_overflows(tmp_path, ones, logits):
    model = fixed(*logits)
    path = save_smallest(model, tmp_path / "fixed.safetensors", ones)
    assert same_weights(load_weights(fixed(0.0, 0.0), path), fixed(*logits))
    assert same_weights(model, fixed(*logits)), "the model in memory is as it was saved"


def test_a_loaded_model_is_ready_to_use(folders):
    quick(toy())
    model = load_model(toy())
    assert not model.training and model.body[1].weight.is_contiguous(memory_format=torch.channels_last)
    assert Two()(model, digits(test=40), 20).outcomes["clean"].accuracy > 0.2
