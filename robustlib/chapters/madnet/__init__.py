"""The chapter on MadNet (Rozenberg et al. 2020): maximal adversarial distortion, margin over Jacobian."""

from robustlib.chapters.madnet import measures, runs
from robustlib.experiments import Chapter

CHAPTER = Chapter("madnet", runs.EXPERIMENTS, measures.MEASUREMENTS)
