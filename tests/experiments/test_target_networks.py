"""The networks of no paper, from end to end at toy size."""

from dataclasses import replace

import pytest
import torch

from robustlib.datasets import Batches, Dataset
from robustlib.datasets.split import Split
from robustlib.experiments import load_model, run, runner
from robustlib.experiments.target_networks import RUNS
from robustlib.models import resnet

pytestmark = pytest.mark.slow


def narrow():
    return resnet(8, width=4)


def noise_images(n: int) -> Split:
    g = torch.Generator().manual_seed(0)
    x = torch.randint(256, (n, 3, 32, 32), dtype=torch.uint8, generator=g)
    return Split(x, torch.arange(n) % 10, "noise")


@pytest.mark.parametrize("planned", RUNS, ids=lambda e: e.name)
def test_a_target_is_trained_and_measured(planned, tmp_path, monkeypatch):
    for name in ("RESULTS", "CHECKPOINTS", "RUNS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    parts = (noise_images(60), noise_images(20), noise_images(20))
    dataset = Dataset("cifar10", *parts, tuple("abcdefghij"), (0.5,) * 3, (0.25,) * 3, "archive")
    monkeypatch.setattr(runner, "load", lambda name, device: dataset)
    small = replace(planned, model=narrow, sampler=Batches(20), epochs=1, n=10)
    result = run(small, progress=False)
    assert result["schedule"]["epochs"] == 1 and result["outcomes"]["PGD 2/255"]["n"] == 10
    assert result["outcomes"]["PGD 2/255"]["largest_linf"] <= 2 / 255 + 1e-6
    assert load_model(small)(torch.rand(2, 3, 32, 32)).shape == (2, 10)
