"""The drawings under a threshold: lines stand at thresholds, bars at counts."""

import re

import pytest
from bs4 import BeautifulSoup

from robustlib.figures.page.threshold_drawings import HIGH, WIDE, score_drawing


def test_the_line_stands_at_the_threshold_and_bars_at_their_counts() -> None:
    record = {
        "histogram": {"edges": [0.0, 1.0, 2.0], "normal": [0, 4], "adversarial": [3, 1]},
        "roc": {"false": [0, 0, 0.5, 1], "true": [0, 0.5, 1, 1], "threshold": [None, 0.5, 1.5, None]},
    }
    drawn = BeautifulSoup(score_drawing(record, [0, 1, 2, 3]), "html.parser")
    starts = [float(x) for x in re.findall(r"M([\d.]+) 0v", drawn.find(class_="rl-line")["d"])]
    assert [x - k * WIDE for k, x in enumerate(starts)] == pytest.approx([1, WIDE / 4, 3 * WIDE / 4, WIDE - 1], abs=0.1)
    tops = {
        side: [int(y) for y in re.findall(r"V(\d+)h", drawn.find(class_=side)["d"])] for side in ("rl-clean", "rl-adv")
    }
    assert tops["rl-clean"] == [HIGH, 8], "nothing, and the highest"
    assert tops["rl-adv"] == [round(HIGH - (HIGH - 8) * share**0.5) for share in (0.75, 0.25)]
