"""The chapter on attacks: its target network, its measurements and tables."""

from robustlib.chapters.attacks import measures, runs, tables
from robustlib.experiments import Chapter

CHAPTER = Chapter(
    "attacks",
    experiments=runs.EXPERIMENTS,
    measurements=measures.MEASUREMENTS,
    tables={
        "strength": tables.strength,
        "nearest": tables.nearest,
        "peers": tables.peers,
        "advice": tables.advice,
    },
)
