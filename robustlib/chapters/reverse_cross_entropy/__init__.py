"""The chapter on reverse cross-entropy and kernel-density detection (Pang et al. 2018)."""

from functools import partial

from robustlib.chapters.reverse_cross_entropy import tables, white_box_tables
from robustlib.chapters.reverse_cross_entropy.adaptive import feature_matching
from robustlib.chapters.reverse_cross_entropy.measures import MEASUREMENTS
from robustlib.chapters.reverse_cross_entropy.printed_evaluation import CARDS
from robustlib.chapters.reverse_cross_entropy.runs import EXPERIMENTS
from robustlib.chapters.reverse_cross_entropy.white_box import detector_aware_cw
from robustlib.experiments.registry import Chapter

CHAPTER = Chapter(
    "reverse_cross_entropy",
    experiments=EXPERIMENTS,
    measurements=(*MEASUREMENTS, *CARDS),
    tables={
        "table1": tables.table1,
        "table2_mnist": partial(tables.table2, "mnist"),
        "table2_cifar10": partial(tables.table2, "cifar10"),
        "table3_ratio": white_box_tables.table3,
        "table3_distortion": partial(white_box_tables.table3, "distortion"),
        "table4": white_box_tables.table4,
    },
    attacks={
        "detector-aware C&W": detector_aware_cw,
        "feature matching to training images": feature_matching,
    },
)
