"""The methods of the table, in its order: what each is called, what it minimises in one line, and its own attack."""

from dataclasses import dataclass

PREFIX = "table-mnist-"
RADII = (0.1, 0.2, 0.3)  # L-infinity, pixel units of [0, 1]
ORACLES = "two-step, 10 oracles"  # how a distance network is read


@dataclass(frozen=True)
class Method:
    """One line of the table."""

    key: str  # of its experiment, after the prefix
    label: str
    minimises: str  # in one line: where it differs from cross-entropy on clean images
    source: str  # who proposed it
    schedule: str  # of its source, where one is stated for digits
    own: str = ""  # the adaptive attack, by its name in the registry; "": it has no other surface than the logits
    defense: str = ""  # how it is read, where not by its logits
    attacked: bool = False  # whether attacked images are trained on
    after: str = ""  # the method whose network it tunes
    control: bool = False  # of another method, from which it differs in one thing
    chapter: str = ""  # the page that treats it

    @property
    def network(self) -> str:
        """Its experiment."""
        return PREFIX + self.key


METHODS = (
    Method("ce", "Cross-entropy", "cross-entropy on clean images", "the baseline of every paper", ""),
    Method(
        "smoothing", "Label smoothing", "cross-entropy to a label that leaves 9 % to the other classes",
        "Szegedy et al. 2016; in this form Pang et al. 2018, equation 2", "",
    ),
    Method(
        "jacobian", "Jacobian regularisation", "cross-entropy + 0.005 times the square of the Jacobian of the logits",
        "Hoffman et al. 2019", "",
    ),
    Method(
        "rce", "Reverse cross-entropy", "cross-entropy to a label that is spread over the wrong classes, logits "
        "negated afterwards", "Pang et al. 2018", "47 epochs of SGD, rate 0.1", "feature matching to class means",
        chapter="reverse_cross_entropy",
    ),
    Method(
        "dundi", "DunDi", "the order of two distances in triplets; the nearest of ten stored examples a class "
        "reads an image",
        "Cui et al. 2019", "6.5 times as many tuples an epoch, 10 epochs in this book", "margin PGD on distances",
        defense=ORACLES, chapter="dundi",
    ),
    Method(
        "madnet", "MadNet", "smoothed cross-entropy, a Siamese loss, the variance in a class and the Jacobian",
        "Rozenberg et al. 2020", "80 epochs of SGD, rate 0.1", "feature attack on class means", chapter="madnet",
    ),
    Method(
        "pcl", "Prototype conformity", "cross-entropy + the distance to a trained prototype of the class",
        "Mustafa et al. 2019", "", "feature matching to class means",
    ),
    Method(
        "rr", "Robust representations", "semi-hard triplets in the body, cross-entropy in the head alone",
        "Fostiropoulos et al. 2020", "10 epochs of Adam, rate 1e-4", "feature matching to class means", after="ce",
        chapter="robust_representations",
    ),
    Method(
        "nfgsm", "N-FGSM", "cross-entropy on images moved by one step from noise", "de Jorge et al. 2022", "",
        attacked=True,
    ),
    Method(
        "pgd", "PGD training", "cross-entropy on images attacked by ten steps", "Madry et al. 2018",
        "40 steps of 0.01 inside", attacked=True,
    ),
    Method(
        "trades", "TRADES", "clean cross-entropy, and how far ten steps change the answer", "Zhang et al. 2019",
        "100 epochs of SGD, rate 0.01; 40 steps of 0.01 inside", attacked=True,
    ),
    Method(
        "at2l", "AT²L", "cross-entropy on clean images (weight 1) and attacked ones (0.3), and a triplet between "
        "their logits",
        "Li et al. 2019, equation 2", "", "triplet PGD", attacked=True, chapter="at2l",
    ),
    Method(
        "at2l-without", "AT²L, no triplet", "the control of AT²L: the same two cross-entropies, and no triplet",
        "Li et al. 2019, equation 1", "", attacked=True, control=True,
    ),
)  # fmt: skip
BY_KEY = {method.key: method for method in METHODS}
