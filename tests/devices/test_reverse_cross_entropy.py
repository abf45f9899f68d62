"""The measures of the chapter on reverse cross-entropy, and what its page trains, on another device than the CPU."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from chapters.reverse_cross_entropy.ten_images import digits, network, subject

from robustlib.chapters.reverse_cross_entropy import black_box, detector_scores
from robustlib.chapters.reverse_cross_entropy.adaptive import BOTH, Adaptive
from robustlib.chapters.reverse_cross_entropy.black_box import BlackBox
from robustlib.chapters.reverse_cross_entropy.embedding_maps import EmbeddingMap, spectrum_row
from robustlib.chapters.reverse_cross_entropy.live import both_losses
from robustlib.chapters.reverse_cross_entropy.oblivious import CarliniWagnerSurvey, Oblivious
from robustlib.chapters.reverse_cross_entropy.white_box import WhiteBox
from robustlib.experiments.clean import CleanAccuracy
from robustlib.experiments.rows import Row, one, select

WHITE_BOX, ADAPTIVE = WhiteBox(1.0, 2, 5, 1, 5, 4), Adaptive(1.0, (0.5,), 4, 1)


@pytest.fixture
def there(device: torch.device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The rows of a measure of the ten images on the device; a network that it loads is there too."""
    for name in ("RUNS", "CHECKPOINTS"):
        monkeypatch.setenv(f"ROBUSTLIB_{name}", str(tmp_path / name.lower()))
    monkeypatch.setattr(black_box, "load_model", lambda name, seed, device: network().to(device))
    monkeypatch.setattr(detector_scores, "GAMMAS", (0.1, 1.0))

    def rows(evaluate: Any) -> list[Row]:
        (folder := tmp_path / type(evaluate).__name__).mkdir()
        on = subject(folder)
        return list(evaluate(replace(on, model=on.model.to(device), dataset=on.dataset.to(device))).rows)

    return rows


@pytest.mark.slow
def test_measures(there: Any) -> None:
    clean = [there(CleanAccuracy(0.1)), there(EmbeddingMap(perplexity=3.0))]
    clean += [there(Oblivious(1.0, (0.2,), (0.2,), (0.2,), 4)), there(CarliniWagnerSurvey(1.0, 2, 5))]
    clean += [there(WHITE_BOX), found := there(ADAPTIVE)]
    assert [one(rows, metric="accuracy", attack="").value for rows in clean] == [0.9] * 6
    assert one(found, attack=BOTH).value <= 0.9
    sent = there(BlackBox(1.0, (0.5,), {"other": (WHITE_BOX, ADAPTIVE)}))
    assert [r.n is not None for r in select(sent, metric="transfer rate")] == [True] * 3


def test_a_spectrum(any_device: torch.device) -> None:
    torch.manual_seed(0)
    z, y = torch.randn(50, 8), torch.arange(50) % 5
    there, here = spectrum_row(z.to(any_device), y.to(any_device), 5), spectrum_row(z, y, 5)
    assert there.value == pytest.approx(here.value, rel=1e-3)


def test_what_the_page_trains(device: torch.device) -> None:
    found = both_losses(digits(60, 1).train.to(device), 1, device)
    assert {p.device.type for net in found.values() for p in net.parameters()} == {device.type}
