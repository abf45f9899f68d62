"""Small runs for a page: seconds on one CPU thread, on the bundled images, never a published number."""

from typing import Any

import torch

from robustlib.attacks import PGD
from robustlib.chapters.robust_representations.embedding import class_distances
from robustlib.datasets import Batches
from robustlib.evaluation import Cell, Outcome, Table, under_attack
from robustlib.experiments.features import features_of
from robustlib.experiments.live import outcome_cell
from robustlib.interfaces import Objective
from robustlib.losses import batch_hard, margin
from robustlib.models import Classifier, class_means
from robustlib.objectives import CrossEntropy, RobustRepresentations
from robustlib.objectives.robust_representations import Miner
from robustlib.training import Adam, fit

RADII = (0.05, 0.1, 0.2)
SEED = 0


def judged(
    model: Classifier, dataset: Any, images: int = 200, radii: tuple[float, ...] = RADII
) -> dict[str, Outcome | float]:
    """What the model reads right of clean images and under PGD on the logit margin (20 steps), "clean", "eps 0.1", ...;
    and the "separation" of its embedding on the first 1,000 test images.
    """
    attacks = {f"eps {eps:g}": PGD(eps, steps=20, loss=margin, stop_early=True) for eps in radii}
    found: dict[str, Outcome | float] = dict(under_attack(model, attacks, dataset.test[:images]))
    z, y = features_of(model, dataset.test, 1000)
    found["separation"] = class_distances(z, y, class_means(z, y, len(dataset.classes)))["separation"]
    return found


def retrain(
    model: Classifier,
    dataset: Any,
    *,
    gap: float = 1.0,  # the triplet margin, squared feature units
    mine: Miner | None = batch_hard,  # None: cross-entropy alone, and no triplet
    weight: float = 1.0,
    stop_gradient: bool = True,
    epochs: int = 3,
    images: int = 200,
) -> Table:
    """Tune the model with triplets, and show what PGD on the logit margin leaves of it: one row, in per cent.

    The model is changed. Adam at 1e-3, ten times the rate of the report, because the run is so short.
    """
    torch.manual_seed(SEED)
    objective: Objective
    if mine is None:
        objective, label = CrossEntropy(), "cross-entropy alone"
    else:
        objective = RobustRepresentations(gap, mine, weight, stop_gradient=stop_gradient)
        label = f"{mine.__name__.replace('_', '-')}, margin {gap:g}, weight {weight:g}"
        label += "" if stop_gradient else ", no stop-gradient"
    fit(model, Batches(128)(dataset.train), objective, optimizer=Adam(1e-3), epochs=epochs, progress=False)
    label = label if epochs else "not tuned"
    cells = [
        outcome_cell(label, name, of) if isinstance(of, Outcome) else Cell(label, name, ours=of)
        for name, of in judged(model, dataset, images).items()
    ]
    caption = (
        f"Accuracy in %, clean and under PGD on the logit margin. L-infinity, 20 steps, n = {images} bundled images, "
    )
    return Table(
        caption + f"seed {SEED}, {epochs} epochs on {len(dataset.train)} images, 95 % Wilson intervals.", tuple(cells)
    )
