"""Adversarial images that are kept: crafted batch by batch, each batch stored, so that no work is done twice."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import Bool
from torch import Tensor
from tqdm.auto import tqdm

from robustlib.describe import describe
from robustlib.evaluation import Outcome
from robustlib.evaluation.verdicts import correct, seeded
from robustlib.files import read_json, read_state, write_json, write_state
from robustlib.geometry import L2, Linf
from robustlib.interfaces import Attack, Images, Labels
from robustlib.models.classifier import Classifier
from robustlib.precision import settled
from robustlib.source import fingerprint_of


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
    call = settled(describe({"attack": attack, "x": x, "y": y, "seed": seed, "batch": batch}), x.device)
    call = json.loads(json.dumps({"call": call, "source": fingerprint_of(attack)}))
    note, way_out = own / "call.json", f"delete the folder {own}"
    if note.is_file() and read_json(note, "note of an attack", way_out) != call:
        raise ValueError(f"{own}: holds images of another attack, or of one whose source was edited; {way_out}")
    write_json(note, call)
    x_adv, seconds = x.clone(), 0.0
    for i, rows in enumerate(tqdm(right.nonzero()[:, 0].split(batch), desc=name, unit="batch")):
        file = own / f"{i}.pt"
        if not file.is_file():
            began = time.monotonic()
            with seeded(seed, f"{name} {i}", x.device):
                found = attack(model, x[rows], y[rows])
            write_state(file, {"x": found.cpu(), "seconds": time.monotonic() - began})
        stored = read_state(file, "batch of adversarial images", "delete it, and it is made anew")
        x_adv[rows], seconds = stored["x"].to(x.device), seconds + stored["seconds"]
    after = right & correct(model, x_adv, y)
    moved = x_adv - x
    outcome = Outcome(after.cpu(), Linf().size(moved).cpu(), L2().size(moved).cpu(), seconds)
    return Crafted(x, y, x_adv, right.cpu(), outcome)
