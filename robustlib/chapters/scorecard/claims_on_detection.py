"""What the paper on reverse cross-entropy says in words, and the rows of ours that decide it."""

from robustlib.chapters.scorecard.claim import Claim, Comparison, row
from robustlib.experiments.rows import Row

EIGHT = 8 / 255
RCE = "reverse_cross_entropy.html#"
ATTACKS = {"mnist": (("FGSM", 0.16), ("BIM", 0.16), ("ILCM", 0.16), ("JSMA", 0.16))}
ATTACKS["cifar10"] = (("FGSM", EIGHT), ("BIM", EIGHT), ("ILCM", EIGHT), ("JSMA", 0.04))
SETS = ("mnist", "cifar10")


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


CLAIMS = (
    Claim(
        "rce", "“maintaining accuracy on normal examples”", "abstract, section 4.2",
        "RCE reads no fewer clean test images right than CE, on both sets", RCE + "accuracy-without-an-attack",
        lambda: [Comparison("no less than", clean("rce", d), clean("ce", d)) for d in SETS],
    ),
    Claim(
        "rce", "RCE is read right more often than CE under FGSM, BIM, ILCM and JSMA, on both sets",
        "section 4.3, fig. 2a",
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
        "rce", "RCE with the K-density detector beats the baseline, CE with the same, “in almost all cases”",
        "section 4.3",
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
)  # fmt: skip
