"""The rows that the sentences of the chapter rest on."""

from robustlib.chapters.attacks.peers import peers
from robustlib.chapters.attacks.tables import NETWORKS, distances
from robustlib.experiments import Row, one, stored_rows


def left(attack: str, network: str = "adversarially trained", metric: str = "accuracy") -> Row:
    """What an attack with a budget leaves of the thousand images of the table, or what it costs; "" is clean."""
    return one(stored_rows(NETWORKS[network], "budget"), metric=metric, attack=attack)


def climbed(passes: int, *attacks: str) -> dict[str, Row]:
    """What each attack leaves of the robust network after so many passes, or queries."""
    rows = stored_rows(NETWORKS["adversarially trained"], "passes")
    return {attack: one(rows, metric="accuracy", attack=attack, steps=passes) for attack in attacks}


def nearest(metric: str, network: str = "adversarially trained") -> dict[str, float]:
    """The median distance of each minimum-norm attack, or its passes for an image."""
    rows = [row for row in stored_rows(NETWORKS[network], "nearest") if row.metric == metric]
    return {row.attack: row.value for row in rows if row.value is not None}


def in_the_ball(eps: float, network: str = "adversarially trained") -> Row:
    """What PGD leaves in the L2 ball of this radius."""
    return one(stored_rows(NETWORKS[network], "nearest"), metric="accuracy", attack="PGD", eps=eps)


def beyond(eps: float, network: str = "adversarially trained") -> dict[str, float]:
    """The share of images whose nearest wrong image, as each minimum-norm attack found it, is farther than eps."""
    found = distances(NETWORKS[network])
    return {name: sum(d is None or d > eps for d in ds) / len(ds) for name, ds in found.items()}


def beside_peers(drawn: bool) -> list[float]:
    """How many points ours leaves above theirs, of each comparison: of attacks that draw or search, or of the others.

    Raises: FileNotFoundError as `peers`.
    """
    plain = ("FGSM", "BIM", "MIM", "ILCM")
    lines = [line for line in peers().rows if (line[0] not in plain) == drawn]
    return [float(line[-3]) - float(line[-2]) for line in lines]


def starts() -> tuple[float, float]:
    """What PGD of 40 steps leaves from the image itself, and from a random start, in % of one comparison with others.

    Raises: FileNotFoundError as `peers`; LookupError where either was not compared.
    """
    found = {line[1]: float(line[-3]) for line in peers().rows if line[0] == "PGD" and "eps 0.2" in line[1]}
    image, drawn = "40 steps; from the image itself; L-infinity, eps 0.2", "40 steps; L-infinity, eps 0.2"
    return found[image], found[drawn]
