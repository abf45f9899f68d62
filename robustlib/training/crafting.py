"""Adversarial sets for training: every attack on every model, crafted batch by batch, so that no work is done twice."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from robustlib.datasets import CraftedSplit, Split
from robustlib.describe import architecture, describe, weights_hash
from robustlib.door import check_images, check_model, check_size
from robustlib.files import NotedFolder
from robustlib.interfaces import Attack, Images
from robustlib.modes import seeded
from robustlib.precision import settled
from robustlib.source import fingerprint_of


def craft_sets(
    attacks: Mapping[str, Attack],  # A, by name
    models: Mapping[str, nn.Module],  # M, by name
    split: Split,
    folder: Path | str,
    *,
    images: int | Mapping[str, int] | None = None,  # the first so many of the split, or so many by attack; None: all
    seed: int = 0,
    batch: int = 250,  # images attacked at a time, >= 1
    progress: bool = True,
) -> CraftedSplit:
    r"""The split with :math:`X_{adv} = \{X^{a,m}\}, a \in A, m \in M`: sets "a on m" of every attack on every model.

    Each lies in a folder of its own inside `folder`, a file for each batch. A batch's random numbers follow from the
    seed, its names and its place, so that an interrupted call goes on with the same images, and two workers at it make
    the same files. A set that is there is read, not made.

    Source: Li et al. 2019 (AT2L), algorithm 2, lines 3 to 8; with one model, the one that is trained, algorithm 1.
    Raises: TypeError for a model that is none; ValueError for an empty set of attacks, models or images, for `images`
    not between 1 and the split's, for a damaged file, and for stored images of another attack, other weights, other
    data, or code edited since.
    """
    if not attacks or not models or len(split) == 0:
        found = "no attack" if not attacks else "no model" if not models else "no image"
        raise ValueError(f"adversarial sets need at least one attack, model and image, got {found}: nothing to make")
    if isinstance(images, Mapping) and (unknown := sorted(images.keys() - attacks.keys())):
        raise ValueError(f"`images` counts for {unknown[0]!r}, which is none of the attacks {', '.join(attacks)}")
    check_size(batch)
    for model in models.values():
        check_model(model, split[:1][0])
    counts = {name: _count(images, name, len(split)) for name in attacks}
    sets = {}
    for attacked, model in models.items():
        for name, attack in attacks.items():
            part = split.subset(slice(0, counts[name]))
            own = Path(folder) / _as_folder(f"{name} on {attacked}")
            sets[f"{name} on {attacked}"] = _crafted(model, attack, part, own, seed, batch, progress)
    return CraftedSplit(split.x, split.y, split.name, sets)


def _crafted(model: nn.Module, attack: Attack, part: Split, own: Path, seed: int, batch: int, progress: bool) -> Images:
    """One set, from the files in its folder where they are there."""
    kept = NotedFolder(own, _note(model, attack, part, seed, batch), "adversarial images")
    found: list[Tensor] = []
    starts = range(0, len(part), batch)
    for i, start in enumerate(tqdm(starts, desc=own.name, unit="batch", disable=not progress)):
        x, y = part[start : start + batch]
        if not kept.has(i):
            with seeded(seed, f"{own.name} {i}", x.device):
                x_adv = attack(model, x, y).detach().cpu()
            check_images(x_adv, f"what {type(attack).__name__} made of batch {i}")
            kept.write(i, {"x": x_adv})
        found.append(kept.read(i)["x"])
        check_images(found[-1], f"batch {i} of {own}")
        if found[-1].shape != x.shape:
            raise ValueError(f"{own}: batch {i} holds {tuple(found[-1].shape)} for {tuple(x.shape)}; {kept.way_out}")
    return torch.cat(found).to(part.x.device)


def _note(model: nn.Module, attack: Attack, part: Split, seed: int, batch: int) -> dict[str, Any]:
    """What makes two sets the same, by what would differ."""
    said = {
        "attack": describe(attack),
        "data": part.sha256,
        "weights": weights_hash(model),
        "architecture": architecture(model),
        "seed": seed,
        "images a batch": batch,
        "code": fingerprint_of(attack, model),
    }
    return json.loads(json.dumps(settled(said, part.x.device)))


def _count(images: int | Mapping[str, int] | None, attack: str, n: int) -> int:
    """How many images this attack is given."""
    count = images.get(attack) if isinstance(images, Mapping) else images
    if count is None:
        return n
    if not 1 <= count <= n:
        raise ValueError(f"{attack}: adversarial forms of {count} images are asked for, the split has {n}")
    return count


def _as_folder(name: str) -> str:
    """The name without what a folder's may not have."""
    return "".join(c if c.isalnum() or c in "-." else "-" for c in name)
