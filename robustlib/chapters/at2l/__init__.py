"""The chapter on AT2L (Li et al. 2019): adversarial training with a triplet loss, and its ensemble."""

from collections.abc import Callable
from functools import partial

from robustlib.chapters.at2l import (
    adaptive_tables,
    break_it,
    comparison_tables,
    measures,
    printed_evaluation,
    runs,
    tables,
)
from robustlib.chapters.at2l.triplet_attack import TripletPGD
from robustlib.evaluation import Table
from robustlib.experiments import Chapter

TABLES = [k for k in tables.TABLES if k != "4"]
PAIRS = [k for k in comparison_tables.PAIRS if k != "mnist 0.2"]
SHOWN: dict[str, Callable[[], Table]] = {
    "supplement_table4": tables.supplement,
    "comparison": comparison_tables.comparison,
}
SHOWN |= {f"supplement_table{k.replace(', 8/255', '_8')}": partial(tables.supplement, k) for k in TABLES}
SHOWN |= {f"comparison_{k.replace(' ', '_')}": partial(comparison_tables.comparison, k) for k in PAIRS}
SHOWN |= {"adaptive": adaptive_tables.adaptive, "curvature": adaptive_tables.curvature}
SHOWN |= {f"adaptive_table{k}": partial(adaptive_tables.adaptive, k) for k in ("1", "2", "5", "6", "7")}
SHOWN |= {f"adaptive_{k.replace(' ', '_')}": partial(adaptive_tables.adaptive, k) for k in ("mnist 0.2", "cifar10")}
SHOWN |= {"curvature_mnist_0.2": partial(adaptive_tables.curvature, "mnist 0.2")}
SHOWN |= {"figure3": tables.figure3, "sweep": adaptive_tables.sweep}
CHAPTER = Chapter(
    "at2l",
    runs.EXPERIMENTS,
    (*measures.MEASUREMENTS, *printed_evaluation.CARDS, *break_it.MEASUREMENTS),
    SHOWN,
    attacks={"triplet PGD": TripletPGD},
)
