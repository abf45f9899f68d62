"""The checklist of Carlini et al. beside the paper: whole, and counted as its rows say."""

import re
from collections import Counter

from robustlib.chapters.madnet.checklist import ASKED, NO, NONE, PARTLY, YES, checklist


def test_every_point_has_the_papers_text_and_one_of_four_answers():
    table = checklist()
    assert len(table.rows) == 20 == len({asked for asked, *_ in ASKED})
    found = Counter(answer for *_, answer in table.rows)
    assert set(found) == {YES, PARTLY, NO, NONE} and all(len(text.split()) >= 1 for _, text, _ in table.rows)
    said = {word: int(count) for word, count in re.findall(r"(yes|in part|no|does not apply): (\d+)", table.caption)}
    assert said == dict(found)
