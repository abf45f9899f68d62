"""DunDi (Cui et al. 2019): classification by distance to stored examples, and its own attackers."""

from functools import partial

from robustlib.chapters.dundi import attacked_tables, break_it, compared_tables, rule_tables, tables, white_box
from robustlib.chapters.dundi.measures import MEASUREMENTS
from robustlib.chapters.dundi.printed_evaluation import CARDS
from robustlib.chapters.dundi.runs import EXPERIMENTS
from robustlib.experiments.registry import Chapter

CHAPTER = Chapter(
    "dundi",
    experiments=EXPERIMENTS,
    measurements=(*MEASUREMENTS, *CARDS, *break_it.MEASUREMENTS),
    tables={
        "table1_mnist": tables.table1,
        "table1_cifar10": partial(tables.table1, "cifar10"),
        "table2": tables.table2,
        "figure6_mnist": attacked_tables.figure6,
        "figure6_cifar10": partial(attacked_tables.figure6, "cifar10"),
        "figure7": attacked_tables.figure7,
        "bayesian": attacked_tables.bayesian,
        "lengths": attacked_tables.lengths,
        "headline": compared_tables.headline,
        "distances": rule_tables.distances,
        "sweep": rule_tables.sweep,
        "suite": compared_tables.suite,
        "stronger": compared_tables.stronger,
    },
    attacks={
        "margin PGD on distances": white_box.on_distances,
        "feature matching to the oracles": white_box.to_oracles,
    },
)
