"""The chapter on attacks: its target network, its measurements and tables."""

from robustlib.chapters.attacks import measures, runs, tables
from robustlib.experiments import Chapter

SHOWN = (tables.strength, tables.nearest, tables.peers, tables.peers_nearest, tables.advice)
CHAPTER = Chapter("attacks", runs.EXPERIMENTS, measures.MEASUREMENTS, {make.__name__: make for make in SHOWN})
