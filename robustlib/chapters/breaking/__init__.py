"""The chapter on breaking the defences: every claim, its weakness, the attack, the verdict, and every report card."""

from robustlib.chapters.breaking import tables
from robustlib.experiments import Chapter

SHOWN = (tables.falls, tables.smaller_radii, tables.ladder, tables.report_cards)
CHAPTER = Chapter("breaking", tables={make.__name__: make for make in SHOWN})
