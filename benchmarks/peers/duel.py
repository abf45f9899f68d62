"""Ours and a peer in turn on the same images: strength and the passes that really ran on all, time on the first."""

import contextlib
import io
import logging
import math
import statistics
import time
import warnings
from typing import Any

import torch
from libraries import Call
from rows import Row
from torch import Tensor, nn

from robustlib.evaluation.cost import counting

ROUNDS = 11  # of both, in turn; each begins with the other
SHORTEST = 0.1  # CPU seconds: what takes less is repeated within a round
WARM = 2  # images of the call that is neither timed nor judged


def duel(row: Row, peer: Call, model: nn.Module, x: Tensor, y: Tensor) -> dict[str, Any]:
    """What both achieve on the images, and how fast they are on the first `row.timed` of them, each measured in the
    rounds of the other: the median of the rounds' quotients; above 1 ours is the faster.
    """
    given = y if row.target is None else row.target(y)
    calls = {"ours": row.ours, "peer": peer}
    found: dict[str, dict[str, Any]] = {}
    images: dict[str, Tensor] = {}
    for who, call in calls.items():
        _quietly(call, model, x[:WARM], given[:WARM])
        with counting(model) as passes:
            images[who], _ = _quietly(call, model, x, given)
        found[who] = judge(row, model, images[who], x, given)
        found[who] |= {"forward": passes.forward / len(x), "backward": passes.backward / len(x)}
    few, labels = x[: row.timed], given[: row.timed]
    seconds: dict[str, list[float]] = {who: [] for who in calls}
    times = max(1, math.ceil(SHORTEST / _quietly(row.ours, model, few, labels)[1]))
    for turn in range(ROUNDS):
        for who in sorted(calls, reverse=turn % 2 == 1):
            taken = sum(_quietly(calls[who], model, few, labels)[1] for _ in range(times))
            seconds[who].append(taken / times)
    for who, each in seconds.items():
        found[who] |= {
            "images_per_second": len(few) / statistics.median(each),
            "seconds": [round(taken, 5) for taken in each],
        }
    pairs = zip(seconds["peer"], seconds["ours"], strict=True)
    return found | {
        "ratio": statistics.median(theirs / ours for theirs, ours in pairs),
        "rounds": ROUNDS,
        "timed": len(few),
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
