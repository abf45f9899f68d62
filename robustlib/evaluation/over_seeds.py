"""The protocol for a defence that draws random numbers: several evaluations, worst for each image and mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm.auto import tqdm

from robustlib.evaluation.intervals import wilson
from robustlib.evaluation.outcome import Outcome, worst_case
from robustlib.evaluation.randomness import Randomness, randomness
from robustlib.evaluation.under_attack import under_attack
from robustlib.evaluation.verdicts import images_and_labels
from robustlib.interfaces import Attack


@dataclass(frozen=True, eq=False)
class OverSeeds:
    """One attack's outcomes under several seeds, each of them a new attack judged by a new draw.

    `mean` estimates the robust accuracy of the random defence: the attack of a seed is judged by a draw that it did not
    see, so that it gains nothing by luck. `worst` counts an image as broken if one of the evaluations broke it: what an
    attacker reaches who may try as often, and it falls with the number of draws also where the attack does nothing.
    """

    by_seed: Mapping[int, Outcome]
    randomness: Randomness

    @property
    def draws(self) -> int:
        """On how many draws this rests: one for each seed; 0 for a model that draws none, 1 if it seeds itself."""
        drawn = self.randomness
        if not drawn.random:
            return 0
        return 1 if set(drawn.generators) == set(drawn.reseeded) and not drawn.own else len(self.by_seed)

    @property
    def shares(self) -> Float[Tensor, " n"]:
        """Of each image, the share of the evaluations in which the model got it right."""
        return torch.stack([outcome.correct for outcome in self.by_seed.values()]).float().mean(0)

    @property
    def worst(self) -> Outcome:
        """An image stands only if it stands in every evaluation."""
        found = worst_case({str(seed): outcome for seed, outcome in self.by_seed.items()})
        return replace(found, draws=self.draws)

    @property
    def mean(self) -> float:
        """The accuracy, averaged over the evaluations."""
        return sum(outcome.accuracy for outcome in self.by_seed.values()) / len(self.by_seed)

    @property
    def extremes(self) -> tuple[float, float]:
        """The least and the most accuracy of one evaluation."""
        found = [outcome.accuracy for outcome in self.by_seed.values()]
        return min(found), max(found)

    @property
    def interval(self) -> tuple[float, float]:
        """A 95 % interval of the mean: Wilson's over the images, as if each were judged once.

        Draws of one image are not new images, and a mean of several varies no more than one of them: this is on the
        wide side. A model that draws once for a whole batch varies more than images tell: see `extremes`.
        """
        n = self.worst.n
        right = round(self.mean * n, 6)
        return wilson(floor(right), n)[0], wilson(ceil(right), n)[1]

    def __repr__(self) -> str:
        (low, high), (least, most) = self.interval, self.extremes
        return (
            f"mean {100 * self.mean:.1f} % [{100 * low:.1f}, {100 * high:.1f}], single evaluations {100 * least:.1f} "
            f"to {100 * most:.1f} %, worst of {len(self.by_seed)} for each image {100 * self.worst.accuracy:.1f} %, "
            f"n = {self.worst.n}, on {self.draws} draw{'s' * (self.draws != 1)} of a model that {self.randomness}"
        )


def over_seeds(
    model: nn.Module,
    attacks: Mapping[str, Attack],
    data: Any,  # a Split, or (x, y)
    *,
    seeds: Sequence[int] = range(5),
    batch: int = 250,
    progress: bool = False,
    checkpoint: Path | str | None = None,  # one file a seed, "NAME-seed3"; None: nothing is written
) -> dict[str, OverSeeds]:
    """`under_attack` once for each seed: other draws of the model, and other starts of the attack.

    A random defence is attacked with `EOT` inside and judged so; one evaluation alone takes an image that a lucky draw
    misreads for broken, and stops attacking it. A model that draws nothing may be handed in: its outcomes differ by the
    attack's own random numbers, and rest on 0 draws.

    Source: Croce & Hein's auto-attack, pull request 105 (several evaluations of each image; not merged).
    Raises: ValueError unless there are two different seeds at least; as `under_attack`.
    """
    if len(seeds) < 2 or len(set(seeds)) != len(seeds):
        raise ValueError(f"several evaluations need two different seeds at least, got {list(seeds)}")
    x, y = images_and_labels(data)
    found = randomness(model, x[:batch])
    outcomes: dict[int, dict[str, Outcome]] = {}
    for seed in tqdm(seeds, disable=not progress, unit="seed"):
        path = None if checkpoint is None else Path(f"{checkpoint}-seed{seed}")
        outcomes[seed] = under_attack(model, attacks, (x, y), seed=seed, batch=batch, checkpoint=path)
    return {name: OverSeeds({s: outcomes[s][name] for s in seeds}, found) for name in ("clean", *attacks)}
