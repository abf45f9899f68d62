"""What the papers on MadNet, AT2L and robust representations say in words, and the rows of ours that decide it."""

from functools import partial
from typing import Any

from robustlib.chapters.scorecard.claim import Claim, Comparison, row
from robustlib.experiments.rows import Row

MADNET, AT2L, TRIPLETS = "madnet.html#", "at2l.html#", "robust_representations.html#"
WHITE_BOX = (("FGSM", 0.1), ("FGSM", 0.2), ("BIM", 0.1), ("BIM", 0.15), ("PGD", 0.1), ("PGD", 0.15))
SETS = ("mnist", "cifar10", "cifar100")
OF_THE_SET = "margin of the set, as printed"
TERMS = ("ce", "smoothing", "siamese", "variance")


def madnet(method: str, kind: str, dataset: str = "mnist", metric: str = "accuracy", **columns: Any) -> Row | None:
    """A row of the chapter on MadNet."""
    return row(f"madnet-{dataset}-resnet8-{method}", kind, metric, **columns)


def paired(term: str) -> Row | None:
    """A LeNet trained on PGD's images at 0.2 with this term, under APGD-T there, over its seeds."""
    return row(f"at2l-mnist-pgd-0.2-{term}", "paired", attack="APGD-T")


def at2l(which: str, attack: str, target: str = "mnist-a", kind: str = "known", static: bool = True) -> Row | None:
    """After our last outer iteration: "gradient-at2l" under one attack; static: by images made on the first network."""
    of = f"at2l-{target}"
    return row(f"{of}-{kind}-{which}-3", kind, attack=attack, source=of if static and attack else "")


def before(target: str, kind: str = "known") -> Row | None:
    """The accuracy of the network before it."""
    return row(f"at2l-{target}", kind, attack="", source="")


def triplets(which: str, attack: str, kind: str = "attacked", **columns: Any) -> Row | None:
    """A row of the report's network."""
    return row(f"rr-convnet-{which}", kind, attack=attack, seed=0, defense="", **columns)


def ls_pga(steps: int, triplet: str) -> Row | None:
    """A network of CIFAR-10 behind a thermometer, under the attack of its own paper."""
    return row(f"input-cifar10-thermometer-{steps}{triplet}", "attacked", attack="LS-PGA", source="")


auto = partial(triplets, attack="AutoAttack", kind="standard")
CLAIMS = (
    Claim(
        "madnet", "“can improve the original accuracy”", "abstract; section 5.3 for CIFAR-10",
        "MAD reads more of CIFAR-10 right than cross-entropy", MADNET + "tables-2-and-3-photographs",
        lambda: [Comparison("more than", *(madnet(m, "clean", "cifar10", attack="") for m in ("mad", "ce")))],
    ),
    Claim(
        "madnet", "it “does not significantly degrade the performance on normal instances”", "section 5.3",
        "MAD reads no fewer clean images right than cross-entropy, on each of three sets", MADNET + "table-1-digits",
        lambda: [
            Comparison("no less than", *(madnet(m, "clean", d, attack="") for m in ("mad", "ce"))) for d in SETS
        ],
    ),
    Claim(
        "madnet", "it “outperforms the competition on the vast majority of the scenarios”", "section 5.3",
        "three in four of six: on MNIST MAD keeps more than PCL under FGSM, BIM and PGD at both radii",
        MADNET + "table-1-digits",
        lambda: [
            Comparison("more than", *(madnet(m, "white-box", attack=a, eps=e, images="", seed=0)
                                      for m in ("mad", "pcl")))
            for a, e in WHITE_BOX
        ],
        0.75,
    ),
    Claim(
        "madnet", "the black box breaks less than the white box, as it should", "section 5.4",
        "MNIST, eps 0.1: FGSM, BIM and PGD leave more when they are made on the proxy", MADNET + "table-4-a-proxy",
        lambda: [
            Comparison("more than", *(madnet("mad", k, attack=a, eps=0.1, images="", seed=0)
                                      for k in ("black-box", "white-box")))
            for a in ("FGSM", "BIM", "PGD")
        ],
    ),
    Claim(
        "madnet", "the Davies-Bouldin index of the whole of MAD “is the best by far”", "section 5.2, fig. 2",
        "on MNIST it is smaller than that of each step of the ablation", MADNET + "the-numbers-behind-the-maps",
        lambda: [
            Comparison("less than", *(madnet(m, "geometry", metric="Davies-Bouldin index", seed=0)
                                              for m in ("mad", term)))
            for term in TERMS
        ],
    ),
    Claim(
        "madnet", "η / ‖J‖ bounds the distortion that an attack needs from below", "section 2, equation 3",
        "with η as printed, of the whole set, it holds for nearly all images", MADNET + "from-a-margin-to-a-bound",
        lambda: [Comparison("nearly all", madnet("mad", "bound", metric="bound holds", defense=OF_THE_SET, seed=0))],
    ),
    Claim(
        "at2l", "“no loss of accuracy”", "section 4.2",
        "after three outer iterations no fewer clean images are read right than before, on MNIST and CIFAR-10",
        AT2L + "no-loss-of-accuracy",
        lambda: [
            Comparison("no less than", at2l("gradient-at2l", "", t, k), before(t, k))
            for t, k in (("mnist-a", "known"), ("mnist-c", "unknown"), ("cifar10-vgg", "known"))
        ],
    ),
    Claim(
        "at2l", "the triplet improves adversarial training", "abstract, section 4.2",
        "equal PGD training at eps 0.2, APGD-T: more is left with AT²L's triplet, over three seeds",
        AT2L + "the-same-pgd-training-with-and-without-a-triplet",
        lambda: [Comparison("more than", paired("at2l"), paired("none"))],
    ),
    Claim(
        "at2l", "triplet regularisation makes other defences more robust", "section 4.4, table 1",
        "thermometers of 1 and 7 steps on CIFAR-10 under LS-PGA: more is left with the triplet",
        "input_defences.html#thermometer-table-1-and-the-supplement-s-tables-8-to-11",
        lambda: [Comparison("more than", ls_pga(k, "-triplet"), ls_pga(k, "")) for k in (1, 7)],
    ),
    Claim(
        "robust_representations", "it “increases both robustness and accuracy”", "section 5",
        "Ours reads more digits right than Softmax, clean and under AutoAttack at eps 0.1",
        TRIPLETS + "the-report-s-table-measured-again",
        lambda: [
            Comparison("more than", triplets("ours", ""), triplets("softmax", "")),
            Comparison("more than", auto("ours", eps=0.1), auto("softmax", eps=0.1)),
        ],
    ),
    Claim(
        "robust_representations", "successful attacks need an “exceedingly large perturbation budget”", "abstract",
        "at the report's own eps 0.3 most digits stand in the worst case", TRIPLETS + "a-table-that-contradicts-itself",
        lambda: [Comparison("more than half", triplets("ours", "worst case", eps=0.3))],
    ),
    Claim(
        "robust_representations", "it outperforms other training “by a large margin”", "section 3.4",
        "at eps 0.1 AutoAttack leaves more of Ours than of Softmax", TRIPLETS + "how-far-is-far-apart",
        lambda: [Comparison("more than", auto("ours", eps=0.1), auto("softmax", eps=0.1))],
    ),
    Claim(
        "robust_representations", "adversarial training “further complements” it", "section 3.4",
        "at eps 0.3 the worst case leaves more of Ours_PGD than of Ours",
        TRIPLETS + "what-triplets-add-to-adversarial-training",
        lambda: [Comparison("more than", triplets("ours-pgd", "worst case"), triplets("ours", "worst case"))],
    ),
    Claim(
        "robust_representations", "training both losses jointly is “impractical”", "section 3.2",
        "the joint LeNet reads fewer clean digits right than Ours", TRIPLETS + "the-forgotten-stop-gradient",
        lambda: [
            Comparison("less than", *(row(f"rr-lenet-{k}", "attacked", attack="", defense="")
                                      for k in ("joint", "ours")))
        ],
    ),
)  # fmt: skip
