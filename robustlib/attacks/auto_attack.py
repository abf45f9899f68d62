"""AutoAttack: four attacks without a knob to turn, and what stands after them is the robust accuracy to report."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from robustlib.attacks.apgd import APGD
from robustlib.attacks.fab import FAB
from robustlib.attacks.square import Square
from robustlib.attacks.targeted import APGDT
from robustlib.door import check_inputs
from robustlib.geometry import Linf, Norm, draws_of
from robustlib.gradient import clean_logits
from robustlib.interfaces import Attack, Images, Labels, PerExample
from robustlib.losses import margin
from robustlib.precision import Precision


@dataclass(frozen=True)
class AutoAttack:
    """The standard version: APGD-CE, APGD-T, FAB-T and Square in turn, each only on the images still standing.

    The budgets are the authors' own. A model of fewer classes has fewer targets, and the DLR loss falls back as its
    function says. `attacks` puts others in their place; a point that they find outside the ball does not count. An
    image that is wrong already comes back as it is, and one that nothing has broken as the point of the largest margin
    (`losses.margin`) among the parts' results and the clean image. It expects a deterministic model.

    Source: Croce & Hein 2020 (AutoAttack), section 5, with the targeted variants that their code calls "standard".
    Kind: budget. Raises: ValueError unless eps >= 0, steps, targets and queries >= 1, and every attack given has this
    radius and this norm, or none; when called, for bad images or labels, and logits that turn NaN or infinite.
    """

    eps: float = 0.3  # radius, pixel units of [0, 1]
    steps: int = 100  # of each APGD run, and of FAB towards each target, >= 1
    targets: int = 9  # wrong classes that APGD-T and FAB-T try, >= 1; all of them where the model has fewer
    queries: int = 5000  # of Square, >= 1
    norm: Norm = field(default_factory=Linf)
    precision: Precision = None  # of the search: "fast", torch.bfloat16; None is float32
    progress: bool = False  # show which attack is at work, and on how many images
    attacks: tuple[Attack, ...] | None = None  # run these instead; then steps, targets, queries, precision do nothing

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("AutoAttack needs at least one attack, or None for its own four")
        for name, attack in self.parts.items():
            for key in ("eps", "norm"):
                theirs, ours = getattr(attack, key, None), getattr(self, key)
                if theirs is not None and theirs != ours:
                    raise ValueError(f"{name} has {key}={theirs}, AutoAttack {key}={ours}: give both the same")

    @property
    def parts(self) -> dict[str, Attack]:
        """The attacks by name, in their order."""
        if self.attacks is not None:
            names = [type(attack).__name__ for attack in self.attacks]
            again = [names[:i].count(name) for i, name in enumerate(names)]
            return {name + f"-{k + 1}" * (k > 0): a for name, k, a in zip(names, again, self.attacks, strict=True)}
        eps, steps, targets, norm, precision = self.eps, self.steps, self.targets, self.norm, self.precision
        return {
            "APGD-CE": APGD(eps, steps, norm=norm, stop_early=True, precision=precision),
            "APGD-T": APGDT(eps, steps, targets, norm=norm, stop_early=True, precision=precision),
            "FAB-T": FAB(eps, steps, targets, norm=norm, precision=precision),
            "Square": Square(eps, self.queries, norm=norm, precision=precision),
        }

    @torch.no_grad()
    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        x = x.detach()
        x_adv = x.clone()
        if len(x) == 0:
            return x_adv
        best, wrong = _margins(model, x, y)
        rows = (~wrong).nonzero()[:, 0]
        with tqdm(self.parts.items(), disable=not self.progress, unit="attack") as bar:
            for name, attack in bar:
                if len(rows) == 0:
                    break
                bar.set_description(f"{name}, {len(rows)} standing")
                with draws_of(len(x), rows):
                    found = attack(model, x[rows], y[rows])
                lead, broken = _margins(model, found, y[rows])
                inside = self.norm.size(found - x[rows]) <= self.eps * (1 + 1e-5) + 1e-6
                better = inside & (broken | (lead > best[rows]))
                x_adv[rows[better]], best[rows[better]] = found[better], lead[better]
                rows = rows[~(inside & broken)]
        return x_adv


def _margins(model: nn.Module, x: Images, y: Labels) -> tuple[PerExample, Tensor]:
    """By how much the best wrong class beats the label, and whether the prediction is wrong, both in float32."""
    logits = clean_logits(model, x, y)
    return margin(logits, y), logits.argmax(1) != y
