"""What the notebook computes on the spot: the loss on the way to an attacked image, and a card of one's choice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from robustlib.attacks import FGSM, PGD
from robustlib.chapters.judging_a_defence.frauds import EPS, FRAUDS, NAIVE, UNDEFENDED, laid_over
from robustlib.evaluation import TextTable, under_attack
from robustlib.evaluation.report_card import report_card
from robustlib.interfaces import Attack, Images, Labels
from robustlib.losses import cross_entropy, margin
from robustlib.models import Classifier
from robustlib.modes import seeded

QUICK = (
    "reach", "unavailable gradients", "PGD, BIM, FGSM", "margin against cross-entropy", "black box against white box",
    "binarisation", "random answers",
)  # fmt: skip
KINDS: dict[str, Callable[[int], Attack]] = {
    "PGD": lambda steps: PGD(EPS, steps, stop_early=True),
    "PGD on the margin": lambda steps: PGD(EPS, steps, loss=margin, stop_early=True),
    "PGD, steps of 2/255": lambda steps: PGD(EPS, steps, alpha=2 / 255, random_start=False, stop_early=True),
    "FGSM": lambda steps: FGSM(EPS),
}


def way(model: nn.Module, x: Images, y: Labels, delta: Tensor, points: int = 61) -> tuple[list[float], list[float]]:
    r"""The cross-entropy at x + t delta for t from 0 to 1, and its slope there by automatic differentiation.

    .. math:: L(t) = \ell(f(x + t \delta), y), \qquad L'(t) = \nabla_x \ell(f(x + t \delta), y) \cdot \delta

    x, y one image and its label; delta of the shape of x. Raises: ValueError unless there is exactly one image and
    points >= 2.
    """
    if len(x) != 1 or points < 2:
        raise ValueError(f"a way starts at one image and has 2 points or more, got {len(x)} images and {points} points")
    at = torch.linspace(0, 1, points, device=x.device).reshape(-1, 1, 1, 1)
    with seeded(0, "way", x.device), torch.enable_grad():
        on_it = (x + at * delta).clamp(0, 1).requires_grad_(True)
        loss = cross_entropy(model(on_it), y.expand(points))
        (g,) = torch.autograd.grad(loss.sum(), on_it)
    return loss.detach().tolist(), (g * delta).flatten(1).sum(1).tolist()


def ways(plain: Classifier, x: Images, y: Labels) -> dict[str, tuple[list[float], list[float]]]:
    """The same way, to where PGD on the undefended network went, behind every fraud that changes the network."""
    with seeded(0, "ways", x.device):
        delta = replace(NAIVE, stop_early=False)(plain, x, y) - x
    networks = {UNDEFENDED: plain} | {name: laid_over(name, plain) for name in FRAUDS if name != "step too small"}
    return {name: way(network.eval(), x, y, delta) for name, network in networks.items()}


def judged(plain: Classifier, data: Any, defence: str, attack: str, steps: int) -> TextTable:
    """One of the frauds, or the network without, under an attack of so many steps, and the quick checks of the card.

    Raises: KeyError for an unknown attack; FGSM takes one step whatever is asked.
    """
    network, chosen = laid_over(defence, plain), KINDS[attack](steps)
    ways = {"chosen": chosen} | ({"knowing": FRAUDS[defence].knowing} if defence in FRAUDS else {})
    found = under_attack(network, ways, data)
    card = report_card(network, data, {attack: chosen}, EPS, only=QUICK, binarised=10, queries=300)
    rows = [("accuracy, clean", f"{100 * found['clean'].accuracy:.0f} %")]
    rows.append((f"accuracy under {attack}", f"{100 * found['chosen'].accuracy:.0f} %"))
    if "knowing" in found:
        rows.append((f"accuracy under {FRAUDS[defence].known_as}", f"{100 * found['knowing'].accuracy:.0f} %"))
    rows += [("the card", card.verdict), ("convicted by", ", ".join(card.named("fails")) or "none")]
    rows += [(check.name, check.measured) for check in card.checks if check.verdict == "fails"]
    steps = getattr(chosen, "steps", 1)
    caption = f"{defence}, {attack}, steps: {steps}, L-infinity, eps {EPS:g}, n = {found['clean'].n} digits, seed 0."
    return TextTable(caption, ("what", "found"), tuple(rows))
