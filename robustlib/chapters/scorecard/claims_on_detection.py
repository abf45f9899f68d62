"""What the paper on reverse cross-entropy and DunDi's say in words, and the rows of ours that decide it."""

from robustlib.chapters.scorecard.claim import Claim, Comparison, row
from robustlib.experiments.rows import Row

EIGHT = 8 / 255
RCE, DUNDI = "reverse_cross_entropy.html#", "dundi.html#"
ATTACKS = {"mnist": (("FGSM", 0.16), ("BIM", 0.16), ("ILCM", 0.16), ("JSMA", 0.16))}
ATTACKS["cifar10"] = (("FGSM", EIGHT), ("BIM", EIGHT), ("ILCM", EIGHT), ("JSMA", 0.04))
SETS = ("mnist", "cifar10")
THREE = ("1", "2", "3")


def of(loss: str, dataset: str) -> str:
    """A ResNet-32 of the chapter on reverse cross-entropy."""
    return f"rce-{dataset}-resnet32-{loss}"


def clean(loss: str, dataset: str) -> Row | None:
    """Its accuracy."""
    return row(of(loss, dataset), "clean", attack="")


def density(loss: str, dataset: str, attack: str, eps: float | None) -> Row | None:
    """The AUC of the K-density detector."""
    kind = "carlini-wagner" if attack.startswith("C&W") else "oblivious"
    return row(of(loss, dataset), kind, "AUC", attack=attack, eps=eps, defense="K-density")


def every_attack(dataset: str) -> list[tuple[str, float | None]]:
    """The six of table 2."""
    return [*ATTACKS[dataset], ("C&W", None), ("C&W-hc", None)]


def distortion(loss: str, dataset: str, attack: str) -> Row | None:
    """How far C&W has to go, median."""
    return row(of(loss, dataset), "carlini-wagner", "distortion", attack=attack)


def detected(attack: str) -> Row | None:
    """What the density still detects of MNIST at the paper's threshold."""
    return row(of("rce", "mnist"), "white-box", "detected", attack=attack, false_positives=0.5)


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
    columns = {"defense": said, "attack": attack, "eps": None if attack == "JSMA" else 0.3}
    return row("dundi-mnist-p1", "transfer", images="right on the source when clean", **columns)


def margin(network: str, attack: str) -> Row | None:
    """The robust accuracy of a network of DunDi's chapter at eps 0.1."""
    return row(f"dundi-mnist-{network}", "white-box", attack=attack, eps=0.1)


CLAIMS = (
    Claim(
        "rce", "“maintaining accuracy on normal examples”", "abstract, section 4.2",
        "RCE reads no fewer clean test images right than CE, on both sets", RCE + "accuracy-without-an-attack",
        lambda: [Comparison("no less than", clean("rce", d), clean("ce", d)) for d in SETS],
    ),
    Claim(
        "rce", "RCE is read right more often than CE under FGSM, BIM, ILCM and JSMA, on both sets", "section 4.3, fig. 2a",
        "more for each attack and set, at the radii of our table 2", RCE + "four-attacks-without-a-detector",
        lambda: [
            Comparison("more than", *(row(of(k, d), "oblivious", attack=a, eps=e, defense="") for k in ("rce", "ce")))
            for d in SETS for a, e in ATTACKS[d]
        ],
    ),
    Claim(
        "rce", "C&W needs “much larger minimal distortions” on RCE", "section 4.3, fig. 2b",
        "for C&W and C&W-hc and on both sets the quartiles of RCE lie above those of CE", RCE + "how-far-c-w-has-to-go",
        lambda: [
            Comparison("more than", distortion("rce", d, a), distortion("ce", d, a)) for d in SETS
            for a in ("C&W", "C&W-hc")
        ],
    ),
    Claim(
        "rce", "RCE with the K-density detector beats the baseline, CE with the same, “in almost all cases”", "section 4.3",
        "nine in ten of twelve: no smaller AUC, under six attacks on two sets",
        RCE + "table-2-the-oblivious-attacker",
        lambda: [
            Comparison("no less than", density("rce", d, a, e), density("ce", d, a, e))
            for d in SETS for a, e in every_attack(d)
        ],
        0.9,
    ),
    Claim(
        "rce", "white-box adversaries need “macroscopic noises” to evade the defence", "section 1",
        "at the paper's threshold most digits are still detected after an attack that knows the detector",
        RCE + "the-white-box-attacker",
        lambda: [Comparison("more than half", detected("detector-aware C&W"))],
    ),
    Claim(
        "dundi", "“without hurting classification accuracy”", "abstract",
        "with 10 oracles each of six DunDi reads no fewer digits right than its plain network",
        DUNDI + "how-accurate-is-a-distance",
        lambda: [
            Comparison("no less than", oracles(f"mnist-{k}{i}"), native(f"mnist-native{i}")) for i in THREE for k in "rp"
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
