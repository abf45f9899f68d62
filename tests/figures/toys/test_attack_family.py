"""The family tree of the attacks: each stands once, below the one that it changed."""

import pytest
from bs4 import BeautifulSoup

from robustlib.figures import family_tree
from robustlib.figures.toys.attack_family import KINDS, KINS, Kin


def test_every_attack_stands_once_below_its_parent():
    page = BeautifulSoup(family_tree()._repr_html_(), "html.parser")
    assert [b.text for b in page.find_all("b")] == [
        line.strip().split(":")[0] for line in repr(family_tree()).split("\n")
    ]
    assert sorted(b.text for b in page.find_all("b")) == sorted(k.name for k in KINS)
    for kin in KINS:
        item = next(b.parent for b in page.find_all("b") if b.text == kin.name)
        above = item.find_parent("li")
        assert (above.b.text if above else "") == kin.parent
        assert item.find("span")["title"] == KINDS[kin.kind]


def test_a_child_before_its_parent():
    with pytest.raises(ValueError, match="does not come before"):
        family_tree([Kin("b", "a", "in", "x", "y"), Kin("a", "", "in", "x", "y")])
