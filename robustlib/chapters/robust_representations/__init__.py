"""Robust representations by triplet loss (Fostiropoulos et al. 2020): the chapter's runs, measurements and tables."""

from robustlib.chapters.robust_representations import attacks, measures, runs, tables
from robustlib.experiments import Chapter

CHAPTER = Chapter(
    "robust_representations",
    experiments=runs.EXPERIMENTS,
    measurements=measures.MEASUREMENTS,
    tables={
        "table1": tables.table1,
        "architecture": tables.architecture,
        "adaptive": tables.adaptive,
        "other_heads": tables.other_heads,
        "seeds": tables.seeds,
    },
    attacks={
        "margin PGD with restarts": attacks.margin_pgd,
        "feature matching to class means": attacks.feature_matching,
    },
)
