"""Robust representations by triplet loss (Fostiropoulos et al. 2020): the chapter's runs, measurements and tables."""

from robustlib.chapters.robust_representations import (
    break_it,
    comparison_tables,
    joint,
    joint_tables,
    measures,
    printed_evaluation,
    runs,
    tables,
)
from robustlib.experiments import Chapter

SHOWN = (
    tables.table1, tables.architecture, tables.adaptive, tables.other_heads, tables.seeds, joint_tables.controls,
    comparison_tables.auto_attack, comparison_tables.another_training,
)  # fmt: skip
CHAPTER = Chapter(
    "robust_representations",
    (*runs.EXPERIMENTS, *joint.EXPERIMENTS),
    (*measures.MEASUREMENTS, *joint.MEASUREMENTS, *printed_evaluation.CARDS, *break_it.MEASUREMENTS),
    tables={make.__name__: make for make in SHOWN},
    attacks={"feature matching to class means": measures.feature_matching},
)
