"""The chapter on judging a defence: the planted frauds, and would the evaluations of the five papers have passed?"""

from robustlib.chapters.judging_a_defence import checklist_tables, fraud_tables, measures, tables
from robustlib.experiments import Chapter

SHOWN = (
    tables.would_it_have_passed, tables.checks, tables.settings, fraud_tables.before_and_after,
    fraud_tables.convicted, checklist_tables.where_it_is_done,
)  # fmt: skip
CHAPTER = Chapter(
    "judging_a_defence", measurements=measures.MEASUREMENTS, tables={make.__name__: make for make in SHOWN}
)
