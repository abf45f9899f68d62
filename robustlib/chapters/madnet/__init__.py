"""The chapter on MadNet (Rozenberg et al. 2020): maximal adversarial distortion, margin over Jacobian."""

from functools import partial

from robustlib.chapters.madnet import (
    ablation_tables,
    black_box_tables,
    break_it,
    checklist,
    measures,
    printed_evaluation,
    printed_tables,
    runs,
)
from robustlib.chapters.madnet.adaptive import FEATURE
from robustlib.chapters.madnet.feature_attack import FeatureAttack
from robustlib.experiments import Chapter

CHAPTER = Chapter(
    "madnet",
    runs.EXPERIMENTS,
    (*measures.MEASUREMENTS, *printed_evaluation.CARDS, *break_it.MEASUREMENTS),
    tables={
        "checklist": checklist.checklist,
        "ablation": ablation_tables.ablation,
        "geometry": ablation_tables.geometries,
        "geometry_cifar10": partial(ablation_tables.geometries, "cifar10"),
        "geometry_cifar100": partial(ablation_tables.geometries, "cifar100"),
        "bound": ablation_tables.bounds,
        "bound_cifar10": partial(ablation_tables.bounds, "cifar10"),
        "adaptive": ablation_tables.adaptive,
        "adaptive_cifar10": partial(ablation_tables.adaptive, "cifar10", 0.02),
        "adaptive_cifar100": partial(ablation_tables.adaptive, "cifar100", 0.01),
        "table1": printed_tables.white_box,
        "table2": partial(printed_tables.white_box, "cifar10"),
        "table3": partial(printed_tables.white_box, "cifar100"),
        "table1_all_images": partial(printed_tables.white_box, "mnist", ""),
        "table2_all_images": partial(printed_tables.white_box, "cifar10", ""),
        "table3_all_images": partial(printed_tables.white_box, "cifar100", ""),
        "table1_other_steps": partial(printed_tables.white_box, "mnist", other_steps=True),
        "table2_other_steps": partial(printed_tables.white_box, "cifar10", other_steps=True),
        "table1_caps": printed_tables.capped,
        "table2_caps": partial(printed_tables.capped, "cifar10"),
        "table4": black_box_tables.table4,
        "table4_all_images": partial(black_box_tables.table4, ""),
        "table4_like_with_like": black_box_tables.like_with_like,
        "table5": printed_tables.table5,
    },
    attacks={FEATURE: FeatureAttack},
)
