"""The script of the slider, as the file that it is: what it does to a control when keys are pressed."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from robustlib.figures import Frame, fate
from robustlib.figures.page import slider

SCRIPT = Path(slider.__file__).with_name("slider.js").read_text(encoding="utf-8")
VALUES = (0.0, 0.1, 0.2)
STATE = """() => [...document.querySelectorAll('.rl-frames')].map(r => ({
    position: r.style.getPropertyValue('--i').trim(),
    spoken: r.querySelector('input').getAttribute('aria-valuetext'),
    value: r.querySelector('.rl-value').textContent,
    sums: [...r.querySelectorAll('.rl-sum')].map(e => e.textContent),
    panels: [...r.querySelectorAll('.rl-panel')].map(e => [
        e.dataset.right, e.querySelector('.rl-text').textContent, e.querySelector('.rl-pic').getAttribute('aria-label'),
    ]),
}))"""


def control(alt: str) -> str:
    """Two models, two attacks, three positions."""
    images = torch.rand(3, 4, 4, generator=torch.Generator().manual_seed(0))
    rows = {
        model: {
            name: [Frame(image, f"says {i + k} 'so' & <b>", i < k) for i, image in enumerate(images)]
            for k, name in enumerate(("FGSM", "PGD"), first)
        }
        for first, model in enumerate(("Softmax", "Ours"))
    }
    return fate(rows, VALUES, alt=alt).html


def wanted(i: int, alt: str) -> dict[str, Any]:
    """A control at position i, from the rule that made its frames."""
    verdicts = [[i < k for k in (first, first + 1)] for first in (0, 1)]
    sums = [f"misread under {row.count(False)} of 2" for row in verdicts]
    panels = []
    for first, model in enumerate(("Softmax", "Ours")):
        for k, name in enumerate(("FGSM", "PGD"), first):
            said = f"{'✓' if i < k else '✗'} says {i + k} 'so' & <b>"
            panels.append([str(int(i < k)), said, f"{alt}, {model}, {name}, eps = {VALUES[i]:g}: {said}"])
    value = f"eps = {VALUES[i]:g}"
    spoken = f"{value}; Softmax {sums[0]}; Ours {sums[1]}"
    return {"position": str(i), "spoken": spoken, "value": value, "sums": sums, "panels": panels}


@pytest.mark.chromium
@pytest.mark.parametrize("from_file", [True, False], ids=["the file", "in the page"])
def test_every_key_moves_one_control_and_all_its_words(opened: Callable[..., Any], from_file: bool) -> None:
    html = control("a digit") + control("another")
    if from_file:
        html, taken = re.subn(r' oninput="[^"]*"', "", html)
        assert taken == 2
    page = opened(html)
    page.evaluate(
        "script => script && document.querySelectorAll('input').forEach(e => e.oninput = new Function(script))",
        SCRIPT if from_file else "",
    )
    page.keyboard.press("Tab")
    for key, at in (("ArrowRight", 1), ("ArrowUp", 2), ("ArrowRight", 2), ("Home", 0), ("End", 2), ("ArrowLeft", 1)):
        page.keyboard.press(key)
        first, second = page.evaluate(STATE)
        assert first == wanted(at, "a digit"), key
        assert second == wanted(0, "another"), "the other control stays"
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert page.evaluate(STATE) == [wanted(1, "a digit"), wanted(2, "another")]
