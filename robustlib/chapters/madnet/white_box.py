"""MadNet's white-box attacks (tables 1 to 3), with the readings that the paper leaves open."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from robustlib.attacks import BIM, FGSM, PGD, Capped, CarliniWagner
from robustlib.attacks.capped import Reading
from robustlib.evaluation import Outcome
from robustlib.evaluation.verdicts import correct
from robustlib.experiments.adversarial_examples import AdversarialExamples, craft
from robustlib.experiments.attack_rows import attack_columns, attacked
from robustlib.experiments.detector_rows import quantile_row
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row, accuracy_row
from robustlib.geometry import L2, Linf
from robustlib.interfaces import Attack, Images, Labels

CLEAN_CORRECT = "clean-correct"  # the paper's images: those that the network reads right before the attack
READINGS: dict[Reading, str] = {
    "clip": "clipped to the cap",
    "reject": "rejected outside the cap",
    "off": "without a cap",
}
NINE = "C&W, nine search steps"


@dataclass(frozen=True, eq=False)
class Made:
    """An attack whose images are there already: read several times, made once."""

    x_adv: Images

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        return self.x_adv


@dataclass(frozen=True)
class WhiteBox:
    """One network: each accuracy over all images, and over those it reads right when clean, as the paper has it.

    The paper names no step of BIM and PGD: "BIM" and "PGD" are the readings of the source papers, beside them those of
    other harnesses. C&W has one weight c for all images (one binary-search step), its examples are made once and read
    three times, see `Capped`; beside it nine search steps, with the length of what they find.

    Source: Rozenberg et al. 2020, sections 5.1 to 5.3, tables 1 to 3 and 5, appendix D.
    """

    single: tuple[float, ...]  # radii of FGSM, L-infinity, pixel units of [0, 1]
    radii: tuple[float, ...]  # of BIM and PGD
    weights: tuple[float, ...]  # c of C&W
    cap: float  # of C&W's change of a pixel
    iterations: int = 1000  # of C&W for each c
    searched: int = 0  # images for C&W with nine search steps; 0: left out

    def attacks(self) -> dict[tuple[str, float], Attack]:
        """Those with a radius, by name and radius."""
        found: dict[tuple[str, float], Attack] = {("FGSM", eps): FGSM(eps) for eps in self.single}
        for eps in self.radii:
            found |= {
                ("BIM", eps): BIM(eps),
                ("BIM, steps of eps/4", eps): BIM(eps, alpha=eps / 4),
                ("PGD", eps): PGD(eps, steps=10),
                # The harness of Mustafa et al. 2019; ten steps end at 0.078, inside both radii of MNIST.
                ("PGD, steps of 2/255", eps): PGD(eps, 10, 2 / 255, random_start=False),
            }
        return found

    def __call__(self, on: Subject) -> Findings:
        attacks = {f"{name} {eps:g}": (name, attack) for (name, eps), attack in self.attacks().items()}
        found = attacked(on, {said: attack for said, (_, attack) in attacks.items()}, "white-box")
        clean = found["clean"]
        rows, made = [accuracy_row(clean)], {said: attack for said, (_, attack) in attacks.items()}
        for said, (name, attack) in attacks.items():
            rows += both(found[said], clean, attack=name, **attack_columns(attack))
        for c in self.weights:
            own, attack = carlini_wagner(on, on.model, c, self.iterations)
            rows += capped_rows(on.model, own, c, self.cap, steps=self.iterations)
            made[of_weight(c)] = attack
        if self.searched:
            attack = made[NINE] = CarliniWagner(9, self.iterations, precision="fast")
            own = craft(on.model, NINE, attack, on.dataset.test[: min(on.n, self.searched)], on.folder, seed=on.seed)
            columns: dict[str, Any] = {"attack": NINE, "norm": "L2", "steps": self.iterations}
            rows += [*both(own.outcome, of(own), **columns), distortion(own, **columns)]
        return Findings(rows, made)


def of_weight(c: float, reading: Reading | None = None) -> str:
    """C&W of one weight and one reading of the cap, as the rows call it: "C&W, c = 0.1, clipped to the cap"."""
    return f"C&W, c = {c:g}" + (f", {READINGS[reading]}" if reading else "")


def of_one_weight(c: float, iterations: int = 1000) -> CarliniWagner:
    """C&W as table 5 has it: one binary-search step, confidence 0."""
    return CarliniWagner(1, iterations, c=c, kappa=0.0, precision="fast")


def carlini_wagner(on: Subject, source: Any, c: float, iterations: int) -> tuple[AdversarialExamples, Attack]:
    """The examples that C&W with one binary-search step makes on a network, and the attack."""
    attack = of_one_weight(c, iterations)
    return craft(source, of_weight(c), attack, on.dataset.test[: on.n], on.folder, seed=on.seed), attack


def capped_rows(model: nn.Module, made: AdversarialExamples, c: float, cap: float, **columns: Any) -> list[Row]:
    """What a network says of C&W's images in the three readings of the cap, and how long those without a cap are."""
    clean, rows = correct(model, made.x, made.y), []
    for reading in READINGS:
        x_adv = Capped(Made(made.x_adv), cap, reading)(model, made.x, made.y)
        right, moved = clean & correct(model, x_adv, made.y), (x_adv - made.x).cpu()
        outcome = Outcome(right.cpu(), Linf().size(moved), L2().size(moved), made.outcome.seconds)
        of_all = {"attack": of_weight(c, reading), "norm": "L2"} | columns
        rows += both(outcome, of_right(clean), **of_all)
        if reading == "off":
            own = AdversarialExamples(made.x, made.y, x_adv, clean.cpu(), outcome)
            rows.append(distortion(own, **of_all))
    return rows


def both(outcome: Outcome, clean: Outcome, **columns: Any) -> list[Row]:
    """The accuracy over all images, and over those that were right before the attack, where there are any."""
    rows, right = [accuracy_row(outcome, **columns)], clean.correct
    if right.any():
        kept = Outcome(outcome.correct[right], outcome.linf[right], outcome.l2[right], outcome.seconds)
        rows.append(accuracy_row(kept, images=CLEAN_CORRECT, **columns))
    return rows


def distortion(made: AdversarialExamples, **columns: Any) -> Row:
    """Median and middle half of the L2 lengths, pixel units of [0, 1], of what made a right answer wrong."""
    return quantile_row("distortion", made.outcome.l2[made.fooled], **columns)


def of(made: AdversarialExamples) -> Outcome:
    """What the images were before the attack."""
    return of_right(made.clean_correct)


def of_right(right: torch.Tensor) -> Outcome:
    """The outcome of no attack."""
    zero = torch.zeros(len(right))
    return Outcome(right.cpu(), zero, zero, 0.0)
