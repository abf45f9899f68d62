"""Formulas, code and emphasis in the text of an output."""

import pytest

from robustlib.figures.page.inline import inline, paragraphs


def math(tex: str) -> str:
    return f'<span class="math">{tex}</span>'


@pytest.mark.parametrize(
    ("text", "html"),
    [("a < b & c", "a &lt; b &amp; c"), ("$a < b$", math(r"\(a &lt; b\)")), (r"\(a*b*c\)", math(r"\(a*b*c\)")),
     (r"\[x\]", math(r"\[x\]")), ("`x * y * z`", "<code>x * y * z</code>"), ("`$5`", "<code>$5</code>"),
     ("**no** and *so*", "<strong>no</strong> and <em>so</em>"), ("costs $5 and $6", "costs $5 and $6"),
     ("**all $x$ of `z`**", "<strong>all " + math(r"\(x\)") + " of <code>z</code></strong>")],
)  # fmt: skip
def test_texts(text: str, html: str) -> None:
    assert inline(text) == html


def test_an_empty_line_parts_paragraphs() -> None:
    assert paragraphs("a\nb\n\n  c ") == "<p>a\nb</p><p>c</p>"
