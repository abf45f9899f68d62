"""Whether a defence draws random numbers, from which generator, and whether it says so."""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from robustlib.door import check_images, check_logits, check_model
from robustlib.gradient import evaluating, search_logits
from robustlib.interfaces import Images, Logits, submodules
from robustlib.modes import seeded

GENERATORS = ("torch", "numpy", "Python")  # the global ones, which `seeded` seeds

UNLIKELY = 0x5EED  # where our seeds begin: one that a model sets itself would else look like ours


@dataclass(frozen=True)
class Randomness:
    """Where a model's random numbers come from. It says that it draws by `draws_random_numbers = True` on a layer."""

    generators: tuple[str, ...]  # of GENERATORS: the global ones that it draws from, in eval mode
    reseeded: tuple[str, ...]  # those of them that it seeds itself, so that every seed of ours gives the same draws
    own: bool  # it answers otherwise when all of them are seeded alike: a generator of its own, a clock, a counter
    said: bool  # a layer has draws_random_numbers = True

    @property
    def random(self) -> bool:
        """Whether a verdict on it depends on a draw."""
        return bool(self.generators) or self.own

    @property
    def hidden(self) -> bool:
        """Whether it draws without saying."""
        return self.random and not self.said

    def __str__(self) -> str:
        if not self.random:
            return "draws no random numbers"
        sources = [f"{name}'s global generator" for name in self.generators]
        sources += ["a generator of its own (or a clock, or a counter), which no seed of ours reaches"] * self.own
        again = f", and seeds {' and '.join(self.reseeded)} itself" if self.reseeded else ""
        return f"draws random numbers from {' and '.join(sources)}{again}{'' if self.said else ', without saying so'}"


def randomness(model: nn.Module, x: Images, seed: int = 0) -> Randomness:
    """Ask the model of the same images five times in eval mode, with the global generators seeded alike and otherwise.

    torch's and numpy's generators tell by their state, also where the draws change no answer; Python's, which the
    shape checker of tests draws from too, by an answer that follows its seed. The generators are restored.

    Raises: as an attack, for what is no images, no model, or no logits; ValueError without an image.
    """
    check_images(x)
    check_model(model, x)
    if len(x) == 0:
        raise ValueError("whether a model draws random numbers is seen on one image at least")
    alike = dict.fromkeys(GENERATORS, UNLIKELY + seed)
    first, moved, ends = _ask(model, x, alike)
    check_logits(first)
    own = not _same(first, _ask(model, x, alike)[0])
    drawn, reseeded = [], []
    for name in GENERATORS:
        answer, _, other_ends = _ask(model, x, alike | {name: UNLIKELY + seed + 1})
        if name in moved or (name == "Python" and not own and not _same(first, answer)):
            drawn.append(name)
            if name in moved and np.array_equal(ends[name], other_ends[name]):
                reseeded.append(name)
    said = any(getattr(module, "draws_random_numbers", False) for module in submodules(model))
    return Randomness(tuple(drawn), tuple(reseeded), own, said)


def declared_randomness(model: nn.Module, x: Images, seed: int = 0) -> Randomness:
    """The same, for who will not judge a defence that hides it.

    Raises: ValueError for a model that draws random numbers without saying so; as `randomness`.
    """
    found = randomness(model, x, seed)
    if found.hidden:
        raise ValueError(
            f"the model {found}: one draw shows neither its gradient nor its answer. Set draws_random_numbers = True "
            "on the layer that draws, attack with EOT(attack, draws), and judge by over_seeds"
        )
    return found


def _states(device: torch.device) -> dict[str, Any]:
    """Of the generators that only a draw moves."""
    own = [torch.cuda.get_rng_state(device).numpy()] if device.type == "cuda" else []
    _, numbers, place, *_ = np.random.get_state()
    return {"torch": np.concatenate([torch.get_rng_state().numpy(), *own]), "numpy": np.append(numbers, place)}


@torch.no_grad()
def _ask(model: nn.Module, x: Images, seeds: dict[str, int]) -> tuple[Logits, set[str], dict[str, Any]]:
    """The answer with each generator at its seed, the generators that moved, and where they ended."""
    with evaluating(model), seeded(0, "randomness", x.device):
        torch.manual_seed(seeds["torch"]), np.random.seed(seeds["numpy"]), random.seed(seeds["Python"])
        before = _states(x.device)
        logits = search_logits(model, x.detach())
        after = _states(x.device)
    return logits, {name for name in before if not np.array_equal(before[name], after[name])}, after


def _same(first: Tensor, second: Tensor) -> bool:
    """As far as the rounding of one forward on another is wide."""
    return first.shape == second.shape and torch.allclose(first, second, 1e-3, 1e-3 * first.abs().max().item())
