"""Attacks made of attacks: again from another start, another eps, the strongest of several, batch by batch."""

from dataclasses import dataclass, replace
from itertools import chain

import torch
from torch import nn
from tqdm.auto import tqdm

from robustlib.attacks.climb import is_broken
from robustlib.door import check_inputs
from robustlib.geometry import draws_of
from robustlib.interfaces import Attack, Images, Labels


def _aims(attack: Attack) -> bool:
    """Whether y are targets for this attack; one that does not say has none."""
    return bool(getattr(attack, "targeted", False))


def _first_success(attacks: tuple[Attack, ...], targeted: bool, model: nn.Module, x: Images, y: Labels) -> Images:
    """Run the attacks in turn, each only on the images that none has broken (targeted: brought to the target); an
    unbroken image keeps the last result.
    """
    check_inputs(model, x, y)
    x_adv = x.detach().clone()
    rows = torch.arange(len(x), device=x.device)
    for attack in attacks:
        with draws_of(len(x), rows):
            x_adv[rows] = attack(model, x[rows], y[rows])
        rows = rows[~is_broken(model, x_adv[rows], y[rows], targeted)]
        if len(rows) == 0:
            break
    return x_adv


@dataclass(frozen=True)
class Restarts:
    """The same attack up to n times from new random starts, each time only on the images still standing.

    Source: Madry et al. 2018, section 5 (restarts). Kind: that of the attack. Raises: ValueError unless n >= 1.
    """

    attack: Attack
    n: int = 5

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError(f"Restarts needs n >= 1, got {self.n}")

    @property
    def targeted(self) -> bool:
        """Whether y are targets."""
        return _aims(self.attack)

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        return _first_success((self.attack,) * self.n, self.targeted, model, x, y)


@dataclass(frozen=True)
class Strongest:
    """Several attacks in turn, each only on the images that the earlier ones left standing.

    Targeted attacks leave standing what has not reached its target, untargeted ones what is classified as its label.
    `Relabel` turns a targeted attack into one that is judged by the label, and may stand beside untargeted ones.

    Source: Croce & Hein 2020, section 5 (an ensemble evaluates the worst case for each image).
    Kind: that of the attacks. Raises: ValueError if there is none, or if some are targeted and others are not.
    """

    attacks: tuple[Attack, ...]

    def __post_init__(self) -> None:
        if not self.attacks:
            raise ValueError("Strongest needs at least one attack")
        towards = [attack for attack in self.attacks if _aims(attack)]
        away = [attack for attack in self.attacks if not _aims(attack)]
        if towards and away:
            raise ValueError(
                "Strongest needs attacks that are all targeted or all untargeted, got a targeted "
                f"{type(towards[0]).__name__} beside an untargeted {type(away[0]).__name__}: y cannot be the targets "
                "of one and the labels of the other; give the targeted ones a rule, e.g. Relabel(attack, least_likely)"
            )

    @property
    def targeted(self) -> bool:
        """Whether y are targets."""
        return _aims(self.attacks[0])

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        return _first_success(self.attacks, self.targeted, model, x, y)


@dataclass(frozen=True)
class RandomEps:
    r"""The attack at a radius drawn once per batch, :math:`\epsilon \sim U[low, high]`, with its other fields kept.

    Source: Fostiropoulos et al. 2020, section 3.3 ("uniformly sampling"); Mustafa et al. 2019 train this way.
    Kind: budget. Raises: ValueError unless 0 <= low <= high.
    """

    attack: Attack
    low: float = 0.1
    high: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"RandomEps needs 0 <= low <= high, got low={self.low}, high={self.high}")

    @property
    def targeted(self) -> bool:
        """Whether y are targets."""
        return _aims(self.attack)

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        eps = self.low + (self.high - self.low) * torch.rand(()).item()
        return replace(self.attack, eps=eps)(model, x, y)  # type: ignore[type-var]


@dataclass(frozen=True)
class InBatches:
    """Any attack on any number of images, `size` at a time, in the memory of one batch, with a bar if wanted.

    A random attack draws anew for each batch, so that the result depends on the size. The images and the result stay
    where they are handed over; each batch is moved to the model's device, if it has one, and back.
    Kind: that of the attack. Raises: ValueError unless size >= 1.
    """

    attack: Attack
    size: int = 250  # images at a time, >= 1
    progress: bool = False  # show a bar of the images done

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"InBatches needs size >= 1, got {self.size}")

    @property
    def targeted(self) -> bool:
        """Whether y are targets."""
        return _aims(self.attack)

    def __call__(self, model: nn.Module, x: Images, y: Labels) -> Images:
        check_inputs(model, x, y)
        result, there = torch.empty_like(x), next(chain(model.parameters(), model.buffers()), x).device
        with tqdm(total=len(x), disable=not self.progress, unit="image") as bar:
            for i in range(0, len(x), self.size):
                rows = slice(i, i + self.size)
                result[rows] = self.attack(model, x[rows].detach().to(there), y[rows].to(there)).to(x.device)
                bar.update(len(x[rows]))
        return result
