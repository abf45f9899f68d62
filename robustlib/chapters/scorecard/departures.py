"""What stands between a printed value and a row of ours: a smaller network, other data, a setting that is not printed.

Each entry is keyed by paper and table, or paper and line of the file, and perhaps by columns of the line.
"""

from collections.abc import Mapping
from typing import Any

Where = tuple[tuple[str, Any], ...]
Key = tuple[str, str] | tuple[str, str, Where]

# The value is quoted, or nothing says what was measured: no row of ours could decide it.
UNTESTABLE: Mapping[Key, str] = {
    ("dundi", "text_accuracy"): "quoted from DeepXplore, not measured by the paper",
    ("at2l", "tla"): "measured by others, on another network than the paper's",
    ("at2l", "supp_text:2"): "printed as an accuracy of 4.7 %, which no table or curve has",
    **{("madnet", t): "a setting, not a measured number" for t in ("table5", "appendixC")},
    ("robust_representations", "architecture"): "a setting, not a measured number",
    ("rce", "table2", (("dataset", "CIFAR-10"), ("attack_params", "eps not printed"))): (
        "the paper prints no radius; the authors' script names one for MNIST only"
    ),
    ("madnet", "table4", (("dataset", "CIFAR-100"), ("attack", "C&W"))): "the paper prints no c for CIFAR-100",
}
# Ours was measured on something else, so that the two numbers are not compared.
PHOTOGRAPHS = "other data: ours are a sample of the photographs, at 64 pixels instead of 224"
OTHER: Mapping[Key, str] = {
    ("at2l", "supp_table1"): PHOTOGRAPHS,
    ("at2l", "supp_table2"): PHOTOGRAPHS,
    ("at2l", "fig1_fig2_digitised", (("dataset", "Cats vs. Dogs"),)): PHOTOGRAPHS,
    ("at2l", "supp_text", (("dataset", "Cats vs. Dogs"),)): PHOTOGRAPHS,
}
# Where the paper leaves a setting open and several of ours have been measured: the one that is compared, and why.
Reading = tuple[Mapping[str, Any], str]
ONE_NETWORK = "of several networks that fit"
STATIC = "static attack"
Readings = Mapping[Key, Reading]
ENSEMBLES = ("fig1_fig2_digitised", *(f"supp_table{i}" for i in (1, 2, 4, 5, 6, 7)))
SOURCES = ("at2l-mnist-a", "at2l-mnist-c", "at2l-cifar10-vgg", "at2l-pets-vgg")
EITHER: Readings = {
    ("at2l", "supp_text:3"): ({"network": "at2l-mnist-a"}, ONE_NETWORK),
    ("at2l", "supp_text"): ({"measurement": "known"}, ONE_NETWORK),
}
READINGS: Readings = {
    **EITHER,
    ("robust_representations", "table1"): ({"attack": "small-step PGD"}, "PGD of ten steps of 2/255"),
    **{("at2l", table): ({"source": SOURCES}, STATIC) for table in ENSEMBLES},
}
OTHER_READINGS: Readings = {
    **EITHER,
    ("robust_representations", "table1"): ({"attack": "PGD"}, "PGD of forty steps of 0.01"),
    **{("at2l", table): ({"source": ""}, "attack on the network itself") for table in ENSEMBLES},
}
TEXT = {1: "table1:8", 2: "table1:10", 3: "table2:8", 4: "table2:9", 5: "table3:17", 6: "table3:18"}
# A value printed twice, in other words or with another number: the line whose row it is compared with.
REPEATS: Mapping[tuple[str, str], str] = {
    **{("at2l", f"supp_table{a}:{i}"): f"supp_table{b}:{i}" for a, b in ((10, 8), (11, 9)) for i in range(1, 6)},
    **{("at2l", f"text:{i}"): line for i, line in TEXT.items()},
    ("at2l", "supp_text:7"): "fig1_fig2_digitised:595",
    **{("madnet", f"text:{i}"): line for i, line in (
        (4, "table4:19"), (5, "table1:43"), (6, "table4:20"), (7, "table2:43"), (8, "table4:21"), (9, "table3:23"),
    )},
}  # fmt: skip
# Printed as a bound over several pairs of networks: its sense, and the columns of our rows.
PAIRS = {"measurement": "black-box", "attack": "C&W-wb as printed", "model": "ResNet-56"}
BOUNDS: Mapping[tuple[str, str], tuple[str, Mapping[str, Any]]] = {
    ("rce", "text:1"): ("below", PAIRS | {"metric": "transfer rate", "dataset": "mnist"}),
    ("rce", "text:2"): ("below", PAIRS | {"metric": "transfer rate", "dataset": "cifar10"}),
    ("rce", "text:3"): ("above", PAIRS | {"metric": "AUC", "defense": "K-density", "dataset": "mnist"}),
}
# A network that was not trained, and the narrower one that stands in for it.
STAND_INS = {f"dundi-cifar10-{n}": f"dundi-cifar10-quarter-{n}" for n in ("native", "r", "p")}
# Our architecture -> what it is smaller than; an architecture that says so itself ("quarter width") needs no line.
SMALLER: Mapping[tuple[str, str], str] = {
    ("madnet", "ResNet-8"): "ResNet-8 for ResNet-56",
    ("at2l", "ResNet-8"): "ResNet-8 for a wide ResNet",
    ("at2l", "LeNet-5"): "LeNet-5 for a larger network",
}


def smaller_than(paper: str, model: str) -> str:
    """In which way our network is smaller than the paper's; "" where it is the same."""
    return "quarter width" if "quarter width" in model else SMALLER.get((paper, model), "")
