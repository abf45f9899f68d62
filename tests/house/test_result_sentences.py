"""In a converted chapter every sentence about a result follows from rows."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from house.result_sentences import faults, listed, results_in

ROOT = Path(__file__).resolve().parents[2]


def test_every_result_sentence_of_a_converted_chapter_follows_from_rows(notebooks: list[str]) -> None:
    chapters = listed()
    assert "book/papers/dundi" in chapters and set(chapters) <= set(notebooks)
    for name, allowed in chapters.items():
        assert all(len(why.split()) >= 3 for why in allowed.values()), f"{name}: say why it is no result"
        found = faults(nbformat.read(ROOT / f"{name}.ipynb", as_version=4), allowed)
        assert not found, "\n".join([f"{name}: put it into said(...), or list it in result_sentences.toml", *found])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DunDi keeps 7.4 % of its digits.", ["7.4 %"]),
        ("It gains 3 points, or 12 per cent.", ["3 points", "12 per cent"]),
        ("It keeps about half of what the plain network keeps.", ["about half"]),
        ("They are level. The second is More Robust.", ["level", "More Robust"]),
        ("It reads {kept} right, fewer than the plain network.", ["fewer"]),
        ("It reads {kept} right, {kept|less than|plain} the plain network, which is level.", []),
        ("It reads {kept|less than|plain} 30 %.", ["30 %"]),
        ("It reads {kept|less than|plain} the other. Both are level.", ["level"]),
        ("Is it more robust? Which share falls to 30 %?", []),
        ("Intervals are 95 % Wilson, or 95 % intervals.", []),
        ("# More robust\n\nBoth are level.", ["level"]),
        ("# More robust\n\nThe loss $a \\le 30 %$ and `fewer`, see [there](level.md).", []),
        ("The network reads an image and a path leads ahead.", ["ahead"]),
        ("An image has pixels, and a fallacy is no fall-out.", ["fall"]),
    ],
)
def test_what_looks_like_a_result(text: str, found: list[str]) -> None:
    assert [words for words, _ in results_in(text)] == found


def notebook(*cells: tuple[str, str]) -> Any:
    make = {"md": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell, "raw": nbformat.v4.new_raw_cell}
    return nbformat.v4.new_notebook(cells=[make[kind](source) for kind, source in cells])


@pytest.mark.parametrize(
    ("cells", "allowed", "complaints"),
    [
        ([("md", "DunDi is more robust.")], {}, ["'more robust' follows from no row"]),
        ([("md", "DunDi is more robust."), ("code", 'holds("more than", a, b)')], {}, []),
        ([("code", 'holds("more than", a, b)'), ("md", "x"), ("md", "DunDi is more robust.")], {}, ["'more robust'"]),
        ([("md", "DunDi is more robust.")], {"is more robust": "the claim of the paper"}, []),
        ([("md", "DunDi is more robust.")], {"is level": "the claim of the paper"}, ["'more robust'", "is listed"]),
        ([("code", 'said("It keeps {kept}, which is level.", kept=kept)')], {}, ["'level' follows from no row"]),
        ([("code", 'said("It is {kept|level with|plain} it.", kept=kept, plain=plain)')], {}, []),
        ([("code", "said(text, kept=kept)")], {}, ["has to be written out in its call: said(text"]),
        ([("code", 'said("It keeps nothing.")')], {}, ["has to be written out"]),
        ([("code", 'predict("Which one is it?", "It keeps 30 % of them.")')], {}, ["'30 %' follows from no row"]),
        ([("code", '%pip install x\nlook = "The lines are level."')], {}, ["'level' follows from no row"]),
        ([("raw", "# BEGIN QUESTION"), ("md", "30 % are right."), ("raw", "# END QUESTION")], {}, []),
        ([("raw", "# BEGIN QUESTION"), ("raw", "# END QUESTION"), ("md", "30 % are right.")], {}, ["'30 %'"]),
    ],
)
def test_what_a_chapter_may_say(cells: list[tuple[str, str]], allowed: dict[str, str], complaints: list[str]) -> None:
    found = faults(notebook(*cells), allowed)
    assert len(found) == len(complaints)
    assert all(complaint in fault for complaint, fault in zip(complaints, found, strict=True))
