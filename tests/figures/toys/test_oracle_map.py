"""The map of oracles: its words are those of the two rules, and its way leads over a place where they disagree."""

import math
import re

import pytest
import torch
from bs4 import BeautifulSoup

from robustlib.figures import oracle_map
from robustlib.figures.toys.oracle_map import _first_step, _path, disagreement
from robustlib.models import NearestOracles, TwoStep

# The first oracle of class 0 is an outlier, so with m = 1 step 1 drops the class where it is nearest.

Z = torch.tensor([[9, 0], [0.1, 0], [0, 0.1], [-4, 0], [-4, 1], [-5, 0], [0, 4], [1, 4], [0, 5]])


Y = torch.arange(3).repeat_interleave(3)


def mean(values):
    return sum(values) / len(values)


def rules(z=Z, y=Y, classes=3, m=1, k=2):
    return NearestOracles(z, y, classes), TwoStep(z, y, classes, m=m, k=k)


def naive(spot, z=Z, m=1, k=2):
    """Both rules in loops: the exact class, the class after two steps, and what step 1 keeps."""
    away = [[math.dist(spot, oracle) for oracle in z[3 * c : 3 * c + 3].tolist()] for c in range(3)]
    exact = min(range(3), key=lambda c: mean(away[c]))
    kept = sorted(range(3), key=lambda c: mean(away[c][:m]))[:k]
    return exact, min(kept, key=lambda c: mean(away[c])), kept


def said(shown):
    """Exact class and two-step class at each position, as the visible value says them."""
    page = BeautifulSoup(shown._repr_html_(), "html.parser")
    words = re.findall(r'"position \d+ \(([^)]*)\)"', page.find(class_="rl-frames")["data-d"].split('"said"')[0])
    found = [re.findall(r"\d+", word) for word in words]
    return [(int(a[0]), int(a[-1])) for a in found]


def test_the_words_are_those_of_both_rules_by_naive_loop():
    exact, two = rules()
    path = _path(exact, two, 9).tolist()
    classes = said(oracle_map(exact, two, steps=9))
    assert classes == [naive(spot)[:2] for spot in path]
    assert [sorted(row.tolist()) for row in _first_step(two, torch.tensor(path))] == [sorted(naive(s)[2]) for s in path]
    assert len(classes) == 9 and len(set(classes)) > 2


def test_the_way_leads_over_a_disagreement_between_two_centres_where_there_is_one():
    exact, two = rules()
    spot, nearest, found = disagreement(exact, two)
    assert naive(spot[0].tolist())[:2] == (nearest, found) and nearest != found
    path = _path(exact, two, 17)
    torch.testing.assert_close(path[8], spot[0])
    torch.testing.assert_close(path[0], Z[3 * found : 3 * found + 3].mean(0))
    torch.testing.assert_close(path[-1], Z[3 * nearest : 3 * nearest + 3].mean(0))
    classes = said(oracle_map(exact, two, steps=3))
    assert classes[1] == (nearest, found)


def test_no_disagreement_when_step_one_sees_everything():
    exact, two = rules(m=3, k=1)
    assert disagreement(exact, two) is None
    assert all(a == b for a, b in said(oracle_map(exact, two, steps=3)))


def test_the_control_can_be_moved_by_keyboard_says_both_and_stays_small():
    shown = oracle_map(*rules(), caption="Where is it lost?")
    html = shown._repr_html_()
    page = BeautifulSoup(html, "html.parser")
    slider = page.find("input")
    assert (slider["type"], slider["min"], slider["max"]) == ("range", "0", "16")
    assert page.find("label")["for"] == slider["id"] and slider["aria-valuetext"].startswith("position 0 (")
    assert len(page.find(class_="rl-live").find_all(attrs={"role": "img"})) == 2
    assert "Where is it lost?" in html and len(html) < 80_000
    assert "and drops 0; step 2: class" in repr(shown)


def test_classes_of_different_size():
    keep = torch.tensor([0, 1, 2, 3, 4, 6])
    assert len(said(oracle_map(*rules(Z[keep], Y[keep]), steps=3))) == 3


@pytest.mark.parametrize(
    ("found", "steps", "words"),
    [
        (rules(torch.cat([Z, Z], 1)), 5, "oracles in two dimensions"),
        (rules(Z[:3], Y[:3], 1, k=1), 5, "need two classes or more"),
        (rules(), 2, "and steps=2"),
        ((rules()[0], rules(Z + 1)[1]), 5, "different oracles"),
        ((rules()[0], rules(Z[[0, 1, 3, 4, 6, 7]], Y[[0, 1, 3, 4, 6, 7]])[1]), 5, "different oracles"),
    ],
    ids=["four dimensions", "one class", "two steps", "moved oracles", "fewer oracles"],
)
def test_what_cannot_be_drawn(found, steps, words):
    with pytest.raises(ValueError, match=words):
        oracle_map(*found, steps=steps)
