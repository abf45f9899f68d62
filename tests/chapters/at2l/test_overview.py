"""What is counted as trained, by hand."""

from typing import Any

import pytest

from robustlib.chapters.at2l import overview
from robustlib.chapters.at2l.overview import group, trained


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("at2l-mnist-a", "clean training"),
        ("at2l-mnist-pgd-0.2-tla", "PGD training, with and without a triplet"),
        ("at2l-cifar10-nfgsm-none", "N-FGSM training, same"),
        ("at2l-mnist-a-known-gradient-at2l-3", "algorithm 2, target in M"),
        ("at2l-mnist-c-unknown-fgsm-at-1", "algorithm 2, target not in M"),
        ("at2l-pets-vgg-known-8-gradient-at-2", "algorithm 2, target in M, 8/255"),
        ("at2l-mnist-a-known-gradient-at2l-lambda2-5-1", "algorithm 2, lambda2 changed"),
    ],
)
def test_a_network_belongs_to_its_part(name: str, part: str) -> None:
    assert group(name) == part


def test_seeds_are_counted_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def training(name: str, seed: int = 0) -> Any:
        return {} if name == "at2l-mnist-pgd-0.2-none" and seed < 2 else None

    monkeypatch.setattr(overview, "training", training)
    monkeypatch.setattr(overview, "schedule", lambda name, seed: "5 of 5 epochs, CPU")
    lines = {row[1:3]: row[3:] for row in trained().rows}
    assert lines["LeNet-5", "PGD training, with and without a triplet"] == ("2 of 25", "5 of 5 epochs, CPU")
    assert lines["ResNet-8", "N-FGSM training, same"] == ("0 of 9", "not run")
