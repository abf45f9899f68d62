"""Descriptions: equal configurations give equal text in every process, different ones different text."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from robustlib.attacks import BIM, BPDA, FGSM, LSPGA, MIM, PGD, FeatureMatching, Noise, RandomEps, Restarts, Strongest
from robustlib.describe import architecture, describe
from robustlib.geometry import L2
from robustlib.losses import dlr, margin, semi_hard
from robustlib.models import Search, SigmoidThermometer, SoftThermometer, Thermometer
from robustlib.objectives import WGANGP, AdversarialTraining, CrossEntropy, RobustRepresentations

PROGRAM = """
import json, torch
from robustlib.attacks import PGD, FeatureMatching, Restarts
from robustlib.describe import architecture, describe
from robustlib.geometry import L2
from robustlib.losses import margin
from robustlib.objectives import RobustRepresentations
attack = Restarts(PGD(0.25, norm=L2(), loss=margin, precision=torch.bfloat16), 3)
print(json.dumps(describe([RobustRepresentations(attack=attack), FeatureMatching(torch.arange(6.0).reshape(2, 3))])))
"""
VALUES = [
    FGSM(0.1), FGSM(0.2), FGSM(0.1, norm=L2()), FGSM(0.1, loss=margin), FGSM(0.1, targeted=True), BIM(0.1), MIM(0.1),
    PGD(0.1), PGD(0.1, steps=41), PGD(0.1, alpha=0.01), PGD(0.1, loss=dlr), PGD(0.1, stop_early=True), Noise(0.1),
    PGD(0.1, precision=torch.bfloat16), Restarts(PGD(0.1), 2), Restarts(PGD(0.1), 3), Strongest((FGSM(0.1), PGD(0.1))),
    Strongest((PGD(0.1), FGSM(0.1))), RandomEps(PGD(0.1)), RandomEps(PGD(0.1), high=0.4), CrossEntropy(),
    RobustRepresentations(), RobustRepresentations(mine=semi_hard), RobustRepresentations(attack=FGSM(0.1)),
    AdversarialTraining(FGSM(0.1)), AdversarialTraining(FGSM(0.1), 1.0), FeatureMatching(torch.zeros(2, 3)),
    FeatureMatching(torch.ones(2, 3)), FeatureMatching(torch.zeros(3, 2)), LSPGA(0.1), LSPGA(0.1, anneal=1.1),
    LSPGA(0.1, levels=8), BPDA(PGD(0.1), Thermometer, SoftThermometer(8)),
    BPDA(PGD(0.1), Thermometer, SoftThermometer(9)), BPDA(PGD(0.1), Thermometer, SigmoidThermometer(9)),
    WGANGP(), WGANGP(critic_steps=1), Search(), Search(restarts=1),
]  # fmt: skip


def text(value) -> str:
    return json.dumps(describe(value), sort_keys=True)


def test_equal_text_in_two_processes_with_other_hash_seeds():
    root = Path(__file__).resolve().parents[1]
    outputs = set()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)}
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
        )
        outputs.add(run.stdout)
    assert len(outputs) == 1
    (found,) = outputs
    assert '"class": "PGD"' in found and '"loss": "margin"' in found and '"class": "L2"' in found
    assert "torch.bfloat16" in found and "0x" not in found and " at " not in found


def test_different_configurations_have_different_texts():
    texts = [text(value) for value in VALUES]
    assert len(set(texts)) == len(VALUES)
    assert not any("0x" in t or "object" in t for t in texts)


def test_equal_configurations_have_equal_texts():
    for value in VALUES:
        assert text(replace(value)) == text(value)
    assert text(PGD(0.1, alpha=None)) == text(PGD(eps=0.1))


def test_plain_values_pass_as_they_are():
    plain = {"a": [1, 2.5, True, None, "word"], "b": {"c": []}}
    assert describe(plain) == plain
    assert describe((1, (2, 3))) == [1, [2, 3]]
    assert describe(torch.device("cpu")) == "cpu"


@pytest.mark.parametrize("number", [np.float32(0.1), np.float64(0.1), np.int64(3), np.bool_(True)], ids=repr)
def test_numpy_numbers_are_numbers(number):
    assert describe(number) == number.item() and type(describe(number)) in (float, int, bool)
    assert describe([number]) == [number.item()]


def test_an_architecture_has_no_weights_modes_or_addresses():
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
    before = json.dumps(architecture(net))
    with torch.no_grad():
        net[0].weight.zero_()
    assert json.dumps(architecture(net.eval())) == before and "0x" not in before
    assert architecture(torch.nn.Sequential(net[0], torch.nn.Tanh())) != architecture(net)
    net[1].temperature = 2.0
    assert json.dumps(architecture(net)) != before


def test_a_tensor_is_known_by_its_values():
    t = torch.arange(6.0)
    assert describe(t) == describe(t.clone()) == describe(t.repeat_interleave(2)[::2])
    assert describe(torch.zeros(2)) != describe(torch.zeros(2, dtype=torch.int32))
    assert describe(t.bfloat16()) == describe(t.bfloat16().clone())
    assert describe(t) != describe(t + 1) and describe(t) != describe(t.reshape(2, 3))


def test_a_function_without_a_name_is_refused():
    for value in (lambda: 1, [PGD(0.1), lambda logits, y: logits[:, 0]]):
        with pytest.raises(TypeError, match="no stable description"):
            describe(value)


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, partial(margin), b"bytes"], ids=["object", "set", "partial", "bytes"]
)
def test_what_has_no_stable_description_is_refused(value):
    with pytest.raises(TypeError, match=f"description of a {type(value).__name__}.*dataclass"):
        describe(value)


def test_a_module_is_its_class_weights_and_numbers():
    def described(weight, gamma=1.0):
        module = torch.nn.Linear(1, 1, bias=False)
        module.weight.data.fill_(weight)
        module.gamma = gamma
        return describe(module)

    assert described(1.0) == described(1.0) and described(1.0)["class"] == "Linear"
    assert described(1.0)["state"] != described(2.0)["state"] and described(1.0)["gamma"] == 1.0
    assert described(1.0) != described(1.0, gamma=2.0)
