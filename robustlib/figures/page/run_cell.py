"""A listing that the reader of the page can change, run and have judged, without a kernel and without a network.

Here it is an ordinary listing that carries what a cell needs. In the book's page book/run_cell/cell.js makes an editor
of it, which runs the code in MicroPython on the same network, computed in script.
"""

import base64
import json
import textwrap
from collections.abc import Callable
from inspect import getsource
from typing import Any

import numpy as np

from robustlib.evaluation import OneImage
from robustlib.figures.page.assets import asset
from robustlib.figures.page.attack_verdict import verdict
from robustlib.figures.page.fragment import Fragment, attribute, fragment, legend
from robustlib.figures.page.source import CSS as LISTING
from robustlib.figures.page.source import listing

CSS = LISTING + asset(__name__, "run_cell.css")
WHERE = "On the book's page, with scripts on, this code can be changed, run and checked."
SIDE = 28  # pixels of an image's side: what the script computes


def run_cell(
    attack: Callable[..., Any],  # attack(network, x, y, eps) -> x_adv, of one image (28, 28)
    network: OneImage,
    digits: tuple[Any, Any],  # images (n, 1, 28, 28) in steps of 1/255, labels (n,)
    eps: float,  # L-infinity radius in pixel units of [0, 1]
    *,
    caption: str,
    limit: float = 5.0,  # seconds that the reader's code may take, and four times as many for Check
) -> Fragment:
    """The source of an attack written from scratch, as a cell that runs in the page; a listing anywhere else.

    *Run* shows what the function makes of one digit. *Check* says by `verdict` whether it is an attack: inside the
    ball, in [0, 1], and misleading as many of the digits as the listing, which is run here to find out.

    Raises: ValueError unless there is a caption, the network has a checkpoint and layers that the script knows, the
    digits are 28 x 28 and each is read right, and the attack passes its own check; as
    `show` for a function without source.
    """
    images, labels = digits[0][:, 0], [int(y) for y in digits[1]]
    pixels = np.asarray(images.cpu(), np.float32)
    levels = np.rint(255 * pixels)
    if pixels.shape[1:] != (SIDE, SIDE) or np.abs(levels / 255 - pixels).max(initial=0) > 1e-6:
        raise ValueError(f"need images of {SIDE} x {SIDE} pixels in steps of 1/255, got {pixels.shape}")
    if not caption.strip() or not network.checkpoint:
        raise ValueError(f"need a caption and a network with a checkpoint, got {caption!r}, {network.checkpoint!r}")
    read = [int(network.logits(x).argmax()) for x in images]
    if not labels or read != labels:
        raise ValueError(f"need digits that the network reads right, got labels {labels} read as {read}")
    pairs = list(zip(images, labels, strict=True))
    passed, sentence, made = verdict(attack, network, pairs, eps, 1)
    if not passed:
        raise ValueError(f"{attack.__name__} does not pass its own check: {sentence}")
    misled = [i for i, y in enumerate(labels) if int(network.logits(made[i]).argmax()) != y]
    figure, text = listing(attack)
    cell = {
        "name": attack.__name__,
        "code": textwrap.dedent(getsource(attack)).rstrip("\n") + "\n",
        "eps": eps,
        "want": len(misled),
        "digit": misled[0],  # that Run shows first
        "limit": limit,
        "checkpoint": network.checkpoint,
        "sha256": network.sha256,
        "layers": network.layers,
        "extra": network.extra,
        "digits": base64.b64encode(levels.astype(np.uint8).tobytes()).decode(),
        "labels": labels,
    }
    stored = attribute(json.dumps(cell, separators=(",", ":")))
    body = f'<div class="rl-listing">{figure}<p>{WHERE}</p></div>{legend(caption)}'
    return fragment("run rl-source", CSS, body, f"{text}\n{WHERE}\n{caption}", f' data-run="{stored}"')


def try_attack(
    attack: Callable[..., Any],  # attack(network, x, y, eps) -> x_adv, of one image (28, 28)
    network: OneImage,
    digits: tuple[Any, Any],  # images (n, 1, 28, 28), labels (n,)
    eps: float,  # L-infinity radius in pixel units of [0, 1]
    *,
    listing: Callable[..., Any],  # the run cell's own attack
) -> str:
    """What *Check* says of a function that was written in a kernel and not in the page: a sentence."""
    pairs = [(x, int(y)) for x, y in zip(digits[0][:, 0], digits[1], strict=True)]
    made = verdict(listing, network, pairs, eps, 1)[2]
    want = sum(int(network.logits(x).argmax()) != y for x, (_, y) in zip(made, pairs, strict=True))
    return str(verdict(attack, network, pairs, eps, want)[1])
