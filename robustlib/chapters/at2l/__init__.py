"""The chapter on AT2L (Li et al. 2019): adversarial training with a triplet loss, and its ensemble."""

from robustlib.chapters.at2l import measures, runs
from robustlib.experiments import Chapter

CHAPTER = Chapter("at2l", runs.EXPERIMENTS, measures.MEASUREMENTS)
