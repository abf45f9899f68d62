"""An evaluation's checkpoint knows the source of its attacks and its model: an edit under the same name is another."""

import importlib
import sys

import numpy as np
import pytest
from evaluation.evaluated import target
from torch import nn

from robustlib.attacks import FGSM, Restarts
from robustlib.evaluation import under_attack

MODULE = """
from dataclasses import dataclass

from torch import nn


def moved(x, by):
    return (x + by).clamp(0, 1)


@dataclass(frozen=True)
class Shift:
    eps: float = 0.1

    def __call__(self, model, x, y):
        return moved(x, 0.5 * self.eps)


def function(model, x, y):
    return moved(x, 0.25)


class Halved(nn.Module):
    def forward(self, x):
        return x / 2
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The user's module, as imported after an edit."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def fresh(old="", new=""):
        (tmp_path / "attack_of_mine.py").write_text(MODULE.replace(old, new) if old else MODULE)
        sys.modules.pop("attack_of_mine", None)
        importlib.invalidate_caches()
        return importlib.import_module("attack_of_mine")

    yield fresh
    sys.modules.pop("attack_of_mine", None)


KINDS = {
    "an attack": lambda module: module.Shift(),
    "an attack in an attack": lambda module: Restarts(module.Shift(), 2),
    "a function": lambda module: module.function,
}


@pytest.mark.bad_input
@pytest.mark.parametrize("eps", [np.float32(0.1), np.float64(0.1), 0.1])
def test_a_numpy_radius_is_a_radius(tmp_path, eps):
    net, data = target()
    call = {"data": data, "checkpoint": tmp_path / "run.pt"}
    first = under_attack(net, {"FGSM": FGSM(eps)}, **call)["FGSM"]
    assert under_attack(net, {"FGSM": FGSM(eps)}, **call)["FGSM"].accuracy == first.accuracy
    with pytest.raises(ValueError, match="what differs: attack 'FGSM'"):
        under_attack(net, {"FGSM": FGSM(eps * 2)}, **call)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_an_attack_edited_under_the_same_name_is_another_evaluation(tmp_path, mine, kind):
    net, data = target()
    path = tmp_path / "run.pt"
    under_attack(net, {"mine": kind(mine())}, data, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="what differs: source of attack 'mine'"):
        under_attack(net, {"mine": kind(mine("(x + by)", "(x - by)"))}, data, checkpoint=path)
    assert path.read_bytes() == before
    under_attack(net, {"mine": kind(mine("\n\n\ndef moved", "\n\n# a remark\ndef moved"))}, data, checkpoint=path)


def test_a_network_edited_under_the_same_name_is_another_evaluation(tmp_path, mine):
    net, data = target()
    call = {"data": data, "checkpoint": tmp_path / "run.pt"}
    attack = mine().Shift()
    under_attack(nn.Sequential(mine().Halved(), net), {"mine": attack}, **call)
    with pytest.raises(ValueError, match="what differs: source of model"):
        under_attack(nn.Sequential(mine("x / 2", "x / 3").Halved(), net), {"mine": mine().Shift()}, **call)
