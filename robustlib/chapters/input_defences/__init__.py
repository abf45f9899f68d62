"""The chapter on three input defences: thermometer encoding, randomisation and Defense-GAN, with a triplet term."""

from robustlib.chapters.input_defences import break_it, measures, printed_evaluation, runs, tables
from robustlib.experiments import Chapter

CHAPTER = Chapter(
    "input_defences",
    runs.EXPERIMENTS,
    (*measures.MEASUREMENTS, *printed_evaluation.CARDS, *break_it.MEASUREMENTS),
    tables.TABLES,
)
