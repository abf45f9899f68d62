"""What the paper on DunDi says in words, and the rows of ours that decide it."""

from typing import Any

from robustlib.chapters.scorecard.claim import Claim, Comparison, row
from robustlib.experiments.rows import Row

DUNDI = "dundi.html#"
THREE = ("1", "2", "3")


def oracles(network: str, count: int = 10) -> Row | None:
    """DunDi's clean accuracy."""
    said = f"two-step, {count} oracle{'s' * (count > 1)}"
    return row(f"dundi-{network}", "oracles", defense=said, attack="")


def native(network: str) -> Row | None:
    """The accuracy of the plain network, on all test images."""
    return row(f"dundi-{network}", "clean", attack="", n=10_000)


def transferred(attack: str, count: int) -> Row | None:
    """What DunDi_P1 reads right of the images of figure 7."""
    said = f"two-step, {count} oracle{'s' * (count > 1)}"
    columns: dict[str, Any] = {"defense": said, "attack": attack, "eps": None if attack == "JSMA" else 0.3}
    return row("dundi-mnist-p1", "transfer", images="right on the source when clean", **columns)


def margin(network: str, attack: str) -> Row | None:
    """The robust accuracy of a network of DunDi's chapter at eps 0.1."""
    return row(f"dundi-mnist-{network}", "white-box", attack=attack, eps=0.1)


CLAIMS = (
    Claim(
        "dundi", "“without hurting classification accuracy”", "abstract",
        "with 10 oracles each of six DunDi reads no fewer digits right than its plain network",
        DUNDI + "how-accurate-is-a-distance",
        lambda: [
            Comparison("no less than", oracles(f"mnist-{k}{i}"), native(f"mnist-native{i}"))
            for i in THREE for k in "rp"
        ],
    ),
    Claim(
        "dundi", "“significant perturbations are required to fool the model”", "abstract, section 3.1",
        "at eps 0.1 margin PGD leaves more of each DunDi_R than of its plain network",
        DUNDI + "one-network-two-attackers",
        lambda: [
            Comparison("more than", margin(f"r{i}", "margin PGD on distances"), margin(f"native{i}", "margin PGD"))
            for i in THREE
        ],
    ),
    Claim(
        "dundi", "accuracy increases with the number of oracle images", "section 4.2",
        "on MNIST each of six DunDi reads more digits right with 20 oracles a class than with one",
        DUNDI + "how-accurate-is-a-distance",
        lambda: [
            Comparison("more than", *(oracles(f"mnist-{k}{i}", n) for n in (20, 1))) for i in THREE for k in "rp"
        ],
    ),
    Claim(
        "dundi", "accuracy increases with the number of tuples", "section 4.4, table 2",
        "18,000 to 360,000 tuples, DunDi_R1", DUNDI + "does-more-data-help",
        lambda: [Comparison("rises", [oracles(f"mnist-r1{k}") for k in ("-18k", "-36k", "-180k", "")])],
    ),
    Claim(
        "dundi", "the defense success rate increases with the number of oracle images", "section 4.4, fig. 7",
        "under each of four attacks DunDi_P1 reads more right with 20 oracles a class than with one",
        DUNDI + "how-many-oracles",
        lambda: [
            Comparison("more than", transferred(a, 20), transferred(a, 1))
            for a in ("iFGSM-a", "iFGSM-b", "FGSM", "JSMA")
        ],
    ),
    Claim(
        "dundi", "on CIFAR-10 DunDi_P is more accurate than the plain network", "section 4.2",
        "with one oracle, as in the paper's words", DUNDI + "how-accurate-is-a-distance",
        lambda: [Comparison("more than", oracles("cifar10-quarter-p", 1), native("cifar10-quarter-native"))],
    ),
)  # fmt: skip
