"""Adversarial examples: two networks that a page attacks, one trained as usual and one on attacked images."""

from robustlib.chapters.adversarial_examples import measures, runs, tables
from robustlib.experiments import Chapter

CHAPTER = Chapter("adversarial_examples", runs.EXPERIMENTS, measures.MEASUREMENTS, {"suite": tables.suite})
