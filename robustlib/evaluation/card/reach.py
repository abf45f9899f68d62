"""The ball: whether the attack stays inside it, and whether it can reach its surface."""

from robustlib.describe import weights_hash
from robustlib.evaluation.card.bench import Bench, kept_as
from robustlib.evaluation.card.check import CANNOT, FAILS, PASSES, Finding, Question
from robustlib.evaluation.card.variations import inside, step_of


def stays_inside(bench: Bench) -> Finding:
    """Whether every attack kept to the ball of radius eps and to [0, 1], and left the model as it was; else the card
    stops.
    """
    if not bench.clean().any():
        said = f"the model gets none of the {bench.n} images right, so that no attack has anything to break"
        return Finding(CANNOT, f"{said}: look at the labels, and at the pixels' range in training")
    left = []
    for name, attack in bench.attacks.items():
        before = weights_hash(bench.model)
        bench.standing(kept_as(name), attack, draws=name)
        found = bench.known[kept_as(name)]
        if weights_hash(bench.model) != before:
            left.append(f"{name} changed the model's weights or running statistics")
        if found["outside"]:
            left.append(
                f"{name} took {found['outside']} images outside: as far as {found['far']:.4g} from the image where "
                f"eps is {bench.eps:.4g}, pixels in [{found['low']:.4g}, {found['high']:.4g}]"
            )
    return Finding(FAILS if left else PASSES, "; ".join(left) or f"every attack stayed within eps = {bench.eps:.4g}")


def reach(bench: Bench) -> Finding:
    r"""Whether the steps, one after the other, are as long as the radius: :math:`s \alpha \ge \epsilon`.

    A random start is no progress: it moves a pixel towards the face that the attack wants as often as away from it, so
    that the mean way to that face stays eps. The share of wanted faces that can be reached from a uniform start is
    :math:`\min(1, s \alpha / 2\epsilon)`; it is said.
    """
    ways, said, unknown = [], [], []
    for name, attack in bench.attacks.items():
        for part in inside(attack):
            step = step_of(part)
            if step is None:
                continue
            way = min(part.steps * step, part.eps) if part.eps < bench.eps else part.steps * step
            ways.append(way)
            share = min(1.0, way / (2 * bench.eps)) if bench.eps else 1.0
            start = getattr(part, "random_start", False)
            said.append(
                f"{name}: {part.steps} steps of {step:.4g} cover {way:.4g}, {way / bench.eps if bench.eps else 1:.2g} "
                f"of eps" + (f"; from a random start {100 * share:.0f} % of the faces are in reach" if start else "")
            )
            break
        else:
            unknown.append(name)
    if unknown:
        said.append(f"no fixed step to judge: {', '.join(unknown)}")
    if any(way >= bench.eps * (1 - 1e-6) for way in ways):
        return Finding(PASSES, "; ".join(said))
    return Finding(CANNOT if unknown else FAILS, "; ".join(said))


INSIDE = Question(
    "inside the ball",
    "An attack that leaves the ball or the box answers another question: nothing below it would mean anything.",
    "Project onto the ball and clip to [0, 1]; Capped(attack, eps) does it for a minimum-norm attack. An attack asks "
    "the model in eval mode, and leaves it as it was.",
    stays_inside,
)
QUESTIONS = (
    Question(
        "reach",
        "An attack whose steps together are shorter than eps never sees the sphere: nothing was attacked at eps.",
        "Set alpha so that steps x alpha >= eps, 2.5 eps / steps for instance (Madry et al. 2018).",
        reach,
    ),
)  # fmt: skip
