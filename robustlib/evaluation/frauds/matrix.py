"""Each planted fraud before the report card, and what fired: fraud x check -> verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from robustlib.attacks import APGD, PGD
from robustlib.evaluation.card.report import ReportCard
from robustlib.evaluation.frauds.layers import RejectsEverything
from robustlib.evaluation.frauds.wrappers import (
    k_winners_take_all,
    quantised_input,
    random_noise,
    saturated_softmax,
    stop_gradient,
)
from robustlib.evaluation.report_card import report_card
from robustlib.interfaces import Attack
from robustlib.losses import margin
from robustlib.models.classifier import Classifier

NAIVE: dict[str, Attack] = {"PGD": PGD(0.3, steps=20, stop_early=True)}
HONEST: dict[str, Attack] = {
    "PGD": PGD(0.3, steps=40, loss=margin, stop_early=True),
    "APGD": APGD(0.3, steps=40, stop_early=True),
}
SHORT: dict[str, Attack] = {"PGD": PGD(0.3, steps=10, alpha=2 / 255, random_start=False, stop_early=True)}


def itself(model: Classifier) -> Classifier:
    """No fraud: the network as it is."""
    return model


@dataclass(frozen=True)
class Line:
    """A fraud, or none, and the evaluation that it is to fool."""

    lay: Callable[[Classifier], Classifier] = itself
    attacks: Mapping[str, Attack] = field(default_factory=lambda: NAIVE)
    eps: float = 0.3  # L-infinity, pixel units of [0, 1]
    more: Mapping[str, Any] = field(default_factory=dict)  # settings of the card


LINES: dict[str, Line] = {
    "honest": Line(attacks=HONEST),
    "saturated-softmax": Line(saturated_softmax),
    "stop-gradient": Line(stop_gradient),
    "random-noise": Line(random_noise),
    "step-too-small": Line(attacks=SHORT),
    "quantised-input": Line(quantised_input),
    # At 0.3 its gradient leads plain PGD to nearly every image of an undefended LeNet; at 0.2 it does not.
    "k-winners-take-all": Line(k_winners_take_all, {"PGD": PGD(0.2, steps=20, stop_early=True)}, 0.2),
    "rejects-everything": Line(attacks=HONEST, more={"detector": RejectsEverything(), "threshold": 0.0}),
}


def fraud_card(name: str, model: Classifier, data: Any, seed: int = 0, **settings: Any) -> ReportCard:
    """The card of this line of `LINES`, laid over a network. `settings` as of `report_card`.

    Raises: KeyError for a name that is no line; as `report_card`.
    """
    line = LINES[name]
    return report_card(line.lay(model), data, line.attacks, line.eps, seed=seed, **dict(line.more), **settings)


def fraud_verdicts(model: Classifier, data: Any, seed: int = 0, **settings: Any) -> dict[str, dict[str, str]]:
    """The verdict of every check on every fraud: {fraud: {check: "passes", "fails" or "cannot be judged"}}.

    Raises: as `report_card`.
    """
    cards = {name: fraud_card(name, model, data, seed, **settings) for name in LINES}
    return {name: {check.name: check.verdict for check in card.checks} for name, card in cards.items()}
