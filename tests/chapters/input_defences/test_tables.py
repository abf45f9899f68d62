"""What tables will be able to tell apart: no two networks of a set are alike in the columns that rows are found by."""

from collections import Counter

from robustlib.chapters.input_defences.measures import MEASUREMENTS
from robustlib.chapters.input_defences.runs import EXPERIMENTS


def test_no_two_networks_have_the_same_columns():
    read = Counter((e.dataset, e.architecture, e.training, "thermometer" in e.name) for e in EXPERIMENTS)
    assert max(read.values()) == 1 and len({e.label + e.dataset for e in EXPERIMENTS}) == len(EXPERIMENTS)


def test_every_defence_of_the_papers_tables_is_measured_with_and_without_the_triplet():
    kinds = {(m.kind, m.of.endswith("triplet")) for m in MEASUREMENTS}
    assert kinds >= {(kind, triplet) for kind in ("attacked", "randomised", "projected") for triplet in (False, True)}
