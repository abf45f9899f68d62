"""The ImageNet recipe on random weights and six images of noise, at a third of the size."""

from dataclasses import replace

import pytest
import torch

from robustlib.attacks import FGSM
from robustlib.chapters.input_defences.imagenet import AS_PRINTED, imagenet_recipe
from robustlib.chapters.input_defences.randomisation_attacks import ENSEMBLE, VANILLA, RandomisationAttacks
from robustlib.experiments import select

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("torchvision")


@pytest.mark.slow
def test_the_recipe_runs_from_a_folder_to_rows(tmp_path, monkeypatch):
    torch.manual_seed(0)
    for name in ("n01", "n02", "n03"):
        (tmp_path / "val" / name).mkdir(parents=True)
        for i in range(2):
            noise = torch.randint(256, (100, 100, 3), dtype=torch.uint8).numpy()
            Image.fromarray(noise).save(tmp_path / "val" / name / f"{i}.jpg", "JPEG")
    monkeypatch.setattr(RandomisationAttacks, "attacks", lambda self: {"FGSM": FGSM(self.eps)})
    measure = replace(AS_PRINTED, size=96, low=99, high=104, few=2, draws=2, steps=1, queries=1)
    rows = imagenet_recipe(tmp_path / "val", tmp_path, "resnet101", None, 2, measure).rows
    assert {r.n for r in select(rows, attack="FGSM", source=("", VANILLA))} == {6}
    assert {r.n for r in select(rows, source=ENSEMBLE)} == {2}
    assert all(r.largest_linf <= 2 / 255 + 1e-6 for r in rows if r.attack)


def test_the_sizes_are_the_papers_and_the_patterns_are_21():
    assert (AS_PRINTED.size, AS_PRINTED.low, AS_PRINTED.high) == (299, 310, 331)
    patterns = AS_PRINTED.ensemble(torch.nn.Flatten()).patterns
    assert len(patterns) == 21 and {p.side for p in patterns} == {310, 317, 323, 330, 331}
