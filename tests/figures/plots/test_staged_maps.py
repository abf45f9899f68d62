"""The slider over an ablation: each network's map stands beside its own shares."""

import json
import re
from html import unescape

import pytest

from robustlib.figures import staged_maps

MAP = {"x": [0.0, 1, 4], "y": [0.0, 2, 1], "label": [0, 0, 7]}
WORDS = {"label": "network", "alt": "Three digits", "caption": "Look."}


def test_maps_and_shares_of_one_network_stand_at_one_position():
    shares = {"CE": {"clean": 0.99, "worst case": 0.02}, "MAD": {"clean": 0.5, "worst case": 0.25}}
    page = staged_maps({"CE": MAP, "MAD": MAP | {"x": [5.0, 1, 4]}}, shares, ["tight", "loose"], **WORDS)
    assert "embedding: CE tight; MAD loose" in page.text
    assert "read right, in %: CE clean 99.0; worst case 2.0; MAD clean 50.0; worst case 25.0" in page.text
    stored = json.loads(unescape(re.search(r"data-d='([^']*)'", page.html)[1]))
    assert stored["value"] == ["network CE", "network MAD"] and stored["text"][1][1] == "clean 50.0; worst case 25.0"


@pytest.mark.parametrize(
    ("maps", "shares", "said"),
    [
        ({"CE": MAP}, {"MAD": {"clean": 1.0}}, ["a"]),
        ({"CE": MAP}, {"CE": {"clean": 99.0}}, ["a"]),
        ({"CE": MAP}, {"CE": {}}, ["a"]),
        ({"CE": MAP}, {"CE": {"clean": 1.0}}, []),
        ({"CE": MAP | {"label": [0]}}, {"CE": {"clean": 1.0}}, ["a"]),
        ({"CE": MAP | {"x": [float("nan"), 1, 4]}}, {"CE": {"clean": 1.0}}, ["a"]),
        ({"CE": MAP, "MAD": MAP}, {"CE": {"clean": 1.0}, "MAD": {"worst case": 1.0}}, ["a", "b"]),
    ],
)
def test_what_cannot_be_drawn(maps, shares, said):
    with pytest.raises(ValueError, match="need one|every map needs"):
        staged_maps(maps, shares, said, **WORDS)
