"""Adversarial images that are kept: crafted batch by batch, each batch stored, so that no work is done twice."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool
from torch import Tensor
from tqdm.auto import tqdm

from robustlib.describe import describe
from robustlib.evaluation import Outcome
from robustlib.evaluation.outcome import correct, seeded
from robustlib.geometry import L2, Linf
from robustlib.interfaces import Attack, Images, Labels
from robustlib.models.classifier import Classifier
from robustlib.precision import settled


@dataclass(frozen=True, eq=False)
class Crafted:
    """Clean images, what an attack made of them, and which the model gets right before and after."""

    x: Images
    y: Labels
    x_adv: Images
    right: Bool[Tensor, " n"]  # on the clean images
    outcome: Outcome

    @property
    def fooled(self) -> Bool[Tensor, " n"]:
        """Right when clean and wrong when attacked: the pairs of Pang et al. 2018, table 2."""
        return self.right & ~self.outcome.correct

    @property
    def distortion(self) -> Tensor:
        r"""The paper's :math:`\\|x^* - x\\|_2 / \\sqrt d` of every pair, in pixel units of [0, 255]."""
        size = self.x[0].numel() ** 0.5
        return 255 * self.outcome.l2[self.fooled] / size


def craft(
    model: Classifier,
    name: str,
    attack: Attack,
    data: tuple[Images, Labels],
    folder: Path,
    *,
    seed: int = 0,
    batch: int = 100,
) -> Crafted:
    """Attack the images that the model gets right, in batches that are stored in the folder as they are done.

    A batch's random numbers follow from the seed, the name and its place, so that an interrupted call goes on with the
    same images. Images that are wrong from the start stay as they are. The folder belongs to one model.

    Raises: ValueError if the stored batches are of another attack or other images.
    """
    x, y = data
    right = correct(model, x, y)
    own = folder / name.replace(" ", "-").replace("/", "-")
    own.mkdir(parents=True, exist_ok=True)
    made_by = settled(describe({"attack": attack, "x": x, "y": y, "seed": seed, "batch": batch}), x.device)
    call = json.dumps(made_by, sort_keys=True)
    note = own / "call.json"
    if note.is_file() and note.read_text() != call:
        raise ValueError(f"{own}: holds images of another attack; delete the folder")
    note.write_text(call)
    x_adv, seconds = x.clone(), 0.0
    for i, rows in enumerate(tqdm(right.nonzero()[:, 0].split(batch), desc=name, unit="batch")):
        file = own / f"{i}.pt"
        if not file.is_file():
            began = time.monotonic()
            with seeded(seed, f"{name} {i}", x.device):
                found = attack(model, x[rows], y[rows])
            partial = file.with_suffix(".partial")
            torch.save({"x": found.cpu(), "seconds": time.monotonic() - began}, partial)
            partial.replace(file)
        stored = torch.load(file, map_location=x.device, weights_only=True)
        x_adv[rows], seconds = stored["x"], seconds + stored["seconds"]
    after = right & correct(model, x_adv, y)
    moved = x_adv - x
    outcome = Outcome(after.cpu(), Linf().size(moved).cpu(), L2().size(moved).cpu(), seconds)
    return Crafted(x, y, x_adv, right.cpu(), outcome)
