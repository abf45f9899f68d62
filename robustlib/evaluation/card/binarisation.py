"""The binarisation test: an adversarial example is planted inside the ball, and the attack must find it."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.evaluation.card.answers import images_of
from robustlib.evaluation.card.bench import Bench
from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES, Finding, Question
from robustlib.evaluation.card.planting import OnFeatures, separating, two_class_head
from robustlib.evaluation.intervals import wilson
from robustlib.geometry import per_example
from robustlib.gradient import evaluating
from robustlib.interfaces import Features, Images
from robustlib.models.classifier import Classifier, is_plain

INNER, ENOUGH, CORNERS = 0.95, 0.95, 200  # of eps; of the images; of the random search


def planted(bench: Bench, features: Callable[[Images], Features], x: Images) -> nn.Linear | None:
    """The head under which a corner of the ball around one image is of class 1, and 999 inner points of class 0."""
    norm, eps = bench.settings.norm, bench.eps
    many = x.expand(bench.settings.inner, *x.shape[1:])
    ways = torch.where(
        per_example(torch.arange(len(many), device=x.device) % 2 == 0, many),
        norm.sample(many, eps),
        eps * norm.steepest(torch.randn_like(many)),
    )
    inner = norm.project(many + INNER * ways, many, INNER * eps)
    corner = norm.project(x + eps * norm.steepest(torch.randn_like(x)), x, eps)
    with torch.no_grad():
        parts = torch.cat([x, inner, corner]).split(bench.settings.batch)
        z = torch.cat([_flat(features(part), len(part)) for part in parts])
    found = separating(z[:-1].cpu(), z[-1].cpu())
    if found is None:
        return None
    w, t = found
    spread = (z[:-1].cpu().double() @ w).std().clamp(min=1e-12)
    head = two_class_head(w.to(z.dtype), t.to(z.dtype), spread.to(z.dtype)).to(x.device)
    with torch.no_grad():  # in the precision of the model, too, it is as planted
        says = head(z).argmax(1)
    return head if bool(says[-1] == 1) and not says[:-1].any() else None


def binarised(bench: Bench, head: nn.Module) -> nn.Module:
    """The model with the planted head in place of its own."""
    if bench.settings.features is None and isinstance(bench.model, Classifier):
        return Classifier(bench.model.body, nn.Sequential(nn.Flatten(), head))
    assert bench.settings.features is not None
    return OnFeatures(bench.settings.features, head)


def binarisation(bench: Bench) -> Finding:
    """At how many images the evaluation finds the example that was planted, in the hard form with 999 inner points.

    Each image has a head of two classes on the frozen features. The random search of 200 corners of the ball tells how
    easy it is; where that finds them too, the test says nothing. The test asks the body alone: what a head hides, the
    other checks have to find. Source: Zimmermann et al. 2022. Departures: Fisher's direction, not logistic;
    every other inner point is a corner of the inner ball, else what tells noise from corners would do.
    """
    own = bench.model.body if isinstance(bench.model, Classifier) and is_plain(bench.model) else None
    features = bench.settings.features or own
    if features is None:
        return Finding(CANNOT, "the model is no Classifier: name its features, features=function")
    images = bench.clean().nonzero().squeeze(1)[: bench.settings.binarised]

    def measure() -> dict[str, Any]:
        asked, found, easy = 0, 0, 0
        with evaluating(bench.model):
            for i in images.tolist():
                x, y = bench.x[i : i + 1], torch.zeros(1, dtype=torch.int64, device=bench.x.device)
                head = planted(bench, features, x)
                if head is None:
                    continue
                target, asked = binarised(bench, head), asked + 1
                with evaluating(target):
                    easy += _by_chance(bench, target, x)
                    found += any(_finds(bench, attack, target, x, y) for attack in bench.attacks.values())
        return {"asked": asked, "found": found, "easy": easy}

    try:
        result = bench.measured("binarisation", measure)
    except _Refused as error:
        return Finding(CANNOT, f"the attack refuses a model of two classes: {error}")
    asked, found, easy = (result[key] for key in ("asked", "found", "easy"))
    said = f"the evaluation finds {found} of {asked} planted examples, {CORNERS} random corners {easy}"
    if asked == 0 or easy > asked / 2:
        return Finding(CANNOT, f"{said}: too few, or too easily found")
    return Finding(FAILS if wilson(found, asked)[1] < ENOUGH else PASSES, said)


class _Refused(ValueError):
    pass


def _flat(z: Any, n: int) -> Tensor:
    """Raises: ValueError unless the features are one tensor with a finite row for each image."""
    if not isinstance(z, Tensor) or len(z) != n or not z.is_floating_point() or not z.isfinite().all():
        found = f"{z.dtype} of shape {tuple(z.shape)}" if isinstance(z, Tensor) else f"a {type(z).__name__}"
        raise ValueError(f"the features must be one tensor with a finite row for each of {n} images, got {found}")
    return z.flatten(1)


def _finds(bench: Bench, attack: Any, target: nn.Module, x: Images, y: Tensor) -> bool:
    try:
        x_adv = images_of(attack, target, x, y)
    except (ValueError, IndexError, RuntimeError) as error:  # a loss of three logits, a target beyond two classes
        raise _Refused(str(error)) from error
    fits = bool(bench.settings.norm.size(x_adv - x) <= bench.eps * (1 + 1e-5) + 1e-6)
    with torch.no_grad():
        return fits and bool(target(x_adv).argmax(1) == 1)


@torch.no_grad()
def _by_chance(bench: Bench, target: nn.Module, x: Images) -> int:
    norm, many = bench.settings.norm, x.expand(CORNERS, *x.shape[1:])
    return int(
        target(norm.project(many + bench.eps * norm.steepest(torch.randn_like(many)), many, bench.eps)).argmax(1).any()
    )


QUESTIONS = (
    Question(
        "binarisation",
        "Here an adversarial example exists by construction. An attack that does not find it proves nothing where it "
        "finds none. Zimmermann et al. 2022.",
        "Repair the attack until it finds them all: step, steps, loss, BPDA, EOT.",
        binarisation,
    ),
)  # fmt: skip
