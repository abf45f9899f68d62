"""Retraining in rounds: craft adversarial sets against the weights of this moment, train on them, and again."""

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from robustlib.datasets import Crafted, CraftedSplit, Split
from robustlib.interfaces import Attack, Objective
from robustlib.modes import seeded
from robustlib.precision import Precision
from robustlib.training.crafting import craft_sets
from robustlib.training.fit import fit
from robustlib.training.history import History
from robustlib.training.optimizers import SGD, Adam, DecayWeights
from robustlib.training.schedules import Constant

ITSELF = "itself"  # how the network that is trained is called among the models that are attacked


def retrain(
    model: nn.Module,  # trained on clean images already: line 1 of both algorithms
    split: Split,
    objective: Objective,  # called with (x, y, x_adv), e.g. AT2L() without an attack
    attacks: Mapping[str, Attack],  # A, by name
    folder: Path | str,  # for the adversarial sets and the states of the rounds
    *,
    sources: Mapping[str, nn.Module] | None = None,  # M, by name: other networks, which stay as they are; None: none
    itself: bool = True,  # whether the network that is trained is attacked too, anew in every round
    rounds: int = 3,  # outer iterations, >= 1; 10 in the paper
    epochs: int = 1,  # passes over the images of a round, >= 1
    sampler: Crafted = Crafted(32),  # noqa: B008 (a frozen value)
    optimizer: SGD | Adam | DecayWeights = Adam(),  # noqa: B008
    schedule: Callable[[float], float] = Constant(),  # noqa: B008
    precision: Precision = None,  # of the training; an attack has its own
    images: int | Mapping[str, int] | None = None,  # crafted of each set, as in `craft_sets`
    batch: int = 250,  # images attacked at a time
    seed: int = 0,
    time_budget: float = math.inf,  # seconds of training in a round; then the rounds end, saved, to be resumed
    progress: bool = True,
) -> Iterator[History]:
    """After each round its history, with the model trained so far: stop asking, and no further round is made.

    With no `sources` this is algorithm 1, otherwise algorithm 2. Its lambda2 = 0, Tramèr's ensemble adversarial
    training, is the objective `AT2L.ensemble_adversarial_training()`. The sets of the sources are the same in every
    round and are crafted once. Called again with the same arguments, and the model as it was then, it goes through what
    is stored and goes on where it was interrupted. The global random numbers are put back after each round.

    Paper silent on whether the models of M are retrained and on "until training converged": no, and `epochs`.
    Source: Li et al. 2019 (AT2L), algorithms 1 and 2.
    Raises: when the first round is asked for, ValueError unless rounds, epochs >= 1, for an empty set of attacks,
    without a model to attack, and for a source called "itself"; as `craft_sets` for stored sets of other data, weights
    or code, and as `fit`.
    """
    if rounds < 1 or epochs < 1:
        raise ValueError(f"retraining needs rounds >= 1 and epochs >= 1, got rounds={rounds}, epochs={epochs}")
    others, folder = dict(sources or {}), Path(folder)
    if ITSELF in others:
        raise ValueError(f"a source is called {ITSELF!r}, as the network that is trained; give it another name")
    if not attacks or not (others or itself):
        missing = "no attack" if not attacks else "no source, and itself=False"
        raise ValueError(f"retraining crafts against every model with every attack, got {missing}: nothing to train on")
    crafting: dict[str, Any] = {"images": images, "seed": seed, "batch": batch, "progress": progress}
    standing = craft_sets(attacks, others, split, folder / "sources", **crafting).sets if others else {}
    for number in range(1, rounds + 1):
        own = folder / f"round{number}"
        sets = dict(standing)
        if itself:
            sets |= craft_sets(attacks, {ITSELF: model}, split, own, **crafting).sets
        crafted = CraftedSplit(split.x, split.y, split.name, sets)
        with seeded(seed, f"round {number}", split.x.device):
            history = fit(
                model,
                sampler(crafted),
                objective,
                optimizer=optimizer,
                epochs=epochs,
                schedule=schedule,
                checkpoint=own / "training.pt",
                precision=precision,
                time_budget=time_budget,
                progress=progress,
            )
        yield history
        if not history.finished:
            return
