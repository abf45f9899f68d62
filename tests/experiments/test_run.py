"""`run`: one record and one checkpoint; loads what is there; goes on where it stopped; measures what was saved."""

import json

import pytest
import torch
from experiments.toy_runs import digits, look, same_weights, tiny, toy
from torch import nn

from robustlib.datasets import load
from robustlib.describe import describe
from robustlib.evaluation import accuracy
from robustlib.experiments import checkpoint_path, load_model, load_result, result_path, run, running, training_run
from robustlib.experiments.checkpoints import save_smallest
from robustlib.experiments.running import planned_epochs
from robustlib.files import sha256
from robustlib.models import Classifier, load_weights, save_weights
from robustlib.objectives import RobustRepresentations

TUNED = toy("tuned", start=toy(), objective=RobustRepresentations(), epochs=1)


@pytest.fixture(autouse=True)
def planned(joined):
    joined(toy(), toy("twin"), TUNED, measurements=[look()])


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def quick(what, seed=0, **options):
    return run(what, seed, progress=False, **options)


def elsewhere(folders, monkeypatch):
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(folders / "second" / name.lower()))


def test_a_run_writes_one_result_and_one_checkpoint(folders):
    result = quick("toy", 1)
    assert files(folders / "results") == ["toy/seed1.json"]
    assert files(folders / "checkpoints") == ["toy/seed1.safetensors"]
    assert result == load_result("toy", 1)
    assert (result["kind"], result["name"], result["seed"], result["schema"]) == ("training", "toy", 1, 2)
    assert result["recipe"] == json.loads(json.dumps(describe(toy().recipe(3))))
    assert result["recipe"]["optimizer"]["lr"] == 1e-2 and len(result["code"]) == 64
    assert result["schedule"] == {"epochs": 2, "paper_epochs": 2, "start": None}
    assert result["checkpoint"]["sha256"] == sha256(checkpoint_path("toy", 1))
    assert result["checkpoint"]["bytes"] == checkpoint_path("toy", 1).stat().st_size
    assert result["data"] == {"name": "mnist", "source": "archive", "sha256": digits().sha256}
    assert len(result["history"]["terms"]["ce"]) == 2
    assert {"commit", "dirty", "versions", "device", "threads", "hardware"} <= result.keys()
    assert str(folders) not in result_path("toy", 1).read_text()


def test_the_second_call_loads_without_training(folders, monkeypatch):
    first = quick("toy")
    for place, forbidden in ((running, "train"), (running, "load")):
        monkeypatch.setattr(place, forbidden, None)
    assert quick("toy") == first
    assert quick("toy", epochs=1) == first, "a longer schedule serves for a shorter one"


def test_a_longer_schedule_or_again_trains(folders):
    first = quick("toy")
    longer = quick("toy", epochs=3)
    assert longer["schedule"]["epochs"] == 3 and longer["checkpoint"] != first["checkpoint"]
    fresh = quick("toy", epochs=2, again=True)
    assert fresh["checkpoint"]["sha256"] == first["checkpoint"]["sha256"]


def test_stopped_by_the_budget_and_resumed_gives_the_same_checkpoint(folders, monkeypatch):
    quick("toy")
    expected = checkpoint_path("toy", 0).read_bytes()
    elsewhere(folders, monkeypatch)
    stopped = 0
    while quick("toy", time_budget=0.0) is None:
        assert not result_path("toy", 0).exists() and not checkpoint_path("toy", 0).exists()
        stopped += 1
        assert stopped < 30
    assert stopped == 16
    assert checkpoint_path("toy", 0).read_bytes() == expected


def test_seeds_differ_and_repeat(folders):
    first, other = quick("toy"), quick("toy", 1)
    assert first["checkpoint"]["sha256"] != other["checkpoint"]["sha256"]
    assert quick("twin")["checkpoint"]["sha256"] == first["checkpoint"]["sha256"]


def test_the_numbers_are_those_of_the_checkpoint_as_saved(folders, monkeypatch):
    def spoiled(model, path, split):
        other = tiny()
        nn.init.constant_(other.head.weight, 0.25)
        other.head.bias.data.zero_()
        save_weights(other, path)
        return path

    monkeypatch.setattr(training_run, "save_smallest", spoiled)
    rows = quick(look())["rows"]
    assert rows[3]["value"] == 0.25
    zeros = (digits().test.y[:20] == 0).sum().item()  # all logits are equal: the first class is given
    assert rows[0]["value"] == zeros / 20


def test_a_start_is_loaded_and_then_tuned(folders):
    quick("toy")
    result = quick("tuned", epochs=0)
    assert same_weights(load_model("tuned"), load_model("toy")) and result["schedule"]["start"] == "toy"
    quick("tuned", epochs=1)
    assert not same_weights(load_model("tuned"), load_model("toy"))


def test_a_start_that_is_absent_is_run_first_and_the_tuned_weights_do_not_tell(folders, monkeypatch):
    expected = quick("toy")["checkpoint"], quick("tuned")["checkpoint"]
    elsewhere(folders, monkeypatch)
    found = quick("tuned")["checkpoint"]
    assert load_result("toy")["checkpoint"] == expected[0] and found == expected[1]


def test_the_embedded_images_are_not_enough(monkeypatch):
    monkeypatch.setattr(running, "load", lambda name, device: load("mnist_5k", device=device))
    with pytest.raises(ValueError, match=r"toy needs all of mnist.*, here are 4000 embedded images.*ROBUSTLIB_DATA"):
        quick("toy")


@pytest.mark.bad_input
def test_an_unknown_name_suggests_near_ones():
    with pytest.raises(LookupError, match="no network or measurement 'toi'; did you mean toy"):
        quick("toi")


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
    quick("toy")
    model = load_model("toy")
    assert not model.training and model.body[1].weight.is_contiguous(memory_format=torch.channels_last)
    assert accuracy(model, digits().test[:20]) > 0.2
