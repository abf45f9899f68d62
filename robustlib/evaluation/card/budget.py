"""The attack's budget: whether more steps or a larger radius change the answer."""

import torch
from torch import Tensor

from robustlib.evaluation.card.bench import Bench
from robustlib.evaluation.card.check import CANNOT, Finding, Question
from robustlib.evaluation.card.variations import at_radius, with_steps
from robustlib.geometry import Linf


def counts(stands: list[tuple[str, Tensor]], n: int) -> str:
    """ "20 steps: 3 of 16 stand, 40 steps: 3"."""
    return ", ".join(f"{label}: {int(of.sum())}" for label, of in stands) + f" of {n} images stand"


def rises(stands: list[tuple[str, Tensor]]) -> int:
    """By how many images the number that stands rises at most, from an entry to a later one; below 0 it falls."""
    sizes = [int(of.sum()) for _, of in stands]
    return max(later - earlier for i, earlier in enumerate(sizes) for later in sizes[i + 1 :])


def at_steps(bench: Bench, times: float) -> Tensor | None:
    """What stands after so many times the steps."""
    return bench.varied(lambda attack: with_steps(attack, times), f"{times:g} x steps")


def doubled_steps(bench: Bench) -> Finding:
    """Whether twice the steps break more images, by more than chance."""
    stated, double = bench.evaluation(), at_steps(bench, 2)
    if double is None:
        return Finding(CANNOT, "no attack of the evaluation counts its steps")
    said = counts([("as stated", stated), ("doubled", double)], bench.n)
    return bench.counted(int(stated.sum()) - int(double.sum()), said)


def monotone_in_steps(bench: Bench) -> Finding:
    """Whether a quarter, half, all and twice the steps never leave more standing than fewer did."""
    found = [(f"{times:g} x", at_steps(bench, times)) for times in (0.25, 0.5)]
    found += [("stated", bench.evaluation()), ("2 x", at_steps(bench, 2))]
    stands = [(label, of) for label, of in found if of is not None]
    if len(stands) < 4:
        return Finding(CANNOT, "no attack of the evaluation counts its steps")
    return bench.counted(rises(stands), counts(stands, bench.n))


def at_eps(bench: Bench, eps: float) -> Tensor | None:
    """What stands in the ball of radius eps."""
    with bench.within(eps):
        return bench.varied(lambda attack: at_radius(attack, eps), f"eps {eps:.6g}")


def whole_box(bench: Bench) -> float:
    """The radius from which on the ball holds the whole box."""
    return 1.0 if isinstance(bench.settings.norm, Linf) else float(torch.tensor(bench.x[0].numel()).sqrt())


def unconstrained_attack(bench: Bench) -> Finding:
    """Whether the attack breaks everything where the ball is as large as the box (Pintor et al. 2022)."""
    stands = at_eps(bench, whole_box(bench))
    if stands is None:
        return Finding(CANNOT, "no attack of the evaluation has a radius")
    said = counts([(f"eps = {whole_box(bench):.3g}", stands)], bench.n)
    return bench.counted(int(stands.sum()), said)


def monotone_in_eps(bench: Bench) -> Finding:
    """Whether a larger ball never leaves more standing, by more than chance."""
    radii = [bench.eps / 4, bench.eps / 2, bench.eps, whole_box(bench)]
    found = [(f"eps {eps:.3g}", at_eps(bench, eps) if eps != bench.eps else bench.evaluation()) for eps in radii]
    stands = [(label, of) for label, of in found if of is not None]
    if len(stands) < len(radii):
        return Finding(CANNOT, "no attack of the evaluation has a radius")
    return bench.counted(rises(stands), counts(stands, bench.n))


QUESTIONS = (
    Question(
        "doubled steps",
        "If twice the steps break more, the attack was cut short, and the number is an upper bound that still falls.",
        "Double the steps until the number stands still, and report that one.",
        doubled_steps,
    ),
    Question(
        "monotone in steps",
        "What fewer steps break, more steps can break too; a number that rises says that the attack forgets.",
        "Return the best iterate instead of the last (stop_early=True), and look for a step that overshoots.",
        monotone_in_steps,
    ),
    Question(
        "unconstrained attack",
        "Where the ball holds the whole box every image can become another: what stands is a failed attack. "
        "Pintor et al. 2022 (unconstrained attack failure); Athalye et al. 2018.",
        "Look at the gradients; try another loss, BPDA or EOT; only then believe the smaller radius.",
        unconstrained_attack,
    ),
    Question(
        "monotone in eps",
        "A larger ball holds the smaller one, so that nothing can stand in it that was broken before.",
        "Scale the step with eps, and raise the steps until the curve falls.",
        monotone_in_eps,
    ),
)  # fmt: skip
