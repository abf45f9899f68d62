"""The gradient that the attack follows: whether it is there, and whether the loss around it is steady."""

import torch
from torch import Tensor

from robustlib.evaluation.card.bench import Bench
from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES, Finding, Question
from robustlib.evaluation.card.variations import CLIMBERS, inside
from robustlib.gradient import evaluating, input_gradient, search_logits
from robustlib.interfaces import Images, Labels, Loss
from robustlib.losses import cross_entropy

RADIUS, POINTS, STEADY = 1e-3, 10, 0.1  # around an image, pixel units; how many; the largest relative change


def losses(bench: Bench) -> list[Loss]:
    """The losses of logits and labels that the evaluation climbs; the cross-entropy where it names none."""
    found = [part.loss for a in bench.attacks.values() for part in inside(a) if isinstance(part, CLIMBERS)]
    return list(dict.fromkeys(found)) or [cross_entropy]


def gradient_states(bench: Bench, x: Images, y: Labels, loss: Loss) -> tuple[Tensor, Tensor, Tensor]:
    """For each image: whether its gradient is zero in every pixel, whether some of it is not finite, and the share of
    its pixels in which it is zero. Shapes: (n,) each. An answer that cannot be differentiated is zero everywhere.
    """

    def scores(moved: Images) -> tuple[Tensor, Tensor]:
        logits = search_logits(bench.model, moved)
        return logits, loss(logits, y)

    try:
        with evaluating(bench.model):
            _, g = input_gradient(scores, x)
    except ValueError:  # of one image or of all: each alone
        if len(x) > 1:
            each = [gradient_states(bench, x[i : i + 1], y[i : i + 1], loss) for i in range(len(x))]
            return tuple(torch.cat(parts) for parts in zip(*each, strict=True))  # type: ignore[return-value]
        with torch.enable_grad(), evaluating(bench.model):
            attached = bench.model(x.clone().requires_grad_(True)).requires_grad
        one = torch.ones(1, dtype=torch.bool)
        return one & (not attached), one & attached, one.float() * (not attached)
    pixels = g.flatten(1).cpu() == 0
    return pixels.all(1), torch.zeros(len(x), dtype=torch.bool), pixels.float().mean(1)


def unavailable_gradients(bench: Bench) -> Finding:
    """At how many images every loss of the evaluation has a gradient of zero in all pixels, or one that is not finite.

    Asked at the clean images and at a random point of the ball around each (Pintor et al. 2022 ask along the path).
    """

    def measure() -> dict[str, Tensor]:
        zero, wild, pixels = torch.ones(bench.n, dtype=torch.bool), torch.zeros(bench.n, dtype=torch.bool), 1.0
        for loss in losses(bench):
            dead, bad, shares = (torch.zeros(bench.n, dtype=torch.float32) for _ in range(3))
            for rows in bench.rows(right):
                at = rows.to(bench.x.device)
                x, y = bench.x[at], bench.y[at]
                norm = bench.settings.norm
                around = norm.project(x + norm.sample(x, bench.eps), x, bench.eps)
                for where in (x, around):
                    none, infinite, share = gradient_states(bench, where, y, loss)
                    dead[rows], bad[rows] = dead[rows] + none, bad[rows] + infinite
                    shares[rows] = share
            zero &= dead > 0
            wild |= bad > 0
            pixels = min(pixels, float(shares[right].mean())) if right.any() else 0.0
        return {"zero": zero & right, "wild": wild, "pixels": torch.tensor(pixels)}

    right = bench.clean()  # a measurement of its own, before that of the gradients
    found = bench.measured("gradients", measure)
    zero, wild = int(found["zero"].sum()), int(found["wild"].sum())
    said = (
        f"of {int(right.sum())} images, {zero} have a gradient of exactly zero in every pixel, and {wild} one "
        f"that is not finite; on average {100 * float(found['pixels']):.0f} % of the pixels have none"
    )
    return Finding(FAILS, said) if wild else bench.counted(zero, said)


@torch.no_grad()
def unstable_predictions(bench: Bench) -> Finding:
    r"""How much the loss changes, relative to itself, at random points within 0.001 of the image.

    .. math:: \frac1{10} \sum_{i=1}^{10} \frac{|L(x + \delta_i) - L(x)|}{|L(x)|}, \quad
              \|\delta_i\|_\infty \le 10^{-3}

    A model fails whose median image changes by more than a tenth: there the gradient says nothing of the next step.
    Source: Pintor et al. 2022, unstable predictions; radius, points and limit are ours.
    """

    def measure() -> dict[str, Tensor]:
        changes = torch.zeros(bench.n, dtype=torch.float32)
        for rows in bench.rows(bench.clean()):
            at = rows.to(bench.x.device)
            x, y = bench.x[at], bench.y[at]

            def loss(moved: Images, y: Labels = y) -> Tensor:
                return losses(bench)[0](search_logits(bench.model, moved), y).cpu().double()

            with evaluating(bench.model):
                here = loss(x)
                for _ in range(POINTS):
                    near = (x + RADIUS * (2 * torch.rand_like(x) - 1)).clamp(0, 1)
                    change = (loss(near) - here).abs() / here.abs().clamp(min=1e-12)
                    changes[rows] += (change / POINTS).float()
        return {"changes": changes}

    if not bench.clean().any():
        return Finding(CANNOT, "the model gets no image right")
    typical = float(bench.measured("stability", measure)["changes"][bench.clean()].median())
    said = f"within {RADIUS:g} of the median image its loss changes by {100 * typical:.2g} %, {POINTS} points each"
    return Finding(FAILS if typical > STEADY else PASSES, said)


QUESTIONS = (
    Question(
        "unavailable gradients",
        "A gradient attack cannot move where the gradient is zero or not finite, however fragile the model is there. "
        "Pintor et al. 2022 (unavailable gradients); Athalye et al. 2018.",
        "Climb a margin of logits where the softmax saturates; put BPDA around the part without slope; repair NaN.",
        unavailable_gradients,
    ),
    Question(
        "unstable predictions",
        "If the loss jumps within a thousandth of the pixel range, the gradient at a point does not tell where to go. "
        "Pintor et al. 2022 (unstable predictions).",
        "Average the gradient over noise or over the defence's draws (EOT), or replace the part that jumps (BPDA).",
        unstable_predictions,
    ),
)  # fmt: skip
