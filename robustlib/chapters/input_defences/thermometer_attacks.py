"""T3: the attacks of the papers on thermometer codes, and those of someone who knows that the gradient is zero."""

from dataclasses import dataclass
from typing import Any

from robustlib.attacks import APGDT, BPDA, FGSM, LSPGA, PGD, Restarts, Square, Transfer
from robustlib.chapters.input_defences.without_clean import without_clean
from robustlib.evaluation import under_attack, worst_case
from robustlib.experiments import Findings, Subject
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.experiments.checkpoints import load_model
from robustlib.interfaces import Attack, submodules
from robustlib.losses import margin
from robustlib.models import SigmoidThermometer, SoftThermometer, Thermometer

WORST = "worst case"
ONE_STEP, SEVEN = "one-step LS-PGA", "LS-PGA"
SMOOTH = "BPDA APGD-T, sigmoid"  # the straight substitute has no slope at the edge of a cell, nor in the last one


@dataclass(frozen=True)
class ThermometerAttacks:
    """Known: on this network. Unknown: images of FGSM and PGD made on another one, named in `source`. Adaptive: BPDA.

    Of the paper's columns FGSM and LS-PGA, on a network with a thermometer the first is read as one step of the second;
    "FGSM" is then the gradient of the pixels, which is zero. A network without a thermometer gets FGSM and PGD.
    Clean accuracy is of all test images.
    Source: Li et al. 2019, table 1 and the supplement's tables 8 to 11; Athalye et al. 2018 (BPDA).
    """

    source: str  # the undefended network, an experiment
    eps: float  # L-infinity, pixel units of [0, 1]
    few: int = 200  # images under the adaptive attacks
    steps: int = 50  # of BPDA, and of LS-PGA among the adaptive attacks
    restarts: int = 5
    queries: int = 1000  # of Square

    def known(self, encoded: bool) -> dict[str, Attack]:
        """The paper's attacks, on the network itself."""
        found: dict[str, Attack] = {"FGSM": FGSM(self.eps)}
        if encoded:
            return found | {ONE_STEP: LSPGA(self.eps, 1), SEVEN: LSPGA(self.eps, 7)}
        return found | {"PGD": PGD(self.eps, 7)}

    def adaptive(self, encoder: Thermometer | None) -> dict[str, Attack]:
        """T3; without an encoder the same climbs on the pixels' own gradient."""
        climb: dict[str, Any] = {"alpha": self.eps / 10, "loss": margin, "stop_early": True}
        pgd, apgd = PGD(self.eps, self.steps, **climb), APGDT(self.eps, self.steps)
        found: dict[str, Attack] = {"Square": Square(self.eps, self.queries, precision="fast")}
        if encoder is None:
            return found | {"margin PGD": Restarts(pgd, self.restarts), "APGD-T": apgd}
        soft = SoftThermometer(encoder.levels)
        found["BPDA margin PGD"] = Restarts(BPDA(pgd, Thermometer, soft), self.restarts)
        found["BPDA APGD-T"] = BPDA(apgd, Thermometer, soft)
        found[SMOOTH] = BPDA(apgd, Thermometer, SigmoidThermometer(encoder.levels))
        found["margin LS-PGA"] = Restarts(LSPGA(self.eps, self.steps, anneal=1.1, loss=margin), self.restarts)
        return found

    def __call__(self, on: Subject) -> Findings:
        encoder = next((m for m in submodules(on.model) if isinstance(m, Thermometer)), None)
        columns: dict[str, Any] = {"norm": "Linf", "eps": self.eps}
        rows = accuracy_rows(under_attack(on.model, {}, on.dataset.test, seed=on.seed), {})
        known = self.known(encoder is not None)
        rows += without_clean(attacked(on, known, "known"), known, **columns)
        made = dict(known)
        if on.network != self.source:
            other = load_model(self.source, on.seed, on.dataset.test.x.device)
            unknown: dict[str, Attack] = {
                name: Transfer(other, attack) for name, attack in self.known(encoded=False).items()
            }
            found = attacked(on, unknown, "unknown")
            rows += without_clean(found, unknown, source=self.source, **columns)
        adaptive = self.adaptive(encoder)
        found = attacked(on, adaptive, "adaptive", n=self.few)
        rows += without_clean(found, adaptive, **columns)
        rows += accuracy_rows({WORST: worst_case(found)}, {}, **columns)
        return Findings(rows, made | adaptive)
