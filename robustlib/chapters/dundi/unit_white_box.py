"""Stronger attacks on a distance network, made for embeddings of unit length, and the same on one of free length."""

from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from robustlib.attacks import APGDT, PGD, Restarts, Transfer
from robustlib.attacks.climb import Rows, climb
from robustlib.chapters.dundi.oracles import N, oracle_head, read_by
from robustlib.chapters.dundi.source_images import said
from robustlib.chapters.dundi.white_box import on_distances
from robustlib.evaluation import worst_case
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.features import features_of
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row
from robustlib.geometry import Norm
from robustlib.interfaces import Attack, Images, Labels, Logits, PerExample
from robustlib.losses import margin
from robustlib.losses.margin import logit
from robustlib.models import Classifier, NearestMeans, class_means, draw_oracles

ON_DISTANCES, ON_CENTRES = "margin PGD on distances", "margin PGD on class centres"
TOWARDS, ONWARDS = "APGD towards each class", "margin PGD from transferred images"
TRANSFERRED = "margin PGD"  # made on the native network, the column `source`


def lead(logits: Logits, y: Labels, target: Labels) -> PerExample:
    """By how much the target is nearer than the label, in units of the embedding, (n,)."""
    return logit(logits, target) - logit(logits, y)


@dataclass(frozen=True)
class Onwards:
    """PGD on one model that sets out from what another attack made of the images; an image is left at its first
    success, which may be the start itself. Kind: budget, that of the climb.
    """

    first: Attack  # gives the starts, inside the ball of `then`
    then: PGD

    @property
    def norm(self) -> Norm:
        """That of the climb, and so are its radius and its steps."""
        return self.then.norm

    @property
    def eps(self) -> float:
        """Radius, pixel units."""
        return self.then.eps

    @property
    def steps(self) -> int:
        """Gradient evaluations of the climb."""
        return self.then.steps

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        begun, climbs = self.first(model, x, y), self.then
        alpha = climbs.alpha or 2.5 * climbs.eps / climbs.steps

        def step(x_adv: Images, x: Images, g: Images, rows: Rows) -> Images:
            return climbs.norm.project(x_adv + alpha * climbs.norm.steepest(g), x, climbs.eps)

        return climb(climbs, model, x, y, step, lambda _: begun)


@dataclass(frozen=True)
class UnitWhiteBox:
    """One distance network under transfer, the climb of `OracleWhiteBox` and three attacks that need no long embedding.

    Towards each wrong class with the step sizes of Auto-PGD; on the distances to the mean of a class's oracles, which
    at unit length are angles; and from the images of the transfer onwards. Gradients pass through the normalisation.
    """

    native: str  # the softmax network of the transfer
    radii: tuple[float, ...] = (0.1, 0.2, 0.3)  # L-infinity, pixel units of [0, 1]
    restarts: int = 10
    steps: int = 100

    def __call__(self, on: Subject) -> Findings:
        classes = len(on.dataset.classes)
        z, y = features_of(on.model, on.dataset.train, len(on.dataset.train))
        target, smooth = (
            Classifier(on.model.body, oracle_head(z, y, classes, rule=rule)).eval() for rule in ("two-step", "exact")
        )
        means = class_means(*draw_oracles(z, y, N, 0), classes)
        centres = Classifier(on.model.body, NearestMeans(means)).eval()
        native = load_model(self.native, on.seed, device=z.device)
        rows: list[Row] = []
        made: dict[str, Attack] = {}
        for eps in self.radii:
            plans = self.plans(eps, smooth, centres, native)
            found = attacked(on, plans, f"{eps:g}", model=target)
            inner = {name: plan.attack if isinstance(plan, Transfer) else plan for name, plan in plans.items()}
            rows += accuracy_rows(found if not rows else {k: found[k] for k in plans}, inner, defense=read_by())
            columns: dict[str, Any] = {"norm": "Linf", "eps": eps, "defense": read_by()}
            rows += accuracy_rows({"worst case": worst_case(found)}, {}, **columns)
            made |= {said(name, eps): plan for name, plan in plans.items()}
        return Findings([replace(r, source=self.native) if r.attack == TRANSFERRED else r for r in rows], made)

    def plans(self, eps: float, smooth: Classifier, centres: Classifier, native: Classifier) -> dict[str, Attack]:
        """The attacks at one radius. What counts is the answer of the two-step rule."""
        deep = PGD(eps, self.steps, eps / 20, loss=margin, precision="fast")
        onwards = Onwards(Transfer(native, deep), replace(deep, stop_early=True))
        towards = APGDT(eps, self.steps, restarts=3, loss=lead, precision="fast")
        return {
            TRANSFERRED: Transfer(native, deep),
            ON_DISTANCES: on_distances(smooth, eps, restarts=self.restarts),
            ON_CENTRES: Transfer(centres, deep),
            TOWARDS: Transfer(smooth, towards),
            ONWARDS: Transfer(smooth, Restarts(onwards, self.restarts)),
        }
