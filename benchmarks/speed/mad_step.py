"""One step of MadNet's objective against one of cross-entropy over the same images, and the exact Jacobian in passes.

CPU seconds of one thread, all in turn, medians of eleven rounds, ResNet-8 on images of MNIST's size in batches of 128,
in float32 and in the arithmetic that `precision="fast"` chooses here. A pass is a forward and the backward to the
pixels.
"""

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from keep import keep
from torch import nn

from robustlib.interfaces import Images, Labels
from robustlib.jacobian import jacobian_norm
from robustlib.losses import cross_entropy
from robustlib.models import Classifier, preactivation_resnet
from robustlib.objectives import MAD
from robustlib.precision import hardware, resolve

ROUNDS, SIZE = 11, 128
CE = MAD(siamese=0, variance=0, jacobian=0, alpha=1.0)
OBJECTIVES = {
    "CE": CE,
    "MAD without the Jacobian": MAD(jacobian=0),
    "MAD, finite difference": MAD(method="difference"),
    "MAD, projected": MAD(),
    "MAD, released": MAD(method="released"),
    "MAD, exact logits": replace(MAD(), method="exact", jacobian_of="logits"),
}
WITHIN = {"MAD, finite difference": 2.5, "MAD, projected": 8.0, "exact Jacobian of ten logits": 12.0}  # times


def step(model: Classifier, objective: MAD, x: Images, y: Labels, half: bool) -> None:
    """Forward and backward of a step over these images as pairs."""
    (x1, x2), (y1, y2) = x.chunk(2), y.chunk(2)
    with torch.autocast("cpu", torch.bfloat16, enabled=half), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loss = torch.stack(list(objective(model, x1, y1, x2, y2).values())).sum()
    model.zero_grad()
    loss.backward()


def one_pass(model: nn.Module, x: Images, y: Labels) -> None:
    """A forward and the gradient of the loss in the pixels."""
    moved = x.detach().requires_grad_(True)
    torch.autograd.grad(cross_entropy(model(moved), y).sum(), moved)


def exact(model: nn.Module, x: Images) -> None:
    """The norm of the Jacobian of all logits."""
    moved = x.detach().requires_grad_(True)
    jacobian_norm(model(moved), moved)


def seconds(call: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def rounds(calls: dict[str, Callable[[], Any]], against: str) -> dict[str, tuple[float, float]]:
    """Of each call its median seconds, and the median of its quotients with another in the same round."""
    for call in calls.values():
        call()
    found = [{name: seconds(call) for name, call in calls.items()} for _ in range(ROUNDS)]
    return {
        name: (statistics.median(r[name] for r in found), statistics.median(r[name] / r[against] for r in found))
        for name in calls
    }


def main() -> None:
    """One line for each objective and arithmetic, and one for the Jacobian."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = preactivation_resnet(8, channels=1).to(memory_format=torch.channels_last).train()
    x, y = torch.rand(SIZE, 1, 28, 28).to(memory_format=torch.channels_last), torch.arange(SIZE) % 10
    fast = resolve("fast", torch.device("cpu"))
    sys.stdout.write(
        f"{hardware(torch.device('cpu'))}\n| what | arithmetic | ms | times | at most |\n|---|---|---|---|---|\n"
    )
    kept: list[dict[str, Any]] = []
    for dtype in dict.fromkeys((torch.float32, fast)):
        half = dtype is torch.bfloat16
        calls = {
            name: (lambda o=objective: step(model, o, x, y, half))  # noqa: B023
            for name, objective in OBJECTIVES.items()
        }
        report(rounds(calls, "CE"), str(dtype), kept)
    model.eval()
    calls = {"a pass": lambda: one_pass(model, x, y), "exact Jacobian of ten logits": lambda: exact(model, x)}
    report(rounds(calls, "a pass"), "torch.float32", kept)
    keep(__file__, kept)


def report(found: dict[str, tuple[float, float]], dtype: str, kept: list[dict[str, Any]]) -> None:
    """The lines, printed and kept."""
    for name, (taken, times) in found.items():
        most = WITHIN.get(name)
        sys.stdout.write(f"| {name} | {dtype} | {1000 * taken:.1f} | {times:.2f} | {most or ''} |\n")
        line = {"what": name, "arithmetic": dtype, "ms": round(1000 * taken, 2), "times": round(times, 3)}
        kept.append(line | ({"at_most": most} if most else {}))


if __name__ == "__main__":
    main()
