"""What is counted as trained, by hand."""

from typing import Any

import pytest

from robustlib.chapters.input_defences import overview
from robustlib.chapters.input_defences.overview import part, trained


@pytest.mark.parametrize(
    ("name", "which"),
    [
        ("input-mnist-gan", "Defense-GAN: the generator"),
        ("input-cifar10-plain", "no defence"),
        ("input-mnist-thermometer-7-triplet", "thermometer encoding"),
        ("input-cifar10-triplet", "behind random views"),
        ("input-mnist-c-triplet", "behind the generator"),
    ],
)
def test_a_network_belongs_to_its_part(name: str, which: str) -> None:
    assert part(name) == which


def test_every_network_has_a_line_that_says_whether_it_was_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    def training(name: str, seed: int = 0) -> Any:
        return {} if name == "input-mnist-b-triplet" else None

    monkeypatch.setattr(overview, "training", training)
    monkeypatch.setattr(overview, "schedule", lambda name: "5 of 10 epochs, CPU")
    lines = trained().rows
    assert len(lines) == 24 and len(set(lines)) == 24
    done = [row for row in lines if row[-1] != "not run"]
    assert done == [("mnist", "Model B, quarter width", "behind the generator", "triplet", "5 of 10 epochs, CPU")]
