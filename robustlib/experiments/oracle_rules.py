"""A distance network read through oracles: the rules, and how accurate and how fast they are (DunDi's table 1)."""

import time
from dataclasses import dataclass
from statistics import mean, pstdev
from typing import Any, Literal, get_args

import torch

from robustlib.evaluation import Outcome
from robustlib.experiments.experiment import Measured
from robustlib.experiments.heads import features_of
from robustlib.geometry import float64
from robustlib.interfaces import Features, Labels
from robustlib.models import Classifier, NearestOracles, TwoStep, draw_oracles

Rule = Literal["two-step", "exact", "literal"]
N, M, K = 10, 3, 5  # oracles of a class by default; of step 1; classes that step 1 keeps


def oracle_head(z: Features, y: Labels, classes: int, n: int = N, draw: int = 0, rule: Rule = "two-step") -> Any:
    """A head on n oracles of each class, drawn from these embeddings; step 1 reads min(m, n) of them."""
    z_oracle, y_oracle = draw_oracles(z, y, n, draw)
    if rule == "exact":
        return NearestOracles(z_oracle, y_oracle, classes)
    return TwoStep(z_oracle, y_oracle, classes, min(M, n), min(K, classes), literal=rule == "literal")


def over_draws(shares: list[float]) -> dict[str, Any]:
    """Mean and standard deviation over draws of the oracles, and each draw."""
    return {"mean": mean(shares), "std": pstdev(shares), "draws": shares}


@dataclass(frozen=True)
class OracleAccuracy:
    """Measures one distance network on all test images, by every rule, over several draws of the oracles."""

    sizes: tuple[int, ...] = (1, 10, 20)  # oracles of a class
    draws: int = 5

    @torch.no_grad()
    def __call__(self, model: Classifier, dataset: Any, n: int) -> Measured:
        classes = len(dataset.classes)
        z_train, y_train = features_of(model, dataset.train, len(dataset.train))
        z, y = features_of(model, dataset.test, len(dataset.test))
        outcomes: dict[str, Outcome] = {}
        accuracy: dict[str, Any] = {}
        for rule in get_args(Rule):
            for size in self.sizes:
                right = [
                    oracle_head(z_train, y_train, classes, size, d, rule)(z).argmax(1) == y for d in range(self.draws)
                ]
                nothing = torch.zeros(len(y))
                outcomes[f"{rule}, n = {size}"] = Outcome(right[0].cpu(), nothing, nothing, 0.0)
                accuracy[f"{rule}, n = {size}"] = over_draws([r.float().mean().item() for r in right])
        outcomes["clean"] = outcomes[f"two-step, n = {N}"]
        seconds = {rule: timed(oracle_head(z_train, y_train, classes, 20, 0, rule), z) for rule in get_args(Rule)[:2]}
        return Measured(outcomes, {"accuracy": accuracy, "seconds, n = 20": seconds, "distances": distances(z, y)})


def timed(head: Any, z: Features, repeats: int = 5) -> dict[str, float]:
    """Seconds for these embeddings, the least of some repeats, and the distances computed for one image as printed."""
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        head(z)
        if z.device.type == "cuda":  # a GPU is still at work when the call returns
            torch.cuda.synchronize(z.device)
        found.append(time.perf_counter() - began)
    return {"seconds": round(min(found), 4), "images": len(z), "distances": head.comparisons}


def distances(z: Features, y: Labels, count: int = 2000) -> dict[str, float]:
    """Mean Euclidean distances between embeddings of one class and of two, and the share of tuples in wrong order."""
    z, y = float64(z[:count]), y[:count]
    y = y.to(z.device)
    far = torch.cdist(z, z)
    same = (y[:, None] == y[None]) & ~torch.eye(len(z), dtype=torch.bool, device=z.device)
    other = y[:, None] != y[None]
    draw = torch.Generator().manual_seed(0)
    a, b = (far[mask].cpu() for mask in (same, other))
    pick = [side[torch.randint(len(side), (10_000,), generator=draw)] for side in (a, b)]
    wrong = (pick[0] >= pick[1]).double().mean().item()
    return {"same class": a.mean().item(), "other class": b.mean().item(), "pairs in wrong order": wrong}
