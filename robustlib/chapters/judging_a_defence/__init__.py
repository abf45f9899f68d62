"""Judging a defence: what an evaluation has to show before its number is believed."""

from robustlib.chapters.judging_a_defence import measures
from robustlib.experiments import Chapter

CHAPTER = Chapter("judging_a_defence", (), measures.MEASUREMENTS)
