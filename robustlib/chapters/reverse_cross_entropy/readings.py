"""The rows of which the chapter's sentences speak, of the ResNet-32 of a data set, by its loss: "CE" or "RCE".

What was not run is None, and cannot be said. Where it has several seeds, a reading is of seed 0 unless it says more.
"""

from robustlib.chapters.reverse_cross_entropy import verdict_tables
from robustlib.chapters.reverse_cross_entropy.detector_attack_tables import NOISY, VERDICTS
from robustlib.chapters.reverse_cross_entropy.tables import LOSSES, against, network
from robustlib.experiments.row_unions import over_seeds
from robustlib.experiments.rows import Row, maybe, select
from robustlib.experiments.standard_suite import WORST
from robustlib.experiments.stored import stored_rows, training

PRINTED, STABLE, TUNED = "C&W-wb as printed", "C&W-wb by log-sum-exp", "detector-aware C&W"
TURNS, BOTH = "detector-aware PGD", "detector-aware PGD, then feature matching"
DENSITY = "K-density"


def clean(loss: str, dataset: str = "mnist", depth: int = 32) -> Row | None:
    """The accuracy on all test images, without a detector."""
    return maybe(stored_rows(network(dataset, loss, depth), "clean", 0), metric="accuracy", attack="")


def bare(loss: str, attack: str, eps: float, dataset: str = "mnist") -> Row | None:
    """The accuracy under FGSM, BIM, ILCM or JSMA, which do not know of a detector, without one."""
    rows = stored_rows(network(dataset, loss), "oblivious", 0)
    return maybe(rows, metric="accuracy", attack=attack, eps=eps)


def suite(loss: str, eps: float, attack: str = WORST, dataset: str = "mnist", seed: int = 0) -> Row | None:
    """The accuracy without a detector under the standard suite: its worst case, or one of its attacks."""
    rows = stored_rows(network(dataset, loss), ("standard", "bare"), seed)
    return maybe(rows, metric="accuracy", attack=attack, eps=eps)


def auc(
    loss: str, attack: str, detector: str = DENSITY, dataset: str = "mnist", eps: float | None = None
) -> Row | None:
    """The AUC of a detector against one attack, at the radius of the tables unless another is given."""
    return maybe(against(dataset, loss, attack, eps), metric="AUC", defense=detector)


def both(
    attack: str, detector: str = DENSITY, dataset: str = "mnist", eps: float | None = None
) -> dict[str, Row | None]:
    """The same for either loss."""
    return {loss: auc(loss, attack, detector, dataset, eps) for loss in LOSSES}


def caught(loss: str, attack: str, share: float, detector: str = DENSITY, dataset: str = "mnist") -> Row | None:
    """The detection rate at this share of false positives."""
    rows = against(dataset, loss, attack)
    return maybe(rows, metric="detection rate", defense=detector, false_positives=share)


def false_positives(
    loss: str, attack: str, share: float, detector: str = DENSITY, dataset: str = "mnist"
) -> Row | None:
    """The share that is in fact rejected, by the threshold for this one, of the clean images that the attack broke."""
    rows = against(dataset, loss, attack)
    return maybe(rows, metric="false positive rate", defense=detector, false_positives=share)


def search(loss: str, attack: str = "C&W", metric: str = "distortion", dataset: str = "mnist") -> Row | None:
    """The median "distortion" (L2 over the root of d, pixels in 0 .. 255) or "confidence" of a C&W attack."""
    return maybe(against(dataset, loss, attack), metric=metric)


def detected(
    loss: str, attack: str = PRINTED, share: float = 0.5, dataset: str = "mnist", metric: str = "detected"
) -> Row | None:
    """Of the images attacked with a C&W that knows the detector, the share still "detected", or the "distortion"."""
    rows = stored_rows(network(dataset, loss), "white-box", 0)
    return maybe(rows, metric=metric, attack=attack, false_positives=share)


def surviving(loss: str, eps: float, attack: str = BOTH, dataset: str = "mnist") -> Row | None:
    """The share of images that nobody has made misread and accepted, by the density at the printed gamma."""
    return maybe(stored_rows(network(dataset, loss), "adaptive", 0), metric="accuracy", attack=attack, eps=eps)


def verdicts(loss: str, eps: float, dataset: str = "mnist") -> dict[str, Row] | None:
    """The shares "right", "rejected" and "fooled" of the same images."""
    return verdict_tables.of_the_worst(dataset, loss, eps)


def guarded(loss: str, detector: str, verdict: str = "fooled", eps: float = 0.1, seed: int | None = None) -> Row | None:
    """The share of a verdict on digits attacked by one who knows this detector, over all seeds unless one is named."""
    metric = {words: metric for metric, words in VERDICTS.items()}[verdict]
    rows = stored_rows(network("mnist", loss), "guarded", seed)
    return over_seeds(select(rows, metric=metric, attack=TURNS, defense=detector, eps=eps))


def part(loss: str, start: str, classes: str, share: float = 0.5) -> Row | None:
    """The share of digits still detected after C&W-wb with another start or aim, or at another threshold."""
    rows = stored_rows(network("mnist", loss), "search", 0)
    return maybe(rows, metric="detected", attack=f"{start}, {classes}", false_positives=share)


def noisy(loss: str, attack: str, detector: str = DENSITY) -> Row | None:
    """The AUC of attacked digits against noisy ones, or with "noise" the share of noisy digits that are rejected."""
    rows = stored_rows(network("mnist", loss), "noise", 0)
    if attack == "noise":
        return maybe(rows, metric="detected", attack=attack, defense=detector)
    return maybe(rows, metric="AUC", attack=attack, defense=detector, images=NOISY)


def sent(
    source: str, target: str, attack: str = TURNS, metric: str = "transfer rate", eps: float | None = None
) -> Row | None:
    """Of the digits made on the ResNet-32 of one loss, the share misread by the ResNet-56 of another ("transfer rate"),
    misread and accepted ("undetected"), or the "AUC" of its density.
    """
    rows = stored_rows(network("mnist", target, 56), "black-box", 0)
    return maybe(rows, metric=metric, attack=attack, eps=eps, source=network("mnist", source))


def axes(loss: str, dataset: str = "mnist") -> Row | None:
    """Over how many axes a class is spread out in the embedding: the participation ratio of its variances."""
    return maybe(stored_rows(network(dataset, loss), "map", 0), metric="participation ratio")


def gamma(loss: str, detector: str = DENSITY, dataset: str = "mnist") -> Row | None:
    """The gamma that the paper prints for the loss, or with `CHOSEN` that the rule chose."""
    return maybe(stored_rows(network(dataset, loss), "oblivious", 0), metric="gamma", defense=detector)


def seconds(loss: str, dataset: str = "mnist", depth: int = 32) -> float | None:
    """How long the training took, by the clock of the machine that did it."""
    found = training(network(dataset, loss, depth))
    return None if found is None else float(found["seconds"]["train"])
