"""What is measured for a target: the first images that are read right and accepted, how many are fooled, the passes."""

import json

import pytest
import torch
from labs.linear import FirstPixel, data, network

from robustlib.attacks import FGSM
from robustlib.describe import describe
from robustlib.experiments import Subject, break_it, one
from robustlib.experiments.break_it import BreakIt
from robustlib.experiments.rows import read, unpack, written


def fgsm(target):
    return FGSM(target.eps)


def lazy(target):
    return lambda model, x, y: model.body[1].weight.data.zero_()


def at_half():
    return 0.6


def measured(monkeypatch, tmp_path, *, n=4, y=None, **fields):
    monkeypatch.setattr(break_it, "digits", lambda device="cpu": (data()[0], data()[1] if y is None else y))
    measure = BreakIt(**{"name": "pixels", "paper": "none", "eps": 0.1, "attack": fgsm, "called": "FGSM"} | fields)
    found = measure(Subject(network(), None, n, tmp_path, 0, "pixels"))
    kept = json.loads(json.dumps([written(row) for row in found.rows]))
    assert [read(record) for record in kept] == list(found.rows) and json.dumps(describe(measure))
    return one(found.rows, metric="fooled"), one(found.rows, metric="passes")


def test_the_first_images_and_which_are_fooled(monkeypatch, tmp_path):
    """Gaps of 0.9, 0.05, 0.15 and 0.8 at eps 0.1: the second and the third."""
    fooled, passes = measured(monkeypatch, tmp_path)
    assert fooled.series["rows"] == [0, 1, 2, 3] and (fooled.value, fooled.n) == (0.5, 4)
    assert unpack(fooled.bits, 4).tolist() == [False, True, True, False]
    assert (fooled.low, fooled.high) == pytest.approx((0.15, 0.85), abs=1e-3)
    assert (passes.value, passes.series) == (2, {"forward": 1, "backward": 1})
    assert (fooled.attack, fooled.norm, fooled.eps) == ("FGSM", "Linf", 0.1)


def test_images_that_are_misread_or_refused_are_left_out(monkeypatch, tmp_path):
    fooled, _ = measured(monkeypatch, tmp_path, y=torch.tensor([0, 1, 0, 0, 0, 1]))
    assert fooled.series["rows"] == [0, 2, 3, 4] and fooled.value == 0.25
    fooled, _ = measured(monkeypatch, tmp_path, detector=FirstPixel, threshold=at_half)
    assert fooled.series["rows"] == [0, 3, 4, 5] and fooled.value == 0  # scores of 0.95, 0.9, 0.625 and 0.675


def reversed_pixels(model):
    """Reads the other pixel as the first: with it the network misreads every image."""
    with torch.no_grad():
        model.body[1].weight.copy_(model.body[1].weight.flip(0))
    return model


def test_it_may_be_read_by_something_else(monkeypatch, tmp_path):
    fooled, _ = measured(monkeypatch, tmp_path, behind=reversed_pixels, y=torch.tensor([1, 0, 1, 1, 0, 0]))
    assert fooled.series["rows"] == [0, 2, 3] and fooled.value == pytest.approx(1 / 3)


def test_an_attack_that_is_refused_is_no_goal(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="FGSM on pixels: the attack changed the weights"):
        measured(monkeypatch, tmp_path, attack=lazy)
