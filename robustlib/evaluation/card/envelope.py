"""How near the evaluation comes to the best of all attacks, at equal passes."""

import math

from robustlib.attacks import APGD, EOT, PGD, Square
from robustlib.evaluation.card.bench import Bench, kept_as
from robustlib.evaluation.card.check import CANNOT, Finding, Question
from robustlib.evaluation.card.variations import at_radius, shortened
from robustlib.interfaces import Attack
from robustlib.losses import margin

ENOUGH = 0.9  # of the area that the envelope breaks
DRAWS = 5  # of a random model, for each step of the panel's EOT


def panel(bench: Bench, eps: float) -> dict[str, Attack]:
    """What the evaluation is held against: descents of two losses, with fixed and adaptive steps, and random search."""
    passes, norm = bench.settings.passes, bench.settings.norm
    steps = max(1, passes // 2)
    attacks: dict[str, Attack] = {
        "PGD": PGD(eps, steps=steps, norm=norm, stop_early=True),
        "PGD on the margin": PGD(eps, steps=steps, norm=norm, loss=margin, stop_early=True),
        "APGD": APGD(eps, steps=steps, norm=norm, stop_early=True),
        "APGD on the margin": APGD(eps, steps=steps, norm=norm, loss=margin, stop_early=True),
        "Square": Square(eps, passes, norm=norm),
    }
    if bench.known.get("randomness", {}).get("random", False):
        attacks["EOT"] = EOT(PGD(eps, steps=max(1, steps // DRAWS), norm=norm, loss=margin), DRAWS)
    return attacks


def lower_envelope(bench: Bench) -> Finding:
    r"""The area under clean accuracy that the evaluation takes away, over what all attacks together do.

    .. math:: \xi = \frac{\sum_r (a_0 - a(r))}{\sum_r (a_0 - \min_{\text{attacks}} a(r))}, \quad
              r \in \{\epsilon/4, \epsilon/2, \epsilon\}

    a_0 is the clean accuracy and a(r) the robust accuracy at radius r: above of the evaluation, below of all attacks,
    image by image. As there, every attack has the same passes, forward and backward, and one that is set to fewer is
    judged as it is: the passes that it leaves unused are its own choice. An attack made of several has them for each
    part.
    Source: Cina et al. 2025 (AttackBench), local optimality, as its released code computes it. Departures: that cuts a
    longer attack off at the last pass and takes what it has found, this gives it fewer steps; that takes the area over
    all distances up to where the best attack has broken everything, from the distance at which each image breaks, this
    the sum over three radii up to eps; that holds an attack against all of its benchmark, this against five.
    """
    radii, right = radii_of(bench), int(bench.clean().sum())
    taken = whole = at_eps = used = 0
    for eps in radii:
        own = bench.clean()
        for name, attack in bench.attacks.items():
            limited = shortened(attack, bench.settings.passes)
            limited = limited if eps == bench.eps else at_radius(limited, eps)
            label = kept_as(name, "" if limited is attack else f"{bench.settings.passes} passes, eps {eps:.6g}")
            own = own & bench.standing(label, limited, draws=name)
            used += bench.known[label]["passes"]
        best = own
        for name, attack in panel(bench, eps).items():
            best = best & bench.standing(f"panel: {name}, eps {eps:.6g}", attack)
        taken, whole, at_eps = taken + right - int(own.sum()), whole + right - int(best.sum()), int((own & ~best).sum())
    if whole == 0:
        return Finding(CANNOT, f"no attack breaks an image at eps up to {bench.eps:.3g}")
    share = taken / whole
    said = (
        f"the evaluation takes {100 * share:.0f} % of the area that it and {len(panel(bench, eps))} attacks of "
        f"{bench.settings.passes} passes take, and used {used / len(radii) / bench.n:.0f} passes an image; at eps it "
        f"leaves {at_eps} of {bench.n} images more"
    )
    more = math.ceil((whole - taken) / len(radii)) if share < ENOUGH else 0  # images that the panel breaks at a radius
    return bench.counted(more, said)


def radii_of(bench: Bench) -> tuple[float, ...]:
    """A quarter of eps, half of it, and eps; eps alone where some attack has no radius that could be changed."""
    smaller = (bench.eps / 4, bench.eps / 2)
    fixed = any(at_radius(attack, smaller[0]) is attack for attack in bench.attacks.values())
    return (bench.eps,) if fixed else (*smaller, bench.eps)


QUESTIONS = (
    Question(
        "lower envelope",
        "If other attacks break more for the same number of passes, the number rests on the choice of the attack. "
        "AttackBench's local optimality; 1 is the best of all.",
        "Report the worst of several attacks, image by image; AutoAttack is where it starts.",
        lower_envelope,
    ),
)  # fmt: skip
