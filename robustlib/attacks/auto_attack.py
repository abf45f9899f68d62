"""AutoAttack: four attacks without a knob to turn, and what stands after them is the robust accuracy to report."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from tqdm.auto import tqdm

from robustlib.attacks.apgd import APGD
from robustlib.attacks.fab import FAB
from robustlib.attacks.square import Square
from robustlib.attacks.targeted import APGDT
from robustlib.attacks.wrappers import Strongest
from robustlib.geometry import Linf, Norm
from robustlib.interfaces import Attack, Images, Labels


@dataclass(frozen=True)
class AutoAttack:
    """The standard version: APGD-CE, APGD-T, FAB-T and Square in turn, each only on the images still standing.

    The budgets are the authors' own. A model of fewer classes has fewer targets, and the DLR loss falls back as its
    function says. It expects a deterministic model.

    Source: Croce & Hein 2020 (AutoAttack), section 5, with the targeted variants that their code calls "standard".
    Kind: budget. Raises: ValueError unless eps >= 0, steps, targets and queries >= 1; when called, for bad images or
    labels.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 100  # of each APGD run, and of FAB towards each target, >= 1
    targets: int = 9  # wrong classes that APGD-T and FAB-T try, >= 1; all of them where the model has fewer
    queries: int = 5000  # of Square, >= 1
    norm: Norm = field(default_factory=Linf)
    precision: torch.dtype | None = None  # e.g. torch.bfloat16 for the search
    progress: bool = False  # show a bar that counts the model's forwards

    def __post_init__(self) -> None:
        _ = self.attacks

    @property
    def attacks(self) -> dict[str, Attack]:
        """The four attacks by name, in their order."""
        eps, steps, targets, norm, precision = self.eps, self.steps, self.targets, self.norm, self.precision
        return {
            "APGD-CE": APGD(eps, steps, norm=norm, stop_early=True, precision=precision),
            "APGD-T": APGDT(eps, steps, targets, norm=norm, stop_early=True, precision=precision),
            "FAB-T": FAB(eps, steps, targets, norm=norm, precision=precision),
            "Square": Square(eps, self.queries, norm=norm, precision=precision),
        }

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        attacks = self.attacks
        if not self.progress:
            return Strongest(tuple(attacks.values()))(model, x, y)
        forwards = [self.steps, self.targets * self.steps, self.targets * self.steps, self.queries]
        with tqdm(unit=" forwards", unit_scale=True) as bar:
            watched = [
                _Watched(attack, name, sum(forwards[i:]), bar) for i, (name, attack) in enumerate(attacks.items())
            ]
            x_adv = Strongest(tuple(watched))(model, x, y)
            bar.total = bar.n  # what broke needs no more
        return x_adv


@dataclass(frozen=True, eq=False)
class _Watched:
    """An attack whose forwards a bar counts, image by image."""

    attack: Attack
    name: str
    ahead: int  # the most forwards that an image needs from here on
    bar: Any

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        self.bar.set_description(f"{self.name}, {len(x)} standing")
        self.bar.total = self.bar.n + len(x) * self.ahead

        def count(module: nn.Module, args: tuple[Any, ...]) -> None:
            self.bar.update(len(args[0]))

        body = getattr(model, "body", model)  # a reduced-precision search calls the body, not the model
        handle = body.register_forward_pre_hook(count)
        try:
            return self.attack(model, x, y)
        finally:
            handle.remove()
