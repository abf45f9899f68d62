"""The scorecard: one verdict for every value that the five papers print, and for what they claim in words."""

from robustlib.chapters.scorecard import left_to_run, tables
from robustlib.experiments import Chapter

SHOWN = (tables.verdicts, tables.curves, tables.claims, left_to_run.hours)
CHAPTER = Chapter("scorecard", tables={make.__name__: make for make in SHOWN})
