"""The rows of which the chapter's sentences speak; one that was not run has no number, and cannot be said."""

from robustlib.chapters.dundi.attacked_tables import FROM_NATIVE, ON_CE, ON_MARGIN, WORST
from robustlib.chapters.dundi.least_distance import DISTANCE, NEAREST
from robustlib.chapters.dundi.oracles import N, read_by
from robustlib.chapters.dundi.source_images import CLEAN_CORRECT
from robustlib.chapters.dundi.tables import MEAN, NETWORKS, found, is_native, mean_row, success_row, transfer_row
from robustlib.experiments.registry import experiment
from robustlib.experiments.rows import Row, one
from robustlib.experiments.standard_suite import WORST as WORST_OF_SUITE
from robustlib.experiments.stored import stored_rows

CE, MARGIN = ON_CE, ON_MARGIN
RETRAINED, PRETRAINED, PLAIN = ("r1", "r2", "r3"), ("p1", "p2", "p3"), ("native1", "native2", "native3")
SIX = (*RETRAINED, *PRETRAINED)  # the paper's six, all at one learning rate: what a mean over DunDi is taken of
SEVEN = (*RETRAINED, "r3-slower", *PRETRAINED)  # every one that the tables of MNIST have in full
LISTS = ("r1-18k", "r1-36k", "r1-180k", "r1")  # of tuples, from the shortest to the longest


def name_of(network: str, dataset: str = "mnist") -> str:
    """The experiment of a short name: "r1" is dundi-mnist-r1. Raises: ValueError for a name that no table has."""
    full = f"dundi-{dataset}-{network}"
    known = [*NETWORKS[dataset], *(f"dundi-mnist-{short}" for short in (*LISTS[:-1], "r1-36k-unit"))]
    if full not in known:
        raise ValueError(f"no network {full}; there are {', '.join(known)}")
    return full


def label(network: str, dataset: str = "mnist") -> str:
    """How a sentence calls it: "DunDi_R1", "DunDi_R3 at rate 3e-4"."""
    return experiment(name_of(network, dataset)).label.replace(", rate", " at rate")


def accuracy(network: str, oracles: int = N, dataset: str = "mnist") -> Row | None:
    """The clean accuracy: with so many oracles a class, or by the softmax of a plain network."""
    name = name_of(network, dataset)
    if is_native(name):
        return found(name, "clean", attack="")
    return found(name, "oracles", defense=read_by(oracles))


def robust(network: str, attack: str = MARGIN, eps: float | None = 0.1, dataset: str = "mnist") -> Row | None:
    """The robust accuracy under one attack; `MARGIN` on a plain network is margin PGD on its logits, "" with eps None
    the clean accuracy on the same images.
    """
    name = name_of(network, dataset)
    asked = "margin PGD" if attack == FROM_NATIVE or (is_native(name) and attack == MARGIN) else attack
    return found(name, "white-box", attack=asked, eps=eps)


def worst(network: str, eps: float = 0.1, dataset: str = "mnist") -> Row | None:
    """What is left in the worst case of the chapter's own attacks."""
    return robust(network, WORST, eps, dataset)


def transferred(
    network: str,
    attack: str = MEAN,
    images: str = CLEAN_CORRECT,
    oracles: int = N,
    dataset: str = "mnist",
    eps: float | None = None,  # None: as in the paper's figure 6
) -> Row | None:
    """What is read right of the images made on the source, under one attack or in the mean of the four."""
    name = name_of(network, dataset)
    if attack == MEAN:
        return success_row(name, images)
    defense = "" if is_native(name) else read_by(oracles)
    if eps is None:
        return transfer_row(name, attack, images, defense)
    return found(name, "transfer", attack=attack, eps=eps, images=images, defense=defense)


def mean_of(networks: tuple[str, ...], attack: str = MEAN, dataset: str = "mnist") -> Row:
    """The mean over networks of what they read right, between the least and the most; of DunDi beside the paper's."""
    rows = [transferred(network, attack, dataset=dataset) for network in networks]
    values = [row.value for row in rows if row is not None and row.value is not None]
    asked = {"attack": attack, "images": CLEAN_CORRECT, "dataset": dataset}
    plain = any(is_native(name_of(network, dataset)) for network in networks)
    asked["network"] = "mean of the plain networks" if plain else "mean of the DunDi networks"
    return mean_row(values if len(values) == len(networks) else [], **asked)


def width(network: str) -> Row | None:
    """The mean distance between embeddings of different classes, in units of the embedding."""
    return found(name_of(network), "oracles", "distance between classes")


def zero_gradients(network: str, attack: str = CE, dataset: str = "mnist") -> Row | None:
    """The share of images at which the loss of this attack has a gradient of exactly zero."""
    return found(name_of(network, dataset), "white-box", "zero gradients", attack=attack)


def on_source(attack: str, metric: str = "accuracy", dataset: str = "mnist") -> Row:
    """Of the source itself: what it reads right of its own images, or the AUC of Feinman's detector on them."""
    return one(stored_rows(f"dundi-{dataset}-feinman", "bayesian"), metric=metric, attack=attack)


def suite(network: str, attack: str = WORST_OF_SUITE, eps: float = 0.1, dataset: str = "mnist") -> Row | None:
    """The robust accuracy under one attack of the standard suite, the same for plain networks and DunDi."""
    return found(name_of(network, dataset), "standard", attack=attack, eps=eps)


def least(network: str, attack: str = NEAREST) -> Row | None:
    """R(f): the mean L2 distance to the nearest point found that is read otherwise, or found by one attack."""
    return found(name_of(network), "distance", DISTANCE, attack=attack)


def stronger(network: str, attack: str = WORST, eps: float = 0.1) -> Row | None:
    """The robust accuracy under the attacks made for unit length."""
    return found(name_of(network), "stronger", attack=attack, eps=eps)
