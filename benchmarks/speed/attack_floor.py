"""Attacks on LeNet-5 against their floor: the forwards and input gradients that they ask for, and nothing else.

CPU seconds of one thread, the two in turn, medians of eleven rounds. The floor asks for the attack's own passes, in its
own batches and on its own images, kept from a run before: pooling takes a fifth longer on attacked digits than on clean
ones, whose flat background a CPU can predict, and that is no cost of the attack.
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from keep import keep
from torch import Tensor, nn

import robustlib.chapters  # noqa: F401 (their networks join the registry)
from robustlib.attacks import APGDT, DDN, FGSM, PGD, DeepFool, Square
from robustlib.datasets import load
from robustlib.experiments import load_model
from robustlib.interfaces import Attack
from robustlib.losses import cross_entropy
from robustlib.models import Classifier

ROUNDS, SHORTEST = 11, 0.05
ATTACKS = {
    "FGSM": FGSM(0.1),
    "PGD-40": PGD(0.1, 40),
    "DDN-100": DDN(100),
    "DeepFool, 1 step": DeepFool(1),
    "DeepFool": DeepFool(),
    "APGD-T 9x30": APGDT(0.1, 30),
    "Square-500": Square(0.1, 500),
}


Pass = tuple[Tensor, int]  # the images of a forward, and how many gradients were taken through it


def traced(model: Classifier, attack: Attack, x: Tensor, y: Tensor) -> list[Pass]:
    """The passes that the attack asks for, in its order."""
    images: list[Tensor] = []
    gradients: list[int] = []

    def went_forward(module: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> None:
        number = len(images)
        images.append(given[0].detach().clone())
        gradients.append(0)

        def came_back(g: Tensor) -> None:
            gradients[number] += 1

        if out.requires_grad:
            out.register_hook(came_back)

    handle = model.body.register_forward_hook(went_forward)
    torch.manual_seed(0)
    attack(model, x, y)
    handle.remove()
    return list(zip(images, gradients, strict=True))


def floor(model: nn.Module, y: Tensor, passes: list[Pass]) -> None:
    """These passes and no more."""
    for images, gradients in passes:
        moved = images.detach().requires_grad_(gradients > 0)
        with torch.set_grad_enabled(gradients > 0):
            loss = cross_entropy(model(moved), y[: len(moved)]).sum()
        for left in range(gradients, 0, -1):
            torch.autograd.grad(loss, moved, retain_graph=left > 1)


def seconds(call: Callable[[], Any], times: int) -> float:
    """CPU seconds of one call."""
    torch.manual_seed(0)
    started = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - started) / times


def main() -> None:
    """One line for each attack, batch size and number of classes."""
    torch.set_num_threads(1)
    trained, (images, _) = load_model("rr-lenet-softmax"), load("mnist_5k").test[:100]
    torch.manual_seed(0)
    wide = Classifier(trained.body, nn.Linear(trained.head.in_features, 1000, bias=False)).eval()
    nn.init.normal_(wide.head.weight, std=0.3)
    sys.stdout.write(
        "| attack | classes | n | forward | backward | ms | floor, ms | times the floor |\n" + "|---" * 8 + "|\n"
    )
    kept: list[dict[str, Any]] = []
    for name, attack in ATTACKS.items():
        for k, model in ((10, trained), (1000, wide)):
            for n in (1, 100):
                x = images[:n]
                y = model(x).argmax(1)
                passes = traced(model, attack, x, y)
                calls = (lambda: attack(model, x, y)), (lambda: floor(model, y, passes))  # noqa: B023
                times = max(1, round(SHORTEST / max(seconds(calls[1], 1), 1e-4)))
                rounds = [tuple(seconds(call, times) for call in calls) for _ in range(ROUNDS)]
                ours, bare = (1000 * statistics.median(column) for column in zip(*rounds, strict=True))
                ratio = statistics.median(a / b for a, b in rounds)
                forward, backward = (
                    sum(len(asked) for asked, _ in passes) / n,
                    sum(len(asked) * g for asked, g in passes) / n,
                )
                counts = f"{forward:.1f} | {backward:.1f}"
                sys.stdout.write(f"| {name} | {k} | {n} | {counts} | {ours:.2f} | {bare:.2f} | {ratio:.2f} |\n")
                sys.stdout.flush()
                line = {"attack": name, "classes": k, "n": n, "forward": forward, "backward": backward}
                kept.append(line | {"ms": round(ours, 3), "floor_ms": round(bare, 3), "times": round(ratio, 3)})
    keep(__file__, kept)


if __name__ == "__main__":
    main()
