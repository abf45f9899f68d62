"""Small runs for a page: seconds on one CPU thread, on the embedded images, never a published number."""

from typing import Any

import torch

from robustlib.attacks import PGD
from robustlib.chapters.robust_representations.embedding import class_distances
from robustlib.datasets import Batches
from robustlib.evaluation import Cell, Table, under_attack
from robustlib.experiments.features import features_of
from robustlib.experiments.live import outcome_cell
from robustlib.losses import batch_hard, margin
from robustlib.models import Classifier, class_means
from robustlib.objectives import RobustRepresentations
from robustlib.objectives.robust_representations import Miner
from robustlib.training import Adam, fit

RADII = (0.05, 0.1, 0.2)
SEED = 0


def retrain(
    model: Classifier,
    dataset: Any,
    *,
    gap: float = 1.0,  # the triplet margin, squared feature units
    mine: Miner = batch_hard,
    weight: float = 1.0,
    stop_gradient: bool = True,
    epochs: int = 3,
    images: int = 200,
) -> Table:
    """Tune the model with triplets, and show what PGD on the logit margin leaves of it: one row, in per cent.

    The model is changed. PGD with 20 steps; Adam at 1e-3, ten times the rate of the report, because the run is
    so short.
    """
    torch.manual_seed(SEED)
    objective = RobustRepresentations(gap, mine, weight, stop_gradient=stop_gradient)
    fit(model, Batches(128)(dataset.train), objective, optimizer=Adam(1e-3), epochs=epochs, progress=False)
    attacks = {f"eps {eps:g}": PGD(eps, steps=20, loss=margin, stop_early=True) for eps in RADII}
    outcomes = under_attack(model, attacks, dataset.test[:images])
    label = f"{mine.__name__.replace('_', '-')}, margin {gap:g}, weight {weight:g}" if epochs else "not tuned"
    label += "" if stop_gradient or not epochs else ", no stop-gradient"
    cells = [outcome_cell(label, name, outcome) for name, outcome in outcomes.items()]
    z, y = features_of(model, dataset.test, 1000)
    apart = class_distances(z, y, class_means(z, y, len(dataset.classes)))["separation"]
    cells.append(Cell(label, "separation", ours=apart))
    caption = (
        f"Accuracy in %, clean and under PGD on the logit margin. L-infinity, 20 steps, n = {images} bundled images, "
    )
    return Table(
        caption + f"seed {SEED}, {epochs} epochs on {len(dataset.train)} images, 95 % Wilson intervals.", tuple(cells)
    )
