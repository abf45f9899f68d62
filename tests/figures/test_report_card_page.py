"""The page of a report card, and the command that writes it."""

import json
import re
from html.parser import HTMLParser

import pytest

from robustlib.__main__ import main
from robustlib.evaluation.card import Check
from robustlib.evaluation.card.report import ReportCard
from robustlib.figures.page.report_card import report_card_page

CHECKS = (
    Check("reach", "0.08 < eps & more", "fails", "why <b>", "do this", 2.0),
    Check("noise floor", "fine", "passes", "why", "nothing", 1.0),
    Check("lower envelope", "no number", "cannot be judged", "why", "ask", 0.0),
)
CARD = ReportCard("Net", ("PGD: PGD(eps=0.3)",), "Linf", 0.3, 16, 0, 1.0, 0.5, 3.0, 4.0, CHECKS)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def tags(page):
    parser = Tags()
    parser.feed(page)
    return parser.seen


def test_the_card_in_words():
    assert CARD.headline == "This evaluation fails: 1 pass, 1 fail, 1 cannot be judged"
    text = str(CARD)
    assert text.index("[fails] reach") < text.index("[cannot be judged] lower") < text.index("[passes] noise floor")
    assert "-> do this" in text and "-> nothing" not in text
    assert CARD.table().rows[0] == ("reach", "fails", "0.08 < eps & more", "2")
    assert CARD.record()["verdict"] == "fails" and json.dumps(CARD.record())


def test_the_page_needs_nothing_from_elsewhere_and_every_link_has_its_place():
    page = report_card_page(CARD)
    seen = tags(page)
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in seen} and "http" not in page
    ids = {attrs["id"] for _, attrs in seen if "id" in attrs}
    assert [attrs["href"][1:] for tag, attrs in seen if tag == "a"] == ["reach", "noise-floor", "lower-envelope"]
    assert ids == {"reach", "noise-floor", "lower-envelope"}
    assert {attrs["id"]: "open" in attrs for tag, attrs in seen if tag == "details"} == {
        "reach": True,
        "noise-floor": False,
        "lower-envelope": False,
    }
    assert "0.08 &lt; eps &amp; more" in page and "why &lt;b&gt;" in page
    assert "prefers-color-scheme:dark" in page.replace(" ", "") and 'lang="en"' in page


FILE = """
import torch
from torch import nn
from robustlib.attacks import PGD
from robustlib.models import Classifier
torch.manual_seed(0)
model = Classifier(nn.Flatten(), nn.Linear(16, 3)).eval()
x = torch.rand(6, 1, 4, 4)
data = (x, model(x).argmax(1))
attacks = {"PGD": PGD(0.3, steps=2)}
eps = 0.3
passes, queries, binarised, inner = 4, 4, 1, 20
"""


def test_the_command_writes_page_and_json(tmp_path, capsys):
    file, out = tmp_path / "evaluation.py", tmp_path / "out" / "page.html"
    file.write_text(FILE)
    assert main(["card", str(file), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["headline" if "headline" in record else "verdict"] in said and record["n"] == 6
    assert len(record["checks"]) == len(re.findall("<details", out.read_text())) == 19
    assert sorted(path.name for path in out.parent.iterdir()) == ["page.html", "page.json"]


def test_the_command_says_what_the_file_lacks(tmp_path, capsys):
    file = tmp_path / "evaluation.py"
    file.write_text("model = 1\n")
    for path, words in ((file, "lacks data, attacks, eps"), (tmp_path / "absent.py", "no such file")):
        with pytest.raises(SystemExit) as stopped:
            main(["card", str(path)])
        assert stopped.value.code == 2 and words in capsys.readouterr().err
