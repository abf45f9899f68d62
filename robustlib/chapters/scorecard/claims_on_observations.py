"""Observations (i) to (iii) of AT2L's section 4.2, each under both readings of the images that it was attacked with."""

from collections.abc import Callable
from functools import partial

from robustlib.chapters.scorecard.claim import Claim, Comparison, row
from robustlib.experiments.rows import Row

LINK = "at2l.html#attacked-on-which-network"
SETS = {"gradient": "FGSM", "optimisation": "C&W"}  # the attacks of a set, and the one that it is tested by
READINGS = {True: "images made before the training", False: "images made on the network itself"}


def left(attack_set: str, attack: str, static: bool) -> Row | None:
    """What MNIST's model A reads right after our last outer iteration with this set, known type of attack."""
    target = "at2l-mnist-a"
    source = target if static else ""
    return row(f"{target}-known-{attack_set}-at2l-3", "known", attack=attack, eps=0.3, source=source)


def best(static: bool) -> list[Comparison]:
    """Of three sets the one of the kind leaves no less than either of the others."""
    return [
        Comparison("no less than", left(own, attack, static), left(other, attack, static))
        for own, attack in SETS.items() for other in (*SETS, "mixed") if other != own
    ]  # fmt: skip


def none(static: bool) -> list[Comparison]:
    """Trained with gradient attacks it reads hardly any image of C&W right."""
    return [Comparison("hardly any", left("gradient", "C&W", static))]


def mixed(static: bool) -> list[Comparison]:
    """Trained with all attacks it keeps no less than with those of the kind."""
    return [Comparison("no less than", left("mixed", a, static), left(own, a, static)) for own, a in SETS.items()]


SAID: tuple[tuple[str, str, Callable[[bool], list[Comparison]]], ...] = (
    ("observation (i): AT²L is most robust against the kind of attack that it was trained with", "no other set "
     "leaves more of MNIST", best),
    ("observation (ii): trained with gradient attacks it has “almost no robustness” against C&W", "hardly any digit of "
     "MNIST is read right", none),
    ("observation (iii): trained with all attacks it is about as robust as with those of the kind", "no fewer "
     "digits of MNIST than with the attacks of the kind", mixed),
)  # fmt: skip


def of(said: str, decided_by: str, make: Callable[[bool], list[Comparison]], static: bool) -> Claim:
    """A claim under one reading."""
    words = f"{decided_by}; {READINGS[static]}"
    return Claim("at2l", said, "section 4.2, fig. 1", words, LINK, partial(make, static))


CLAIMS = tuple(of(*each, static) for each in SAID for static in READINGS)
