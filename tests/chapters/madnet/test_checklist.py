"""The checklist of Carlini et al. beside the paper: whole, and counted as its rows say."""

import re
from collections import Counter

from robustlib.chapters.madnet.checklist import ASKED, NO, NONE, PARTLY, YES, checklist
from robustlib.experiments import printed


def test_every_point_has_the_papers_text_and_one_of_four_answers():
    table = checklist()
    assert len(table.rows) == 27 == len({asked for asked, *_ in ASKED})
    found = Counter(answer for *_, answer in table.rows)
    assert set(found) == {YES, PARTLY, NO, NONE} and all(len(text.split()) >= 1 for _, text, _ in table.rows)
    said = {word: int(count) for word, count in re.findall(r"(yes|in part|no|does not apply): (\d+)", table.caption)}
    assert said == dict(found)


def test_what_it_says_of_the_printed_numbers():
    """A larger radius breaks more in every column; in the last one of table 1 the iterated attacks break less."""
    left = {}
    for table in ("table1", "table2", "table3"):
        for p in printed("madnet", table):
            if p["attack"] in ("FGSM", "BIM", "PGD"):
                eps = float(p["attack_params"].partition(";")[0].removeprefix("eps="))
                left.setdefault((table, p["model"], p["training"], p["attack"]), {})[eps] = float(p["value"])
    assert len(left) == 5 * (3 + 3 + 2)
    for at in left.values():
        small, large = sorted(at)
        assert at[large] < at[small] or at[small] == 0
    last = {a: left["table1", "MadNet ResNet-56", "PGD adversarial training", a][0.1] for a in ("FGSM", "BIM", "PGD")}
    assert last["FGSM"] < last["BIM"] and last["FGSM"] < last["PGD"]
