"""How near the evaluation comes to the best of all attacks, at equal passes."""

from robustlib.attacks import APGD, EOT, PGD, Square
from robustlib.evaluation.card.bench import Bench
from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES, Finding, Question
from robustlib.evaluation.card.variations import at_passes, at_radius
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

    Both are worst cases, image by image. Every attack of the panel has the same passes, and every attack of the
    evaluation is set to them; an attack made of several has them for each part.
    Source: Cina et al. 2025 (AttackBench), local optimality, with a sum over three radii for the area.
    """
    radii, right = (bench.eps / 4, bench.eps / 2, bench.eps), int(bench.clean().sum())
    taken = whole = at_eps = used = 0
    for eps in radii:
        own = best = bench.clean()
        for name, attack in bench.attacks.items():
            label = f"{name}, {bench.settings.passes} passes, eps {eps:.6g}"
            limited = at_radius(at_passes(attack, bench.settings.passes), eps)
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
    return Finding(FAILS if share < ENOUGH and whole - taken > len(radii) * bench.slack else PASSES, said)


QUESTIONS = (
    Question(
        "lower envelope",
        "If other attacks break more for the same number of passes, the number rests on the choice of the attack. "
        "AttackBench's local optimality; 1 is the best of all.",
        "Report the worst of several attacks, image by image; AutoAttack is where it starts.",
        lower_envelope,
    ),
)  # fmt: skip
