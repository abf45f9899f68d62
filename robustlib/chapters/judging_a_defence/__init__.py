"""Judging a defence: what an evaluation has to show before its number is believed."""

from robustlib.chapters.judging_a_defence import checklist_tables, fraud_tables, measures
from robustlib.experiments import Chapter

CHAPTER = Chapter(
    "judging_a_defence",
    (),
    measures.MEASUREMENTS,
    tables={
        "before_and_after": fraud_tables.before_and_after,
        "convicted": fraud_tables.convicted,
        "checklist": checklist_tables.where_it_is_done,
    },
)
