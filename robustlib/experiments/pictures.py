"""A few adversarial images as a series of a row, and back."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from robustlib.datasets.forms import FORMS
from robustlib.experiments.adversarial_examples import AdversarialExamples, craft
from robustlib.experiments.attack_rows import accuracy_rows
from robustlib.experiments.detector_rows import clean_row
from robustlib.experiments.measurement import Findings, Subject
from robustlib.experiments.rows import Row
from robustlib.interfaces import Attack
from robustlib.models.classifier import Classifier


@torch.no_grad()
def pictures(model: Classifier, made: AdversarialExamples, count: int = 8) -> dict[str, Any]:
    """The first images that the network gets right, before and after: 8-bit pixels, labels, what the network says."""
    rows = made.clean_correct.nonzero()[:count, 0]
    kept = {"x": made.x[rows], "x_adv": made.x_adv[rows]}
    said = {
        name: base64.b64encode((255 * x).round().to(torch.uint8).cpu().numpy().tobytes()) for name, x in kept.items()
    }
    shape, moved = list(kept["x"].shape), kept["x_adv"]
    return {name: text.decode() for name, text in said.items()} | {
        "shape": shape, "y": made.y[rows].tolist(), "says": model(moved).argmax(1).tolist(),
        "fooled": made.fooled[rows].tolist(),
    }  # fmt: skip


def unpacked(record: Mapping[str, Any]) -> dict[str, Any]:
    """What `pictures` stored: x and x_adv as tensors in [0, 1], y and says as tensors, and which fooled it."""
    found = dict(record)
    for name in ("x", "x_adv"):
        pixels = torch.frombuffer(bytearray(base64.b64decode(found[name])), dtype=torch.uint8)
        found[name] = pixels.reshape(found["shape"]) / 255
    return found | {name: torch.tensor(found[name]) for name in ("y", "says")}


def stored_pictures(row: Row, count: int = 4) -> dict[str, Any]:
    """The first stored pictures of a row, as `robustlib.figures.triptych` takes them: x, x_adv, y, said, said_adv, and
    the names of the classes where they are no digits.

    Where a row stores no reading of the clean images they were right, which is why `pictures` kept them.
    Raises: ValueError for a row without pictures, and unless count is 1 to 16.
    """
    if "pictures" not in row.series:
        raise ValueError(f"{row.said} of {row.measurement or 'no measurement'} stores no pictures")
    if not 1 <= count <= 16:
        raise ValueError(f"a page shows 1 to 16 stored pictures, got {count}")
    found = unpacked(row.series["pictures"])
    said = torch.tensor(found["logits"]) if "logits" in found else found["y"]
    said_adv = torch.tensor(found["logits_adv"]) if "logits_adv" in found else found["says"]
    kept = {"x": found["x"], "x_adv": found["x_adv"], "y": found["y"], "said": said, "said_adv": said_adv}
    names = {} if row.dataset not in FORMS else {"classes": FORMS[row.dataset].classes}
    return {name: part[:count] for name, part in kept.items()} | names


@dataclass(frozen=True)
class PicturedAttack:
    """A few images before and after an attack, with the logits of both: for a page whose reader has no archive."""

    name: str
    attack: Attack
    count: int = 4  # the first that the network gets right

    def __call__(self, on: Subject) -> Findings:
        made = craft(on.model, self.name, self.attack, on.dataset.test[: on.n], on.folder, seed=on.seed)
        kept = pictures(on.model, made, self.count)
        for name, images in (("logits", "x"), ("logits_adv", "x_adv")):
            with torch.no_grad():
                logits = on.model(unpacked(kept)[images].to(made.x))
            kept[name] = [[round(value, 3) for value in row] for row in logits.tolist()]
        named = {self.name: self.attack}
        (row,) = accuracy_rows({self.name: made.outcome}, named)
        return Findings([clean_row(made.clean_correct), replace(row, series={"pictures": kept})], named)
