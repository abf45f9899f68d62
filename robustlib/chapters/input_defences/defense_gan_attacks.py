"""Defense-GAN as the papers measure it, on images made without it, and under T5."""

import base64
import time
from dataclasses import dataclass
from typing import Any

import torch

from robustlib.attacks import FGSM, PGD, CarliniWagner, Transfer
from robustlib.chapters.input_defences.on_manifold import FromManifold, OnManifold, WarmBPDA
from robustlib.chapters.input_defences.without_clean import without_clean
from robustlib.evaluation import under_attack, worst_case
from robustlib.experiments import Findings, Subject
from robustlib.experiments.attack_rows import accuracy_rows, attacked
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.rows import Row
from robustlib.interfaces import Attack
from robustlib.losses import margin
from robustlib.models import WGAN, Classifier, Generator, Search, defense_gan
from robustlib.modes import seeded

WORST = "worst case"
DEFENCE = "Defense-GAN"
AT_ONCE, ALONE = "all at once", "one at a time"


def generator_of(name: str, seed: int, device: torch.device) -> Generator:
    """The generator of a trained pair. Raises: TypeError for another network."""
    found = load_model(name, seed, device)
    if not isinstance(found, WGAN):
        raise TypeError(f"{name} has no generator: it is a {type(found).__name__}")
    return found.generator


@dataclass(frozen=True)
class DefenseGANAttacks:
    """FGSM and C&W on the classifier alone; the same images behind the defence; then T5, on a few.

    C&W is that of the L2 norm, as in the code released with Defense-GAN, there 100 steps of one c.
    Source: Li et al. 2019, table 3 and the supplement's table 14; Samangouei et al. 2018, table 4.
    """

    generator: str  # an experiment
    eps: float = 0.3  # L-infinity, of all but C&W, pixel units of [0, 1]
    search: Search = Search()
    few: int = 20  # images under T5
    steps: int = 100
    warm: int = 20  # steps of the search at each of them
    batch: int = 50  # images at a time

    def attacks(self) -> dict[str, Attack]:
        """The paper's two."""
        return {"FGSM": FGSM(self.eps), "C&W": CarliniWagner(1, 100, lr=0.1, c=100.0)}

    def adaptive(self) -> dict[str, Attack]:
        """T5."""
        pgd, start = PGD(self.eps, self.steps, loss=margin), OnManifold(self.eps)
        return {
            "BPDA margin PGD": WarmBPDA(pgd, self.warm), "on-manifold": start,
            "BPDA from the manifold": FromManifold(start, pgd, self.warm),
        }  # fmt: skip

    def __call__(self, on: Subject) -> Findings:
        target = defense_gan(on.model, generator_of(self.generator, on.seed, on.dataset.test.x.device), self.search)
        attacks, adaptive, target = self.attacks(), self.adaptive(), target.eval()
        rows = accuracy_rows(under_attack(on.model, {}, on.dataset.test, seed=on.seed), {})
        rows += without_clean(attacked(on, attacks, "undefended"), attacks)
        handed: dict[str, Attack] = {name: Transfer(on.model, attack) for name, attack in attacks.items()}
        found = self.judged(on, target, handed, "static", on.n)
        rows += accuracy_rows({"clean": found["clean"]}, {}, defense=DEFENCE)
        rows += without_clean(found, attacks, defense=DEFENCE, source=on.network)
        columns: dict[str, Any] = {"defense": DEFENCE, "norm": "Linf", "eps": self.eps}
        found = self.judged(on, target, adaptive, "adaptive", self.few)
        rows += without_clean(found, adaptive, steps=self.steps, **columns)
        rows += accuracy_rows({WORST: worst_case(found)}, {}, **columns)
        return Findings(rows, attacks | adaptive)

    def judged(self, on: Subject, target: Classifier, attacks: dict[str, Attack], file: str, n: int) -> Any:
        """The outcomes behind the defence, in small batches: a whole one is projected twice to see that it draws."""
        data, path = on.dataset.test[: min(n, on.n)], on.folder / f"{file}.pt"
        return under_attack(target, attacks, data, seed=on.seed, batch=self.batch, progress=True, checkpoint=path)


@dataclass(frozen=True)
class Reconstruction:
    """How near the generator comes to digits that it has not seen: the mean squared error of a pixel, and pictures.

    The series has the error of every image, and of the first 16 the image and its projection as bytes. Two rows say
    how many seconds an image took, searched for with all others at once, and alone.
    """

    search: Search = Search()
    pictures: int = 16
    alone: int = 5  # images that are searched for one at a time

    def __call__(self, on: Subject) -> Findings:
        x, _ = on.dataset.test[: on.n]
        generator = on.model.generator
        assert isinstance(generator, Generator)
        with seeded(on.seed, "reconstruction", x.device), torch.no_grad():
            began = time.monotonic()
            z, error = self.search(generator, x)
            error = error.cpu()  # the device has finished
            at_once = time.monotonic() - began
            made = generator(z[: self.pictures])
            began = time.monotonic()
            for image in x[: self.alone].split(1):
                self.search(generator, image)[1].cpu()
            alone = time.monotonic() - began
        shown = {"x": x[: self.pictures], "made": made}
        kept = {
            name: base64.b64encode((255 * t).round().to(torch.uint8).cpu().numpy().tobytes()).decode()
            for name, t in shown.items()
        }
        series = {"errors": [round(e, 5) for e in error.tolist()], "shape": list(made.shape), **kept}
        low, high = error.quantile(0.05).item(), error.quantile(0.95).item()
        mean = error.mean().item()
        row = Row("reconstruction error", mean, len(x), min(low, mean), max(high, mean), defense=DEFENCE, series=series)
        few = len(x[: self.alone])
        timed = [
            Row("seconds per image", took / n, n, images=how, defense=DEFENCE)
            for how, took, n in ((AT_ONCE, at_once, len(x)), (ALONE, alone, few))
        ]
        return Findings([row, *timed])
