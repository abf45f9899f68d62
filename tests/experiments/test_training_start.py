"""What a network starts from: the weights of another, or that one frozen below it."""

from dataclasses import replace

import pytest
import torch

from robustlib.datasets import Batches, Dataset, FeatureSplit, Triplets, load
from robustlib.experiments import Experiment
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.results import checkpoint_path
from robustlib.experiments.training_run import begin, train
from robustlib.models import distance_network, frozen_parts, lenet1, save_weights
from robustlib.objectives import CrossEntropy, DunDi
from robustlib.training import Adam

CPU = torch.device("cpu")
FIRST = Experiment(
    "first", "First", "mnist", "LeNet-1", "cross-entropy", lenet1, Batches(20), CrossEntropy(), Adam(), 0,
    precision=None,
)  # fmt: skip


def on_lenet1():
    """A distance network on a frozen LeNet-1."""
    return distance_network(lenet1(), frozen=True)


@pytest.fixture
def digits(tmp_path, monkeypatch) -> Dataset:
    """A few digits, and the checkpoint of FIRST in a folder of its own."""
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    torch.manual_seed(0)
    save_weights(lenet1(), checkpoint_path("first", 0), torch.float16)
    few = load("mnist_5k")
    return replace(few, name="mnist", train=few.train.subset(slice(60)), validation=few.validation.subset(slice(20)))


def test_a_plain_start_gives_all_its_weights(digits):
    second = replace(FIRST, name="second", start=FIRST)
    model, split = begin(second, second.model(), 0, digits, CPU)
    assert split is digits.train
    assert all(torch.equal(a, b.to(a)) for a, b in zip(load_model(FIRST).parameters(), model.parameters(), strict=True))


def test_a_frozen_start_stays_and_is_trained_on_what_it_says(digits):
    on_top = replace(
        FIRST, name="on-top", model=on_lenet1, sampler=Triplets(20, tuples=60, seed=0), objective=DunDi(),
        start=FIRST, frozen=frozen_parts, epochs=1,
    )  # fmt: skip
    _, split = begin(on_top, on_top.model(), 0, digits, CPU)
    assert isinstance(split, FeatureSplit)
    torch.testing.assert_close(split.x[:, :, 0, 0], load_model(FIRST).features(digits.train[:][0]))
    train(on_top, 0, digits, CPU, 1, float("inf"), False)
    native, model = load_model(FIRST), load_model(on_top)
    for name, tensor in native.body.state_dict().items():
        assert torch.equal(tensor, model.body[0].module.state_dict()[name])
    x = digits.test[:4][0]
    assert torch.equal(native.features(x), model.body[0](x))
