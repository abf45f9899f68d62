"""The adversarial sets that an experiment trains on, kept under what they are of: two experiments may share one."""

import hashlib
import json
from typing import Any

from robustlib.datasets import CraftedSplit
from robustlib.describe import describe, weights_hash
from robustlib.experiments.checkpoints import load_model
from robustlib.experiments.experiment import Experiment
from robustlib.experiments.results import runs_folder
from robustlib.models import Classifier
from robustlib.precision import settled
from robustlib.source import fingerprint_of
from robustlib.training import craft_sets


def crafted_split(
    experiment: Experiment, model: Classifier, seed: int, dataset: Any, progress: bool = True
) -> CraftedSplit:
    """The training images with the sets of the experiment's attacks on its sources and on the model as it is now.

    They are made in the folder of unfinished runs, where an interrupted call goes on, and where they stay for the
    experiments that attack the same weights: delete `crafted` there when all are trained.
    Raises: ValueError for an experiment without sets, or with a frozen part; as `load_model` and `craft_sets`.
    """
    crafting = experiment.crafted
    if crafting is None or experiment.frozen is not None:
        raise ValueError(f"{experiment.name}: adversarial images are of networks trained as a whole, and of `crafted`")
    split = dataset.train
    models = {name: load_model(name, seed, split.x.device) for name in crafting.sources}
    if crafting.itself:
        models["itself"] = model
    sets: dict[str, Any] = {}
    for attacked, target in models.items():
        for name, attack in crafting.attacks.items():
            count = crafting.count(name)
            call = [attack, count, crafting.batch, seed, split.sha256, weights_hash(target)]
            said = json.dumps([settled(describe(call), split.x.device), fingerprint_of(attack, target)], sort_keys=True)
            folder = runs_folder() / "crafted" / hashlib.sha256(said.encode()).hexdigest()[:16]
            options: dict[str, Any] = {"images": count, "batch": crafting.batch, "seed": seed, "progress": progress}
            sets |= dict(craft_sets({name: attack}, {attacked: target}, split, folder, **options).sets)
    return CraftedSplit(split.x, split.y, split.name, sets)
