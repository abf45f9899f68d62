"""Makes what the front page takes from networks, results and chapters; `python book/front.py` stores it in book/front/.

`make book` runs nothing, so the parts are stored, and tests/house/test_front.py compares them with what results say.
"""

import re
import sys
from collections.abc import Callable
from typing import Any

import nbformat
import torch
from findings import ABSENT, FINDINGS, PLANNED, SECOND, headline
from setup_cell import ROOT

from robustlib.attacks import PGD
from robustlib.datasets import load
from robustlib.experiments import load_model
from robustlib.figures import Fragment, Picture, dot_plot, triptych

OUT = ROOT / "book" / "front"
DIGIT, EPS = 103, 0.1  # an embedded 3 that is read as an 8 under this attack


def attacked() -> tuple[Any, Any, Any, Any]:
    """The digit, its label, the attacked digit, and what the network reads in either."""
    model = load_model("rr-lenet-softmax")
    x, y = load("mnist_5k").test[DIGIT : DIGIT + 1]
    torch.manual_seed(0)
    x_adv = PGD(EPS)(model, x, y)
    with torch.no_grad():
        return x, y, x_adv, [model(images).argmax(1) for images in (x, x_adv)]


def picture() -> Fragment:
    """A 3, the change times five, and the 3 that the network reads as an 8."""
    x, y, x_adv, said = attacked()
    words = f"A LeNet trained on MNIST reads this 3 as an 8 after 40 steps of PGD (L-infinity, eps {EPS:g})."
    return triptych(x, x_adv, y=y, said=said[0], said_adv=said[1], caption=words)


def chart() -> Picture:
    """What each paper printed, and what an attacker leaves who knows the defence."""
    table, facts = headline()
    said = f"What each paper printed, and what an attack leaves that was made for the defence. {facts} MNIST, seed 0, "
    return dot_plot(table, caption=said + "95 % Wilson intervals.", measure="read right, or still detected, in %")


def words(page: str) -> str:
    """The words of a chapter: its Markdown cells."""
    notebook = nbformat.read(ROOT / f"{page}.ipynb", as_version=4)
    return "\n\n".join(str(cell.source) for cell in notebook.cells if cell.cell_type == "markdown")


def about(page: str) -> dict[str, str]:
    """A chapter's title, question, minutes of reading, and what one needs for it, as it says itself.

    Raises: ValueError if it does not say one of them.
    """
    said, found = words(page), {}
    for name, pattern in {
        "title": r"^# (.+)$",
        "question": r"^\*([^*].+)\*$",
        "needs": r"^> \*\*What you need\.\*\* (.+)$",
        "reading": r"\*\*How long\.\*\* Reading: (.+?)\.",
    }.items():
        match = re.search(pattern, said, re.MULTILINE)
        if match is None:
            raise ValueError(f"{page} has no {name} that matches {pattern}")
        found[name] = match[1].strip()
    return found


def cards() -> str:
    """A card a chapter, in the order of the book: question, finding, minutes, prerequisite."""
    made = []
    for page, finding in FINDINGS.items():
        chapter, link = about(page), page.removeprefix("book/")
        needs = re.sub(r"\{doc\}`([^<`]+?) *<([^>]+)>`", r"[\1](\2.md)", chapter["needs"]).replace("](../", "](")
        made.append(
            f"::::{{grid-item-card}} [{chapter['title']}]({link}.ipynb)\n\n*{chapter['question']}*\n\n{finding()}\n\n"
            f":::{{card-footer}}\nReading: {chapter['reading']}. You need: {needs}\n:::\n::::\n"
        )
    return ":::::{grid} 1 1 2 2\n:gutter: 3\n\n" + "\n".join(made) + ":::::\n"


COUNTED = dict(enumerate(["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]))


def missing() -> str:
    """How many of the papers have a chapter, and those that have none, in words."""
    there = sum(page.startswith("book/papers/") for page in FINDINGS if page not in SECOND)
    if not ABSENT:
        of = f"Of the book's {COUNTED[there]} papers {COUNTED[there]} have a chapter"
        later = [words for name, words in PLANNED.items() if f"book/synthesis/{name}" not in FINDINGS]
        if not later:
            whole = f"Each of the book's {COUNTED[there]} papers has a chapter."
            left = "`python -m robustlib missing` lists what is left to train and to measure."
            return f"**Not there yet.** {whole} Most networks are trained for less than the paper's schedule: {left}\n"
        verb = "is" if len(later) == 1 else "are"
        return f"**Not there yet.** {of}. Of the synthesis {' and '.join(later)} {verb} not written.\n"
    named = " and ".join(f"{name} {{cite:p}}`{key}`" for key, name in ABSENT.items())
    of = f"Of the book's {COUNTED[there + len(ABSENT)]} papers {COUNTED[there]} have a chapter"
    rest = f"Those on {named} are" if len(ABSENT) > 1 else f"That on {named} is"
    return f"**Not there yet.** {of}. {rest} not written.\n"


PARTS: dict[str, Callable[[], str]] = {
    "picture.html": lambda: picture()._repr_html_(),
    "chart.html": lambda: chart()._repr_html_(),
    "cards.md": cards,
    "missing.md": missing,
}


def main() -> None:
    """Write every part."""
    OUT.mkdir(exist_ok=True)
    for name, make in PARTS.items():
        (OUT / name).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"book/front/{name}: {(OUT / name).stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
