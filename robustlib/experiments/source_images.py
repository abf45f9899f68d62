"""The network that DunDi's adversarial images are made on, and how they are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from robustlib.attacks import BIM, FGSM, JSMA, Relabel, random_class
from robustlib.experiments.checkpoints import load_stored
from robustlib.experiments.crafting import Crafted, craft
from robustlib.experiments.results import checkpoint_path, runs_folder
from robustlib.files import sha256
from robustlib.interfaces import Attack
from robustlib.models import Classifier


@dataclass(frozen=True)
class Source:
    """The network the images are made on, and how: the settings of the code released with Feinman et al. 2017."""

    network: str  # its experiment
    model: Any  # makes the network, without weights
    eps: float  # L-infinity, pixel units of [0, 1]
    step: float  # of both iFGSM, 50 steps
    shares: tuple[float, ...] = (1 / 6, 1 / 3, 1 / 2, 2 / 3)  # of eps: smaller radii, as the paper prints none
    images: int = 1000
    saliency_images: int = 200

    def attacks(self) -> dict[str, Attack]:
        """The four of the paper."""
        # JSMA: the released code gives its last image back where it failed.
        jsma = JSMA(theta=1.0, gamma=0.1, targeted=True, keep_last=True)
        return {
            "FGSM": FGSM(self.eps),
            "iFGSM-a": BIM(self.eps, 50, self.step, stop_early=True, precision="fast"),
            "iFGSM-b": BIM(self.eps, 50, self.step, precision="fast"),
            "JSMA": Relabel(jsma, random_class),
        }

    def smaller(self) -> dict[str, Attack]:
        """FGSM and iFGSM-b at parts of the radius, named "FGSM 0.1"."""
        found: dict[str, Attack] = {}
        for part in self.shares:
            eps = part * self.eps
            climb = BIM(eps, 50, part * self.step, precision="fast")
            found |= {f"FGSM {eps:.3g}": FGSM(eps), f"iFGSM-b {eps:.3g}": climb}
        return found

    def made(
        self, dataset: Any, device: torch.device, attacks: Mapping[str, Attack]
    ) -> tuple[Classifier, dict[str, Crafted]]:
        """The network, and its images by attack; crafted once, and read again by every survey that asks."""
        path = checkpoint_path(self.network, 0)
        model = load_stored(self.model().to(device).eval(), self.network)
        folder = runs_folder() / f"{self.network}-handed-over-{sha256(path)[:8]}-{self.images}"
        counts = {"JSMA": self.saliency_images}
        found = {
            name: craft(model, name, attack, dataset.test[: counts.get(name, self.images)], folder, batch=250)
            for name, attack in attacks.items()
        }
        return model, found
