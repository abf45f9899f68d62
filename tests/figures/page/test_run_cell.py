"""A run cell where nothing runs it: an ordinary listing that carries what the page's script needs."""

import json
from typing import Any

import pytest
import torch
from bs4 import BeautifulSoup
from torch import nn

from robustlib.evaluation import OneImage
from robustlib.figures import run_cell, try_attack
from robustlib.models import Classifier


def step(network, x, y, eps):
    """Along the sign of the gradient."""
    return (x + eps * network.loss_gradient(x, y).sign()).clip(0, 1)


def away(network, x, y, eps):
    """Against it."""
    return (x - eps * network.loss_gradient(x, y).sign()).clip(0, 1)


@pytest.fixture
def network() -> OneImage:
    """Class 1 where the first pixel lies above 0.5."""
    head = nn.Linear(784, 2)
    weight = torch.zeros(2, 784)
    weight[:, 0] = torch.tensor([-1.0, 1.0])
    head.load_state_dict({"weight": weight, "bias": torch.tensor([0.5, -0.5])})
    return OneImage(Classifier(nn.Flatten(), head), "toy", "0" * 64, frozenset(["head.weight"]))


def digits(*first: int) -> tuple[Any, Any]:
    """Black but for the first pixel, in 255ths."""
    x = torch.zeros(len(first), 1, 28, 28)
    x[:, 0, 0, 0] = torch.tensor(first) / 255
    return x, (x[:, 0, 0, 0] > 0.5).long()


def test_a_listing_that_carries_the_cell(network: OneImage) -> None:
    shown = run_cell(step, network, digits(10, 110, 140), 0.1, caption="One step.")
    page = BeautifulSoup(shown.html, "html.parser")
    assert page.find("pre").text.startswith("def step(network, x, y, eps):\n") and not page.find("textarea")
    assert page.select_one(".rl-caption").text == "One step." and shown.text.endswith("One step.")
    cell = json.loads(page.select_one(".rl-run")["data-run"])
    assert cell["code"].rstrip() == page.find("pre").text and cell["name"] == "step"
    assert (cell["want"], cell["digit"], cell["eps"], cell["labels"]) == (2, 1, 0.1, [0, 0, 1])  # the first is far off
    assert (cell["checkpoint"], cell["sha256"], set(cell["extra"])) == ("toy", "0" * 64, {"head.bias"})
    assert cell["layers"] == [["flatten"], ["linear", "head.weight", "head.bias"]]


def test_what_is_no_cell_is_refused(network: OneImage) -> None:
    good, wrong = digits(110, 140), digits(110, 140)
    with pytest.raises(ValueError, match="does not pass its own check: Allowed, but weak: 0 of 2"):
        run_cell(away, network, good, 0.1, caption="c")
    with pytest.raises(ValueError, match=r"reads right, got labels \[1, 1\] read as \[0, 1\]"):
        run_cell(step, network, (wrong[0], torch.tensor([1, 1])), 0.1, caption="c")
    with pytest.raises(ValueError, match="need a caption and a network with a checkpoint"):
        run_cell(step, network, good, 0.1, caption=" ")
    with pytest.raises(ValueError, match="28 x 28 pixels in steps of 1/255"):
        run_cell(step, network, (good[0] * 0.999, good[1]), 0.1, caption="c")


def test_a_function_of_a_kernel_gets_the_verdict_of_check(network: OneImage) -> None:
    given = digits(110, 140)
    assert try_attack(step, network, given, 0.1, listing=step).startswith("An attack: 2 of 2 digits are misread")
    assert "The listing misleads 2." in try_attack(away, network, given, 0.1, listing=step)
    assert try_attack(away, network, given, 0.1, listing=step).startswith("Allowed, but weak: 0 of 2")
    assert try_attack(step, network, given, 0.05, listing=step) != try_attack(step, network, given, 0.1, listing=step)
    assert "Over the budget" in try_attack(lambda n, x, y, e: step(n, x, y, 2 * e), network, given, 0.1, listing=step)
