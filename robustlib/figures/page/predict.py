"""The predict box: a question before a result, and the answer folded beneath it."""

import hashlib
from collections.abc import Sequence
from typing import Any

from robustlib.evaluation import Table, TextTable
from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment
from robustlib.figures.page.inline import inline, paragraphs
from robustlib.figures.page.tables import paper_beside_ours
from robustlib.figures.page.word_tables import words

CSS = asset(__name__, "predict.css")


def predict(question: str, answer: Any, *, choices: Sequence[str] | None = None, why: str = "") -> Fragment:
    r"""A question with its answer folded beneath it, so that the reader guesses before the number stands there.

    `answer` is text, anything with a picture of its own (a figure, a table, a control), or a list of these; `why` is
    what the reader reads after it. `choices` become radio buttons, and the one that is the answer is marked once the
    answer is open. Texts may hold formulas (`$...$` or `\(...\)`), `code`, *emphasis*, and empty lines between
    paragraphs. Works by keyboard and without scripts; in print the answer is open.

    Raises: ValueError for an empty question or answer, for fewer than two choices, for two alike, and for an answer
    that is neither text nor can be shown.
    """
    parts = list(answer) if isinstance(answer, list | tuple) else [answer]
    if not question.strip() or not parts or any(isinstance(part, str) and not part.strip() for part in parts):
        raise ValueError(f"a predict box needs a question and an answer, got {question!r} and {answer!r}")
    if choices is not None and (len(set(choices)) != len(choices) or len(choices) < 2):
        raise ValueError(f"need two different choices or more, got {list(choices)}")
    shown = [_shown(part) for part in parts]
    said = [question, *(choices or ()), *(text for _, text in shown)]
    key = f"rl-{hashlib.sha256(chr(10).join(said).encode()).hexdigest()[:10]}"
    asked = f"<strong>Predict:</strong> {inline(question)}"
    if choices is None:
        head = f'<p class="rl-asked">{asked}</p>'
    else:
        head = f'<fieldset><legend class="rl-asked">{asked}</legend>'
        head += "".join(_choice(text, key, text == parts[0]) for text in choices) + "</fieldset>"
    reason = paragraphs(why) if why else ""
    inside = f'<div class="rl-answer">{"".join(html for html, _ in shown)}{reason}</div>'
    body = f"<div>{head}<details><summary>Answer</summary>{inside}</details></div>"
    options = [f"( ) {text}" for text in choices or ()]
    text = "\n".join([f"Predict: {question}", *options, "Answer:", *(text for _, text in shown), *([why] * bool(why))])
    return fragment("predict", CSS, body, text)


def _choice(text: str, key: str, right: bool) -> str:
    """One radio button with its words."""
    mark = ' class="rl-right"' if right else ""
    button = f'<input type="radio" name="{key}" value="{attribute(text)}" autocomplete="off">'
    return f"<label{mark}>{button} {inline(text)}</label>"


def _shown(part: Any) -> tuple[str, str]:
    """A part of the answer as HTML and as text."""
    if isinstance(part, Table | TextTable):
        part = paper_beside_ours(part) if isinstance(part, Table) else words(part)
    if hasattr(part, "_repr_markdown_"):
        part = str(part._repr_markdown_())
    if isinstance(part, str):
        return paragraphs(part), part
    html = part._repr_html_() if hasattr(part, "_repr_html_") else None
    if not isinstance(html, str):
        raise ValueError(f"an answer is text or something that the page can show, got {type(part).__name__}")
    return html, repr(part)
