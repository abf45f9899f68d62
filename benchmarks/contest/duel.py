"""Ours and a peer in turn on the same images: strength, time and the passes that really ran."""

import contextlib
import io
import logging
import math
import statistics
import time
import warnings
from typing import Any

import torch
from torch import Tensor, nn

from contest.libraries import Call
from contest.rows import Row
from robustlib.evaluation.cost import counting

REPEATS, ENOUGH = 5, 4.0  # rounds of both at most; no further round after so many seconds
WARM = 2  # images of the round that is not timed


def duel(row: Row, peer: Call, model: nn.Module, x: Tensor, y: Tensor) -> dict[str, Any]:
    """What both achieve on the images, each measured in the rounds of the other; ratio > 1: ours is the faster."""
    given = y if row.target is None else row.target(y)
    calls = {"ours": row.ours, "peer": peer}
    for call in calls.values():
        _quietly(call, model, x[:WARM], given[:WARM])
    seconds: dict[str, list[float]] = {who: [] for who in calls}
    found: dict[str, dict[str, Any]] = {}
    images: dict[str, Tensor] = {}
    while len(seconds["peer"]) < REPEATS and sum(map(sum, seconds.values())) < ENOUGH:
        for who, call in calls.items():
            with counting(model) if who not in found else contextlib.nullcontext() as passes:
                x_adv, taken = _quietly(call, model, x, given)
            seconds[who].append(taken)
            if passes is not None:
                images[who], found[who] = x_adv, judge(row, model, x_adv, x, given)
                found[who] |= {"forward": passes.forward / len(x), "backward": passes.backward / len(x)}
    for who, times in seconds.items():
        found[who]["images_per_second"] = len(x) / min(times)
    pairs = zip(seconds["peer"], seconds["ours"], strict=True)
    return found | {
        "ratio": statistics.median(theirs / ours for theirs, ours in pairs),
        "rounds": len(seconds["peer"]),
        "largest_difference": (images["ours"] - images["peer"]).abs().max().item(),
    }


@torch.no_grad()
def judge(row: Row, model: nn.Module, x_adv: Tensor, x: Tensor, given: Tensor) -> dict[str, Any]:
    """Robust accuracy, or success and norms. A point outside [0, 1] or the ball breaks nothing."""
    size, boxed = row.size(x_adv - x), ((x_adv >= -1e-6) & (x_adv <= 1 + 1e-6)).flatten(1).all(1)
    hit = (model(x_adv).argmax(1) == given) == (row.target is not None)
    broken = hit & boxed & x_adv.isfinite().flatten(1).all(1)
    if row.eps is not None:
        inside = size <= row.eps * (1 + 1e-5) + 1e-6
        return {"robust_accuracy": 1 - (broken & inside).float().mean().item(), "outside": (~inside).sum().item()}
    norms = size[broken]
    everywhere = torch.where(broken, size, torch.full_like(size, math.inf))
    return {
        "success": broken.float().mean().item(),
        "mean_norm": norms.mean().item() if len(norms) else None,
        "median_norm": median if math.isfinite(median := everywhere.median().item()) else None,
        "outside": (~boxed).sum().item(),
    }


def _quietly(call: Call, model: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, float]:
    """The attack's images and its CPU seconds, from a fixed seed; parameter gradients that it leaves are removed."""
    torch.manual_seed(0)
    logging.getLogger("auto-attack").setLevel(logging.CRITICAL)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        started = time.process_time()  # of one thread: what others do on the machine counts less
        x_adv = call(model, x.clone(), y.clone())
        taken = time.process_time() - started
    model.zero_grad(set_to_none=True)
    return x_adv.detach(), taken
