"""The rows of which the chapter's sentences and pictures speak. What was not run is None, and cannot be said.

A network behind a thermometer is called by its data set, the steps of LS-PGA in its training and whether it had the
triplet: ("mnist", 7, True); one behind the generator by its letter.
"""

from typing import Any

from robustlib.chapters.input_defences.defense_gan_attacks import DEFENCE as PROJECTED
from robustlib.chapters.input_defences.defense_gan_attacks import WORST as WORST
from robustlib.chapters.input_defences.randomisation_attacks import DEFENCE as RANDOMISED
from robustlib.chapters.input_defences.randomisation_attacks import ENSEMBLE as ENSEMBLE
from robustlib.chapters.input_defences.randomisation_attacks import VANILLA as VANILLA
from robustlib.chapters.input_defences.what_is_left import COLUMNS, lines
from robustlib.chapters.input_defences.what_is_left import left as of_line
from robustlib.experiments.quantities import Quantity
from robustlib.experiments.rows import Row, maybe, unpack
from robustlib.experiments.stored import stored_rows

GAN, TRIPLET = "input-mnist-gan", " with triplet"


def _row(name: str, kind: str, **columns: Any) -> Row | None:
    return maybe(stored_rows(name, kind, 0), metric="accuracy", **columns)


def plain(dataset: str, attack: str = "") -> Row | None:
    """The undefended network of a set: clean, or under an attack on itself."""
    return _row(f"input-{dataset}-plain", "attacked", attack=attack)


def thermometer(
    dataset: str, steps: int, triplet: bool = False, attack: str = "", *, unknown: bool = False
) -> Row | None:
    """A network behind a thermometer: clean, or under an attack; `unknown`: made on the undefended network."""
    name = f"input-{dataset}-thermometer-{steps}" + ("-triplet" if triplet else "")
    return _row(name, "attacked", attack=attack, source=f"input-{dataset}-plain" if unknown else "")


def randomised(
    triplet: bool = False, attack: str = "", source: str = "", *, alone: bool = False, control: bool = False
) -> Row | None:
    """ResNet-8 on CIFAR-10 behind random views, or `alone`; images of the papers' scenarios name it as their source.

    `control`: the network that was trained on FGSM's images without a triplet.
    """
    name = f"input-cifar10-{'adversarial' if control else 'triplet' if triplet else 'plain'}"
    return _row(name, "randomised", attack=attack, source=source, defense="" if alone else RANDOMISED)


def projected(
    letter: str = "a",
    triplet: bool = False,
    attack: str = "",
    *,
    static: bool = False,
    alone: bool = False,
    control: bool = False,
) -> Row | None:
    """A classifier behind the generator, or `alone`; `static`: under images made on it alone; `control`: trained on
    FGSM's images without a triplet.
    """
    name = f"input-mnist-{letter}" + ("-adversarial" if control else "-triplet" if triplet else "")
    return _row(name, "projected", attack=attack, source=name if static else "", defense="" if alone else PROJECTED)


def alone(which: str, eps: float) -> Row | None:
    """A classifier of digits without the generator under AutoAttack at this radius, by the standard suite."""
    return _row(f"input-mnist-{which}", "standard", attack="AutoAttack", eps=eps)


def with_triplet(label: str) -> str:
    """The label of the same line with the triplet: steps in training stand last."""
    return label.replace(" (", " + triplet (") if "(" in label else label + TRIPLET


def left(label: str, column: str = COLUMNS[-1]) -> Row | None:
    """What stands in a line of the table `what_is_left`, image by image; by default where the worst of all counts.

    Raises: LookupError for a label that the table has not.
    """
    found = [line for line in lines() if line.label == label]
    if not found:
        raise LookupError(f"no line {label!r}; there are {', '.join(line.label for line in lines())}")
    return of_line(found[0])[column]


def reconstruction() -> Row | None:
    """The generator's mean squared error of a pixel on digits that it has not seen, between 5 and 95 % of them."""
    return maybe(stored_rows(GAN, "reconstruction", 0), metric="reconstruction error")


def gain(with_it: Row | None, without: Row | None) -> Quantity | None:
    r"""By how many points more the first row is right, on the images of both, with its 95 % interval over images.

    .. math:: 100\, \bar d \pm 196\, \mathrm{std}(d) / \sqrt n, \qquad d_i = a_i - b_i

    One training each, so that it says nothing of other trainings. None where one is not there, or says nothing of
    single images. Source: as in the chapter on AT2L, there {eq}`at-pair`.
    """
    if with_it is None or without is None or not with_it.bits or not without.bits:
        return None
    n = min(with_it.n or 0, without.n or 0)
    first, second = (unpack(row.bits, row.n or 0)[:n].double() for row in (with_it, without))
    d = 100 * (first - second)
    mean, half = d.mean().item(), 1.96 * d.std().item() / n**0.5
    return Quantity(mean, mean - half, mean + half, f"{with_it.said} less {without.said}, points", n)
