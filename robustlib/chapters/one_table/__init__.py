"""One table: networks trained in other ways under the same suite of attacks, TRADES beside adversarial training."""

from robustlib.chapters.one_table import measures, runs, tables
from robustlib.experiments import Chapter

CHAPTER = Chapter("one_table", runs.EXPERIMENTS, measures.MEASUREMENTS, {"table1": tables.table1})
