"""Targets for readers to break: what the library's own attack fools of each is measured, and is their goal."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import nn

from robustlib.datasets import load
from robustlib.experiments import registry
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.results import DamagedResult, checkpoint_path, load_result, result_path
from robustlib.experiments.rows import Row, one, pack, read
from robustlib.files import sha256
from robustlib.interfaces import Detector, Images, Labels
from robustlib.labs import Goal, Target, judge
from robustlib.labs.judge import standing
from robustlib.models import Classifier

KIND = "break-it"


def digits(device: str | torch.device = "cpu") -> tuple[Images, Labels]:
    """The thousand embedded test digits, whose indices the targets count by."""
    return load("mnist_5k", device=device).test[:]


@dataclass(frozen=True)
class BreakIt:
    """Measures what the library's own attack fools of a locked target, and with how many passes an image.

    The images are the first n embedded test digits that the network reads right and its detector accepts.
    """

    name: str  # of what is to be broken
    paper: str
    eps: float  # L-infinity, pixel units of [0, 1]
    attack: Callable[[Target], Callable[..., Any]]  # made for the target, which knows eps and the detector
    called: str  # the attack's name
    behind: Callable[[Any], nn.Module] | None = None  # what reads the images, where not the network by its own head
    detector: Callable[[Any], Detector] | None = None
    threshold: Callable[[], float] | None = None  # of the detector's score

    def target(self, trained: Callable[[], Classifier], rows: tuple[int, ...], device: Any = "cpu") -> Target:
        """The target that a trained network makes, without a goal yet."""
        load_it = partial(_behind, self.behind, trained)
        tau = None if self.threshold is None else self.threshold()
        data = partial(digits, device)
        return Target(self.name, self.paper, load_it, data, rows, self.eps, detector=self.detector, threshold=tau)

    def __call__(self, on: Subject) -> Findings:
        device = next(on.model.parameters()).device
        whole = self.target(partial(deepcopy, on.model), tuple(range(len(digits()[0]))), device)
        target = replace(whole, rows=standing(whole, on.seed)[: on.n])
        found = judge(self.attack(target), target, on.seed)
        if found.refused:
            raise ValueError(f"{self.called} on {self.name}: {found.refused}")
        low, high = found.interval
        fooled = torch.tensor([v.fooled for v in found.verdicts])
        columns: dict[str, Any] = {"attack": self.called, "norm": "Linf", "eps": self.eps, "images": "embedded digits"}
        series = {"rows": list(target.rows)}
        spent = {"forward": found.forward, "backward": found.backward}
        rows = [
            Row("fooled", found.share, found.n, low, high, bits=pack(fooled), series=series, **columns),
            Row("passes", found.passes, found.n, series=spent, **columns),
        ]
        return Findings(rows)


def _behind(behind: Callable[[Any], nn.Module] | None, trained: Callable[[], Classifier]) -> nn.Module:
    return trained() if behind is None else behind(trained())


def locked(network: str, seed: int = 0, device: str | torch.device = "cpu") -> Target:
    """The target of this network of the book, with the goal that was measured on it.

    Raises: LookupError for a network without a target; FileNotFoundError before its goal was measured; DamagedResult
    where that was on other weights than are there, or the file is damaged.
    """
    planned = registry.measurement(f"{network}-{KIND}")
    stored = load_result(planned.name, seed)
    if sha256(checkpoint_path(network, seed)) != stored["weights"]:
        raise DamagedResult(
            f"{result_path(planned.name, seed)}: its goal was measured on other weights than are in "
            f"{checkpoint_path(network, seed)}; put those back, or run `python -m robustlib run {planned.name} --again`"
        )
    rows = [read(record) for record in stored["rows"]]
    fooled, passes = one(rows, metric="fooled"), one(rows, metric="passes")
    evaluate = planned.evaluate
    if not isinstance(evaluate, BreakIt) or fooled.value is None or fooled.n is None or passes.value is None:
        raise DamagedResult(f"{result_path(planned.name, seed)}: it holds no goal; run {planned.name} again")
    target = evaluate.target(partial(load_model, network, seed, device), tuple(fooled.series["rows"]), device)
    return replace(target, goal=Goal(round(fooled.value * fooled.n), fooled.n, passes.value, fooled.attack))
