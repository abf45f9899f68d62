"""A distance network read through oracles: the rules, and how accurate and how fast they are (DunDi's table 1)."""

import timeit
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, pstdev
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from robustlib.experiments.detector_rows import share_row
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row, pack
from robustlib.geometry import float64
from robustlib.interfaces import Features, Labels
from robustlib.models import Classifier, NearestOracles, TwoStep, draw_oracles

Rule = Literal["two-step", "exact", "literal"]
N, M, K = 10, 3, 5  # oracles of a class by default; of step 1; classes that step 1 keeps


def counted_oracles(n: int) -> str:
    """ "1 oracle", "10 oracles"."""
    return f"{n} oracle{'s' * (n > 1)}"


def read_by(n: int = N, rule: Rule = "two-step") -> str:
    """The column `defense` of what was read so: "two-step, 10 oracles"."""
    return f"{rule}, {counted_oracles(n)}"


def oracle_head(z: Features, y: Labels, classes: int, n: int = N, draw: int = 0, rule: Rule = "two-step") -> Any:
    """A head on n oracles of each class, drawn from these embeddings; step 1 reads min(m, n) of them."""
    z_oracle, y_oracle = draw_oracles(z, y, n, draw)
    if rule == "exact":
        return NearestOracles(z_oracle, y_oracle, classes)
    return TwoStep(z_oracle, y_oracle, classes, min(M, n), min(K, classes), literal=rule == "literal")


def two_step(on: Subject) -> Classifier:
    """The network as its authors read it, on one draw of ten oracles a class from the training images."""
    z, y = features_of(on.model, on.dataset.train, len(on.dataset.train))
    return Classifier(on.model.body, oracle_head(z, y, len(on.dataset.classes))).eval()


def draws_row(answers: Sequence[Tensor], **columns: Any) -> Row:
    """The accuracy over several draws of the oracles, from which images each gets right: the mean, between the least
    and the most. One network alone has its own accuracy, with the Wilson interval.
    """
    n, hits = len(answers[0]), [int(right.sum()) for right in answers]
    if n == 0 or len(hits) == 1:
        return share_row("accuracy", hits[0], n, bits=pack(answers[0]), **columns)
    shares = [found / n for found in hits]
    series = {"draws": shares, "std": pstdev(shares), "bits": pack(answers[0])}  # of the first draw
    return Row("accuracy", mean(shares), n, min(shares), max(shares), series=series, **columns)


@dataclass(frozen=True)
class OracleAccuracy:
    """Measures one distance network by every rule, over several draws of the oracles, and how its classes lie."""

    sizes: tuple[int, ...] = (1, 10, 20)  # oracles of a class
    draws: int = 5

    @torch.no_grad()
    def __call__(self, on: Subject) -> Findings:
        train, classes = on.dataset.train, len(on.dataset.classes)
        z_train, y_train = features_of(on.model, train, len(train))
        z, y = features_of(on.model, on.dataset.test, on.n)
        rows = []
        for rule in get_args(Rule):
            for size in self.sizes:
                heads = [oracle_head(z_train, y_train, classes, size, draw, rule) for draw in range(self.draws)]
                rows.append(draws_row([head(z).argmax(1) == y for head in heads], defense=read_by(size, rule)))
        for rule in get_args(Rule)[:2]:
            head, how = oracle_head(z_train, y_train, classes, 20, rule=rule), read_by(20, rule)
            rows.append(Row("seconds", seconds(head, z), len(z), defense=how))
            rows.append(Row("distances per image", head.comparisons, len(z), defense=how))
        return Findings([*rows, *distance_rows(z, y)])


def seconds(head: Any, z: Features) -> float:
    """What a head takes for all these embeddings, the least of five tries."""

    def once() -> None:
        head(z)
        if z.device.type == "cuda":  # a GPU is still at work when the call returns
            torch.cuda.synchronize(z.device)

    return round(min(timeit.repeat(once, number=1)), 4)


def distance_rows(z: Features, y: Labels, count: int = 2000) -> list[Row]:
    """Mean Euclidean distances between embeddings of one class and of two, and the share of tuples in wrong order."""
    z = float64(z[:count])
    y = y[:count].to(z.device)
    far = torch.cdist(z, z)
    same = (y[:, None] == y[None]) & ~torch.eye(len(z), dtype=torch.bool, device=z.device)
    near, other = far[same].cpu(), far[y[:, None] != y[None]].cpu()
    draw = torch.Generator().manual_seed(0)
    a, b = (side[torch.randint(len(side), (10_000,), generator=draw)] for side in (near, other))
    return [
        Row("distance within a class", near.mean().item(), len(z)),
        Row("distance between classes", other.mean().item(), len(z)),
        Row("tuples in wrong order", (a >= b).double().mean().item(), len(a)),
    ]
