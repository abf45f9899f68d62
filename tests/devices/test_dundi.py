"""The measures of the chapter on DunDi, and what its page computes, on another device than the CPU."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from chapters.dundi.ten_images import FirstPixel, Push, subject, threshold
from torch import nn

from robustlib.chapters.dundi import transfer, white_box
from robustlib.chapters.dundi.live import attacked_table, travelled, walk
from robustlib.chapters.dundi.oracles import OracleAccuracy, distance_rows, seconds
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT, Source
from robustlib.chapters.dundi.transfer import BayesianDetection, TransferAccuracy
from robustlib.chapters.dundi.white_box import OracleWhiteBox, SoftmaxWhiteBox
from robustlib.datasets import load
from robustlib.detectors import Confidence
from robustlib.experiments.rows import Row, one
from robustlib.models import Classifier, NearestOracles, draw_oracles, lenet5

SOURCE = Source("dundi-mnist-feinman", 0.3, 0.01)


@pytest.fixture
def there(device: torch.device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The rows of a measure on the device; networks that it loads are there too."""
    for name in ("RUNS", "CHECKPOINTS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    for module in (transfer, white_box):
        monkeypatch.setattr(module, "load_model", lambda name, seed, device: threshold(76.5).to(device))
    monkeypatch.setattr(Source, "attacks", lambda self, smaller=False: {("FGSM", 0.3): Push()})

    def rows(evaluate: Any, model: Classifier) -> list[Row]:
        folder = tmp_path / type(evaluate).__name__
        folder.mkdir()
        on = subject(folder, model.to(device))
        return list(evaluate(replace(on, dataset=on.dataset.to(device))).rows)

    return rows


@pytest.mark.slow
def test_measures(there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert one(there(OracleAccuracy((1,), 2), embedding()), defense="two-step, 1 oracle").value == 0.9
    found = there(TransferAccuracy(SOURCE, sizes=(1, 10), draws=2), embedding())
    assert one(found, images=CLEAN_CORRECT, defense="two-step, 1 oracle").n == 6
    left = there(OracleWhiteBox("dundi-mnist-native1", (0.1,), queries=3, restarts=1), embedding())
    assert one(left, attack="worst case").value == 0.6
    assert one(there(SoftmaxWhiteBox((0.1,), 1), threshold(127.5)), attack="margin PGD").value == 0.6
    monkeypatch.setattr(transfer.BayesianDensity, "fit", lambda model, *given: Confidence(model))
    assert one(there(BayesianDetection(SOURCE, 0.5, 1), threshold(127.5)), metric="AUC").n > 0


def embedding() -> Classifier:
    """A distance network."""
    return Classifier(FirstPixel(), nn.Identity())


def test_what_the_page_computes(any_device: torch.device) -> None:
    torch.manual_seed(0)
    digits = load("mnist_5k", device=any_device)
    net = lenet5(embedding=3).to(any_device).eval()
    x, y = digits.train[:200]
    z = net.features(x).detach()
    exact = Classifier(net.body, NearestOracles(*draw_oracles(z, y, 3, seed=0), classes=10))
    steps = walk(exact, x[:1], y[:1], 0.1, 2)
    assert steps.images.device.type == any_device.type and len(steps.texts) == 3
    assert travelled({"net": net}, x[:9], net(x[:9]).argmax(1), 0.1, 2).cells
    assert attacked_table(net.body, z, y, digits.test[:6], 2, 0.1).cells
    for found, wanted in zip(distance_rows(z, y), distance_rows(z.cpu(), y.cpu()), strict=True):
        assert found.value == pytest.approx(wanted.value, rel=1e-4)


def test_a_gpu_is_waited_for_before_the_clock_is_read(device: torch.device, monkeypatch: pytest.MonkeyPatch) -> None:
    waits, wait = [], torch.cuda.synchronize
    monkeypatch.setattr(torch.cuda, "synchronize", lambda *given: (waits.append(given), wait(*given)))
    z, y = torch.rand(40, 3).to(device), torch.arange(40).to(device) % 10
    assert seconds(NearestOracles(z, y, 10), z) >= 0 and len(waits) == 5
