"""The attack's path: whether it crossed the boundary and came back, and whether it was still climbing at the end."""

from typing import Any

import torch
from torch import Tensor

from robustlib.evaluation.card.answers import images_of
from robustlib.evaluation.card.bench import Bench
from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES, Finding, Question
from robustlib.evaluation.card.gradients import losses
from robustlib.evaluation.card.variations import inside, names, to_the_end
from robustlib.gradient import clean_logits
from robustlib.interfaces import Attack, Images, Labels
from robustlib.models.classifier import body_and_head

MOVING = 0.1  # of the whole climb, in its last quarter: a straight line has 0.25


def path(bench: Bench, attack: Attack, x: Images, y: Labels) -> list[Images]:
    """The points at which the attack asked about the whole batch, in order, each once, and its result as the last."""
    asked: list[Images] = []

    def keep(module: Any, given: Any) -> None:
        at = given[0].detach()
        if at.shape == x.shape and not (asked and torch.equal(asked[-1], at)):
            asked.append(at.clone())

    parts = body_and_head(bench.model)
    handle = (parts[0] if parts else bench.model).register_forward_pre_hook(keep)
    try:
        result = images_of(attack, bench.model, x, y)
    finally:
        handle.remove()
    return asked if asked and torch.equal(asked[-1], result) else [*asked, result]


def followed(bench: Bench, name: str, attack: Attack) -> dict[str, Tensor]:
    """Of each image right at first: whether the path crossed the boundary before its end, the share of the climb in
    its last quarter, and how many points it has. Shapes: (n,) each, of floats.
    """

    def measure() -> dict[str, Any]:
        crossed, late, points = (torch.zeros(bench.n, dtype=torch.float32) for _ in range(3))
        for rows in bench.rows(bench.clean()):
            at = rows.to(bench.x.device)
            x, y = bench.x[at], bench.y[at]
            way = path(bench, to_the_end(attack), x, y)
            logits = torch.stack([clean_logits(bench.model, point, y) for point in way])
            wrong = (logits.argmax(2) != y).cpu()
            loss = torch.stack([losses(bench)[0](each, y) for each in logits]).cpu().double()
            crossed[rows] = wrong[:-1].any(0).float()
            late[rows], points[rows] = late_climb(loss).float(), float(len(way))
        return {"crossed": crossed, "late": late, "points": points}

    return bench.measured(f"the way of {name}", measure, draws=name)


def late_climb(loss: Tensor) -> Tensor:
    """The share of the climb of the best loss so far, from the first point to the best, in the last quarter of the way.

    Shapes: (points, n) -> (n,). 0 where nothing was climbed.
    """
    best = loss.cummax(0).values
    from_here = best[-1 - max(1, len(best) // 4)] if len(best) > 1 else best[0]
    whole = best[-1] - best[0]
    return torch.where(whole > 0, (best[-1] - from_here) / whole.clamp(min=1e-30), torch.zeros_like(whole))


def steps_through(attack: Attack) -> bool:
    """Whether the attack moves by steps, and hands no image on to another attack."""
    parts = list(inside(attack))
    return any("steps" in names(part) for part in parts) and not any("attacks" in names(part) for part in parts)


def silent_success(bench: Bench) -> Finding:
    """How many images stand whose path had crossed the boundary (Pintor et al. 2022)."""
    stands, lost, seen = bench.evaluation(), torch.zeros(bench.n, dtype=torch.bool), False
    for name, attack in bench.attacks.items():
        if any(getattr(part, "stop_early", False) for part in inside(attack)):
            seen = True  # it keeps the first broken iterate: nothing is lost
        elif steps_through(attack):
            seen = True
            lost |= followed(bench, name, attack)["crossed"] > 0
    if not seen:
        return Finding(CANNOT, "no attack of the evaluation moves by steps that can be followed")
    silent = int((lost & stands).sum())
    return Finding(
        FAILS if silent else PASSES, f"{silent} of {int(stands.sum())} images that stand had been broken on the way"
    )


def incomplete_optimisation(bench: Bench) -> Finding:
    """How much of the whole climb falls into the last quarter of the steps, on the images that stand.

    A finished search has a flat end; steps that only add up have a quarter of the climb in the last quarter.
    Source: Pintor et al. 2022, incomplete optimisation, of the last steps. Here the window follows the number of steps,
    and the limit lies between a flat end and a straight line.
    """
    stands, late = bench.evaluation(), []
    for name, attack in bench.attacks.items():
        if steps_through(attack):
            found = followed(bench, name, attack)
            late.append(torch.where(found["points"] > 3, found["late"], torch.nan))
    if not late:
        return Finding(CANNOT, "no attack of the evaluation moves by steps that can be followed")
    if not stands.any():
        return Finding(PASSES, "no image stands, so that no search was left unfinished")
    least = torch.stack(late)[:, stands].nanmean(1)
    if least.isnan().all():
        return Finding(CANNOT, "the attack has too few steps to tell its end from its beginning")
    share = float(least[~least.isnan()].min())
    said = f"on the {int(stands.sum())} images that stand, {100 * share:.0f} % of the climb falls into the last quarter"
    return Finding(FAILS if share > MOVING else PASSES, said)


QUESTIONS = (
    Question(
        "silent success",
        "The attack had broken these images, and returned a later point that is not broken: robustness by bookkeeping. "
        "Pintor et al. 2022 (silent success).",
        "Return the best iterate (stop_early=True in evaluation).",
        silent_success,
    ),
    Question(
        "incomplete optimisation",
        "The loss still rises when the steps run out: the search was not over. Pintor et al. 2022.",
        "More steps, or longer ones, until the end is flat.",
        incomplete_optimisation,
    ),
)  # fmt: skip
