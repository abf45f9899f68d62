"""MadNet's black box (table 4): a proxy learns the network's answers, and is attacked in its place."""

from dataclasses import dataclass

import torch

from robustlib.attacks import BIM, FGSM, PGD, Transfer
from robustlib.chapters.madnet.white_box import both, capped_rows, carlini_wagner, of_weight
from robustlib.evaluation.verdicts import seeded
from robustlib.experiments.attack_rows import attack_columns, attacked
from robustlib.experiments.detector_rows import share_row
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import accuracy_row
from robustlib.interfaces import Attack
from robustlib.models import Classifier, preactivation_resnet
from robustlib.training import SGD, DecayWeights, OneCycle, fit
from robustlib.training.distil import Answered, ask, mimicry

PROXY = "distilled proxy"


@dataclass(frozen=True)
class BlackBox:
    """One network, asked once for its probabilities on every training image; the proxy has its gradients looked at.

    The proxy is trained as `robustlib.training.distil` trains a student, in "fast" arithmetic and one cycle of the
    rate, which `distil` does not offer; the paper names neither schedule nor images. "agreement" is the share of test
    images on which it says what the network says.

    Source: Rozenberg et al. 2020, section 5.4 and table 4; Papernot et al. 2017 (Practical black-box attacks).
    """

    eps: float  # of FGSM, BIM and PGD, L-infinity, pixel units of [0, 1]
    c: float  # of C&W; none is printed for CIFAR-100
    cap: float  # of C&W's change of a pixel
    depth: int = 8  # of the proxy; paper: 32
    epochs: int = 2  # of the proxy, over all training images
    iterations: int = 1000  # of C&W
    compared: int = 1000  # test images for the agreement

    def attacks(self) -> dict[str, Attack]:
        """Those with a radius."""
        return {"FGSM": FGSM(self.eps), "BIM": BIM(self.eps), "PGD": PGD(self.eps, steps=10)}

    def __call__(self, on: Subject) -> Findings:
        proxy, attacks = self.proxy(on), self.attacks()
        found = attacked(on, {name: Transfer(proxy, attack) for name, attack in attacks.items()}, "black-box")
        rows = [accuracy_row(found["clean"])]
        for name, attack in attacks.items():
            columns = attack_columns(attack) | {"attack": name, "source": PROXY}
            rows += both(found[name], found["clean"], **columns)
        made, attack = carlini_wagner(on, proxy, self.c, self.iterations)
        rows += capped_rows(on.model, made, self.c, self.cap, steps=self.iterations, source=PROXY)
        x, _ = on.dataset.test[: self.compared]
        said = (ask(model, x, "labels").argmax(1) for model in (on.model, proxy))
        rows.append(share_row("agreement", int(torch.eq(*said).sum()), len(x), source=PROXY))
        return Findings(rows, {f"{name} {self.eps:g}": a for name, a in attacks.items()} | {of_weight(self.c): attack})

    def proxy(self, on: Subject) -> Classifier:
        """The distilled network, in eval mode; its training goes on where it was interrupted."""
        x = on.dataset.train[:][0]
        with seeded(on.seed, PROXY, x.device):
            proxy = preactivation_resnet(self.depth, len(on.dataset.classes), x.shape[1]).to(x.device)
            fit(
                proxy, Answered(x, ask(on.model, x), 128), mimicry, optimizer=DecayWeights(SGD(0.1, weight_decay=5e-4)),
                schedule=OneCycle(), epochs=self.epochs, checkpoint=on.folder / "proxy.pt", precision="fast",
                progress=True,
            )  # fmt: skip
        return proxy.eval()
