"""The chapter on judging a defence: would the evaluations of the five papers have passed?"""

from robustlib.chapters.judging_a_defence import tables
from robustlib.experiments import Chapter

SHOWN = (tables.would_it_have_passed, tables.checks, tables.settings)
CHAPTER = Chapter("judging_a_defence", tables={make.__name__: make for make in SHOWN})
