"""One table: every method of the book and four baselines, trained alike, under one suite and their own attackers."""

from robustlib.chapters.one_table import (
    beside_cross_entropy,
    longer_attack,
    measures,
    on_cifar10,
    printed_tables,
    runs,
    tables,
)
from robustlib.experiments import Chapter

SHOWN = (
    tables.compared, tables.one_table, tables.own_attacks, tables.method_lines, longer_attack.longer_attack,
    printed_tables.printed_beside, beside_cross_entropy.beside_cross_entropy,
)  # fmt: skip
CHAPTER = Chapter(
    "one_table",
    (*runs.EXPERIMENTS, *on_cifar10.EXPERIMENTS),
    measures.MEASUREMENTS,
    {make.__name__: make for make in SHOWN},
)
