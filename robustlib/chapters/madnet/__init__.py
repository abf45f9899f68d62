"""The chapter on MadNet (Rozenberg et al. 2020): maximal adversarial distortion, margin over Jacobian."""

from functools import partial

from robustlib.chapters.madnet import ablation_tables, measures, runs
from robustlib.experiments import Chapter

CHAPTER = Chapter(
    "madnet",
    runs.EXPERIMENTS,
    measures.MEASUREMENTS,
    tables={
        "ablation": ablation_tables.ablation,
        "geometry": ablation_tables.geometries,
        "geometry_cifar10": partial(ablation_tables.geometries, "cifar10"),
        "geometry_cifar100": partial(ablation_tables.geometries, "cifar100"),
        "bound": ablation_tables.bounds,
        "bound_cifar10": partial(ablation_tables.bounds, "cifar10"),
        "adaptive": ablation_tables.adaptive,
        "adaptive_cifar10": partial(ablation_tables.adaptive, "cifar10", 0.02),
        "adaptive_cifar100": partial(ablation_tables.adaptive, "cifar100", 0.01),
    },
)
