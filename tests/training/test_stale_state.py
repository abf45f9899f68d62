"""What is kept of a run knows its seed, its network and the source of what it calls: nothing old is taken for new."""

import importlib
import sys

import pytest
import torch
from torch import nn

from robustlib.datasets import Batches, load
from robustlib.models import Classifier
from robustlib.objectives import AdversarialTraining, CrossEntropy
from robustlib.training import Adam, fit

MODULE = """
from dataclasses import dataclass

from torch.nn import functional as F


def scaled(loss):
    return loss * 1.0


@dataclass(frozen=True)
class Mine:
    def __call__(self, model, x, y):
        return {"ce": scaled(F.cross_entropy(model(x), y))}


@dataclass(frozen=True)
class Shift:
    eps: float = 0.1

    def __call__(self, model, x, y):
        return (x + 0.5 * self.eps).clamp(0, 1)
"""


@pytest.fixture(scope="module")
def few():
    return load("mnist_5k").train.subset(slice(40))


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The user's module, as imported after an edit."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def fresh(old="", new=""):
        (tmp_path / "mine.py").write_text(MODULE.replace(old, new) if old else MODULE)
        sys.modules.pop("mine", None)
        importlib.invalidate_caches()
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        try:
            return importlib.import_module("mine")
        finally:
            sys.dont_write_bytecode = before

    yield fresh
    sys.modules.pop("mine", None)


def small(seed=0, activation=nn.ReLU, **settings) -> Classifier:
    torch.manual_seed(seed)
    model = Classifier(nn.Sequential(nn.Flatten(), nn.Linear(784, 8), activation()), nn.Linear(8, 10))
    for name, value in settings.items():
        setattr(model.head, name, value)
    return model


def train(few, path, model=None, objective=None, **options):
    model = small() if model is None else model
    options = {"optimizer": Adam(1e-2), "epochs": 2, "progress": False} | options
    return model, fit(model, Batches(20)(few), objective or CrossEntropy(), checkpoint=path, **options)


def weights(model):
    return nn.utils.parameters_to_vector(model.parameters()).tolist()


EDITS = {
    "the objective": ("F.cross_entropy(model(x), y))", "2 * F.cross_entropy(model(x), y))"),
    "what it calls": ("loss * 1.0", "loss * 2.0"),
}


@pytest.mark.parametrize("stopped", [True, False], ids=["unfinished", "finished"])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_objective_edited_under_the_same_name_is_another_run(few, tmp_path, mine, edit, stopped):
    path, options = tmp_path / "run.pt", {"time_budget": 0.0} if stopped else {}
    train(few, path, objective=mine().Mine(), **options)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"run\.pt: belongs to another run; what differs: source of objective\n"):
        train(few, path, objective=mine(*edit).Mine())
    assert path.read_bytes() == before
    model, history = train(few, path, objective=mine().Mine())
    assert history.finished and weights(model) == weights(train(few, None, objective=mine().Mine())[0])


def test_an_attack_inside_the_objective_counts_too(few, tmp_path, mine):
    path = tmp_path / "run.pt"
    train(few, path, objective=AdversarialTraining(mine().Shift()))
    with pytest.raises(ValueError, match="what differs: source of objective"):
        train(few, path, objective=AdversarialTraining(mine("0.5 * self.eps", "0.25 * self.eps").Shift()))
    train(few, path, objective=AdversarialTraining(mine("import dataclass", "import dataclass  # of Python").Shift()))


@pytest.mark.parametrize("stopped", [True, False], ids=["unfinished", "finished"])
def test_another_seed_is_another_run(few, tmp_path, stopped):
    path, options = tmp_path / "run.pt", {"time_budget": 0.0} if stopped else {}
    train(few, path, **options)
    with pytest.raises(ValueError, match=r"what differs: seed\n  there: 0\n  here:  1\ngive this run its own"):
        train(few, path, small(1))
    same_weights = small()
    torch.manual_seed(7)  # as who forgets that the batches are drawn too
    with pytest.raises(ValueError, match=r"what differs: seed\n  there: 0\n  here:  7"):
        train(few, path, same_weights)
    assert train(few, path)[1].finished


def test_the_same_seed_goes_on_whatever_was_drawn_before(few, tmp_path):
    path, whole = tmp_path / "run.pt", weights(train(few, None)[0])
    model = small()
    for _ in range(5):  # the same process goes on: the model as it was saved, the generator anywhere
        model, history = train(few, path, model, time_budget=0.0)
        torch.rand(5)
    assert history.finished and weights(model) == whole


OTHERS = {
    "Tanh for ReLU": lambda: small(activation=nn.Tanh),
    "a slope": lambda: small(activation=lambda: nn.LeakyReLU(0.3)),
    "a number that is not printed": lambda: small(temperature=3.0),
    "a layer without weights": lambda: Classifier(nn.Sequential(*small().body, nn.Identity()), small().head),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_network_with_the_same_weights_is_another_run(few, tmp_path, other):
    train(few, tmp_path / "run.pt")
    with pytest.raises(ValueError, match="what differs: architecture"):
        train(few, tmp_path / "run.pt", other())


class Scaled(nn.Linear):
    """A layer whose forward is the user's own."""

    def forward(self, x):
        return super().forward(x) * 1.5


def test_a_layer_edited_under_the_same_name_is_another_run(few, tmp_path, monkeypatch):
    def own(kind):
        model = small()
        model.head = kind(8, 10)
        torch.manual_seed(0)
        return model

    train(few, tmp_path / "run.pt", own(Scaled))
    edited = type("Scaled", (nn.Linear,), {"__module__": __name__, "forward": lambda self, x: x.sum()})
    with pytest.raises(ValueError, match="what differs: .*source of architecture"):
        train(few, tmp_path / "run.pt", own(edited))


@pytest.mark.parametrize("stopped", [True, False], ids=["unfinished", "finished"])
def test_other_first_weights_are_another_run(few, tmp_path, stopped):
    path, options = tmp_path / "run.pt", {"time_budget": 0.0} if stopped else {}
    train(few, path, **options)
    tuned = small()
    with torch.no_grad():
        tuned.head.bias[3] += 0.5
    with pytest.raises(ValueError, match="what differs: the weights that it started from\nbuild the model anew"):
        train(few, path, tuned)
    assert torch.equal(small().body[1].weight, tuned.body[1].weight), "the model is as it was"
