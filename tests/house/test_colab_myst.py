"""MyST in a reader's notebook: what becomes of it, what is refused, and what would be found if it were left."""

import re
from dataclasses import replace
from typing import Any

import nbformat
import pytest

from book.colab import reader
from book.colab.blocks import converted
from book.colab.faults import faults
from book.colab.inline import Prose
from book.colab.online import online
from book.colab.refused import Refused

BASE = "https://book.example.org/v1"
NOWHERE, SOMEWHERE = replace(online(), base=""), replace(online(), base=BASE)
PAGE = "book/papers/dundi"


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("As {cite:t}`cui2019dundi` say {cite:p}`cui2019dundi`.", "As Cui et al. (2019) say (Cui et al., 2019)."),
        ("{doc}`Attacks <../foundations/attacks>`", "Attacks (in the online book)"),
        ("[margin](../glossary.md#term-margin)", "margin"),
        ("`{doc}` and $a_{b}$ stay", "`{doc}` and $a_{b}$ stay"),
        ("$$h = 1.$$ (dd-loss)", "$$\nh = 1. \\tag{8.1}\n$$"),
        ("See {eq}`dd-loss`.", "See (8.1)."),
        ("(here)=\n## Title\n\n% a comment\n\nText", "## Title\n\nText"),
        (":::{note}\nOne `x`,\ntwo.\n:::", "> **Note.** One `x`,\n> two."),
        ("```{admonition} Why?\n:class: tip\nSo.\n```", "> **Why?** So."),
        ("```{math}\n:label: dd-loss\nh = 1\n```", "$$\nh = 1 \\tag{8.1}\n$$"),
        ("```{code-block} python\n{doc}`x`\n```", "```python\n{doc}`x`\n```"),
        ("```text\n[a](b.md)\n```", "```text\n[a](b.md)\n```"),
        ("![A logo](../assets/logo.svg)", "*(An image of the online book: A logo)*"),
        (
            "[x](https://example.org){.c} and <https://example.org>",
            "[x](https://example.org) and <https://example.org>",
        ),
    ],
)
def test_what_becomes_of_myst(source: str, wanted: str) -> None:
    assert converted(source, Prose(PAGE, NOWHERE)) == wanted


def test_links_and_images_are_absolute_once_the_book_has_an_address() -> None:
    prose = Prose(PAGE, SOMEWHERE)
    said = converted("[margin](../glossary.md#term-margin), ![A logo](../assets/logo.svg)", prose)
    assert said == f"[margin]({BASE}/book/glossary.html#term-margin), ![A logo]({BASE}/_images/logo.svg)"
    figure = ":::{figure} ../assets/logo.svg\n:alt: A logo\nThe [caption](at2l.ipynb).\n:::"
    assert converted(figure, prose).splitlines()[2] == f"The [caption]({BASE}/book/papers/at2l.html)."
    assert converted("{cite:p}`cui2019dundi`", prose) == f"([Cui et al., 2019]({BASE}/book/bibliography.html))"
    assert prose.keys == {"cui2019dundi"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{unheard}`x`", "the role {unheard}"),
        ("{cite:p}`nobody2000`", "'nobody2000' is not in references.bib"),
        ("{eq}`nowhere`", "'nowhere' is on no numbered page"),
        ("{ref}`here`", "says no words"),
        ("```{unheard}\n```", "the directive {unheard}"),
        ("- ```{note}\n  x\n  ```", "inside a list"),
        ("[x](nowhere.md)", "'nowhere.md' leads to no page"),
        ("![](../assets/logo.svg)", "no words for those who cannot see it"),
        ("![x](nowhere.svg)", "the image 'nowhere.svg' is not there"),
        ("term\n: meaning", "no form outside"),
    ],
)
def test_what_has_no_other_form_is_refused_and_the_cell_named(source: str, said: str) -> None:
    with pytest.raises(Refused, match=re.escape(said)) as refused:
        made_of(nbformat.v4.new_markdown_cell(source, id="guilty"))
    assert str(refused.value).startswith(f"{PAGE}, cell guilty: ")


def made_of(*cells: Any) -> Any:
    """A reader's notebook of a chapter with these cells."""
    setup = nbformat.v4.new_code_cell("1", id="setup")
    source = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# T", id="t"), setup, *cells])
    return reader.reader_notebook(source, PAGE, NOWHERE, "robustlib[notebooks]==9.9.9")


def test_a_stored_error_is_refused_unless_it_was_wanted() -> None:
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
    cell = nbformat.v4.new_code_cell("raise ValueError('no')", id="guilty", outputs=[error])
    with pytest.raises(Refused, match=r"cell guilty: a stored error, ValueError: no, of `raise ValueError"):
        made_of(cell)
    cell.metadata["tags"] = ["raises-exception"]
    assert not made_of(cell).cells[-1].outputs


def test_a_chapter_without_a_setup_cell_is_refused() -> None:
    with pytest.raises(Refused, match="has no setup cell"):
        reader.reader_notebook(nbformat.v4.new_notebook(cells=[]), PAGE, NOWHERE)


def test_what_a_grader_needs_is_left_out_and_a_release_is_installed() -> None:
    tags = {"control": ["remove-cell", "exercise-control"], "hidden": ["remove-cell", "exercise-hidden"]}
    left_out = [
        nbformat.v4.new_raw_cell("# BEGIN TESTS", id="control", metadata={"tags": tags["control"]}),
        nbformat.v4.new_code_cell("# hidden", id="hidden", metadata={"tags": tags["hidden"]}),
    ]
    notebook = made_of(*left_out)
    assert [cell.id for cell in notebook.cells] == ["t", "about", "setup"]
    assert '%pip install -q "robustlib[notebooks]==9.9.9"' in notebook.cells[2].source


def test_a_run_cell_is_followed_by_its_listing_to_change() -> None:
    code = "from robustlib.chapters.attacks.from_scratch import pgd\nfrom robustlib.figures import run_cell\n\n"
    run = nbformat.v4.new_code_cell(f"{code}run_cell(pgd, target, (x, y), eps=0.1, caption='c')", id="run")
    *_, note, cell = made_of(run).cells
    assert [note.id, cell.id] == ["run-note", "run-try"] and "are missing" in note.source
    assert "def pgd(network, x, y, eps):" in cell.source and "return x_adv" in cell.source
    assert cell.source.endswith("print(try_attack(pgd, target, (x, y), eps=0.1, listing=from_scratch.pgd))")
    compile(cell.source, "cell", "exec")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{doc}`x`", "a role"),
        ("[a](b.md)", "a relative link: b.md"),
        ("![a](b.png)", "a relative image"),
        ("![](https://example.org/b.png)", "an image without words"),
        ('<img src="b.png">', "a relative address"),
        (":::{note}\n:::", "a directive"),
        ("```{note}\n```", "a directive"),
        ("> - [a](b.md)", "a relative link"),
        ("(x)=", "a label"),
        ("$$a$$ (x)", "a formula with a label"),
        ("{{ x }}", "a substitution"),
    ],
)
def test_a_fault_that_the_converter_left_would_be_found(source: str, said: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(source, id="guilty")])
    assert any(fault.startswith(f"cell guilty: {said}") for fault in faults(notebook)), faults(notebook)


def test_a_code_or_raw_cell_s_faults_are_found() -> None:
    output = nbformat.v4.new_output("stream", name="stdout", text="1")
    cells = [
        nbformat.v4.new_raw_cell("x", id="a"),
        nbformat.v4.new_code_cell("1", id="b", outputs=[output]),
        nbformat.v4.new_code_cell("1", id="c", metadata={"tags": ["remove-cell"]}),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert faults(notebook) == ["cell a: a raw cell", "cell b: an output", "cell c: a cell that no page shows"]
