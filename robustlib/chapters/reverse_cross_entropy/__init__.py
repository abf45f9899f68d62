"""The chapter on reverse cross-entropy and kernel-density detection (Pang et al. 2018)."""

from functools import partial

from robustlib.chapters.reverse_cross_entropy import (
    break_it,
    detector_attack_tables,
    tables,
    verdict_tables,
    white_box_tables,
)
from robustlib.chapters.reverse_cross_entropy.adaptive import feature_matching
from robustlib.chapters.reverse_cross_entropy.measures import MEASUREMENTS
from robustlib.chapters.reverse_cross_entropy.printed_evaluation import CARDS
from robustlib.chapters.reverse_cross_entropy.runs import EXPERIMENTS
from robustlib.chapters.reverse_cross_entropy.white_box import detector_aware_cw
from robustlib.experiments.registry import Chapter

CHAPTER = Chapter(
    "reverse_cross_entropy",
    experiments=EXPERIMENTS,
    measurements=(*MEASUREMENTS, *CARDS, *break_it.MEASUREMENTS),
    tables={
        "table1": tables.table1,
        "table2_mnist": partial(tables.table2, "mnist"),
        "table2_cifar10": partial(tables.table2, "cifar10"),
        "table3_ratio": white_box_tables.table3,
        "table3_distortion": partial(white_box_tables.table3, "distortion"),
        "table4": white_box_tables.table4,
        "verdicts": partial(verdict_tables.verdict_table, "mnist", (0.1, 0.2, 0.3)),
        "guarded": detector_attack_tables.guarded_table,
        "search": detector_attack_tables.search_table,
        "noise": detector_attack_tables.noise_table,
        "suite": partial(detector_attack_tables.suite_table, "mnist"),
    },
    attacks={
        "detector-aware C&W": detector_aware_cw,
        "feature matching to training images": feature_matching,
    },
)
