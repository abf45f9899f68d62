"""The live attack in a browser: it computes what the library does, by pointer and keyboard, and lives with damage."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from robustlib import chapters as chapters  # they name the networks
from robustlib.chapters.adversarial_examples import live
from robustlib.datasets import load
from robustlib.experiments import load_model
from robustlib.figures import Fragment, live_attack, packed

STORED = [Fragment("<p>a stored picture</p>", "a stored picture")]
NAMES = {"first": "the first network", "second": "the second network"}
SAID = "document.querySelector('.rl-said').textContent"
ATTACKED = """([name, x, y, eps, steps]) => {
    const net = robustlib.stored(name);
    return [...(steps ? robustlib.pgd(net, x, y, eps, steps) : robustlib.fgsm(net, x, y, eps))];
}"""


@pytest.fixture(scope="module")
def networks() -> dict[str, nn.Module]:
    """The page's own pair, as their checkpoints hold them."""
    names = {"first": "live-lenet-ce", "second": "live-lenet-pgd"}
    rows = torch.contiguous_format
    return {key: load_model(name).to(memory_format=rows) for key, name in names.items()}


@pytest.fixture(scope="module")
def control(networks: dict[str, nn.Module]) -> str:
    pair = {NAMES[key]: (key, packed(net)) for key, net in networks.items()}
    return live_attack(pair, *load("mnist_5k").test[:10], stored=STORED, caption="A caption.").html


def set_to(page: Any, control: str, value: float) -> str:
    """What is said after a range input was moved there."""
    page.locator(control).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }", value
    )
    return settled(page)


def settled(page: Any) -> str:
    """What is said once the frame that was asked for has been drawn."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate(SAID)


@pytest.mark.chromium
@pytest.mark.parametrize("steps", [0, 1, 10])
def test_the_attacks_are_the_library_s(
    opened: Callable[..., Any], control: str, networks: dict[str, nn.Module], steps: int
) -> None:
    """In float64 on both sides, with weights laid out row by row. On flat paper the four values of a pool are equal but
    for rounding, and the one that wins gets the gradient: there torch's other layouts may choose another neighbour. A
    gradient that is zero but for rounding may have either sign: one pixel in fifty.
    """
    page, (x, y) = opened(control), load("mnist_5k").test[:4]
    for eps in (0.05, 0.3):
        for key, model in networks.items():
            net, clean = model.double(), x.double()
            wanted = live.pgd(net, clean, y, eps, steps) if steps else live.fgsm(net, clean, y, eps)
            found = [
                page.evaluate(ATTACKED, [key, image.flatten().tolist(), int(k), eps, steps])
                for image, k in zip(x, y, strict=True)
            ]
            moved = wanted.flatten(1).numpy()
            assert np.abs(moved - x.flatten(1).numpy()).max() > 0.9 * eps
            assert (np.abs(np.array(found) - moved) > 1e-9).mean() < 0.02, (key, eps)


@pytest.mark.chromium
def test_what_is_said_is_what_the_library_finds(
    opened: Callable[..., Any], control: str, networks: dict[str, nn.Module]
) -> None:
    page, (x, y) = opened(control), load("mnist_5k").test[:10]
    assert page.locator(".rl-stored").is_hidden() and page.locator(".rl-controls").is_visible()
    assert page.evaluate(SAID).startswith("No attack yet, eps 0. The digit is a 7.")
    for i, eps in ((8, 0.0), (8, 0.15), (3, 0.3)):
        page.locator(f"input[value='{i}']").check(force=True)
        said = set_to(page, ".rl-eps", eps)
        for key, model in networks.items():
            x_adv = live.pgd(model.double(), x[i : i + 1].double(), y[i : i + 1], eps)
            p = model(x_adv).softmax(1)[0]
            read, share = int(p.argmax()), round(100 * p.max().item())
            verdict = "right" if read == i else "wrong"
            found = re.search(rf"{NAMES[key].capitalize()} reads an? (\d) \([^)]+\), (\w+)", said)
            assert found and (int(found[1]), found[2]) == (read, verdict), said
            part = page.locator(f"[data-network={key}]")
            assert part.get_attribute("data-right") == str(int(read == i))
            shown = [int(text.removesuffix("\u00a0%")) for text in part.locator(".rl-bar span").all_text_contents()]
            assert shown[read] == pytest.approx(share, abs=1) and sum(shown) == pytest.approx(100, abs=5)
    assert "change × 1.7" in page.locator("[data-network=first] .rl-gain").text_content()


@pytest.mark.chromium
def test_every_control_works_by_keyboard(opened: Callable[..., Any], control: str) -> None:
    page = opened(control)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert "The digit is an 8." in settled(page)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert settled(page).startswith("FGSM, eps 0.03."), "FGSM, then eps"
    assert page.evaluate("document.activeElement.getAttribute('aria-valuetext')") == "eps = 0.03"
    assert page.locator(".rl-steps").is_disabled(), "FGSM has one step"
    page.locator("input[value=PGD]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert settled(page).startswith("PGD of 11 steps, eps 0.03.")


@pytest.mark.chromium
def test_a_digit_is_drawn_by_keyboard_cleared_and_blank_is_a_sentence(opened: Callable[..., Any], control: str) -> None:
    page = opened(control)
    page.locator("input[value=drawn]").focus()
    page.keyboard.press("Space")
    blank = "The pad is blank: draw a digit on it, or pick one of the ten."
    assert settled(page) == blank and page.locator(".rl-both").is_hidden()
    page.keyboard.press("Tab")
    for _ in range(6):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    assert page.locator(".rl-pen").text_content() == "pen down, column 14, row 20"
    assert "The digit is a 1." in settled(page), "an upright stroke, as the first network reads it"
    page.locator(".rl-is").select_option("7")
    assert "The digit is a 7." in settled(page)
    set_to(page, ".rl-eps", 0.02)
    assert "The digit is a 7." in settled(page), "what the reader said stays"
    page.locator(".rl-pad").focus()
    page.keyboard.press("Delete")
    assert settled(page) == blank
    page.locator("input[value='5']").check(force=True)
    assert "The digit is a 5." in settled(page) and page.locator(".rl-both").is_visible()


@pytest.mark.chromium
def test_a_drawing_is_as_large_and_in_the_middle_as_mnist_has_it(opened: Callable[..., Any], control: str) -> None:
    """A small stroke in a corner, by mouse: its longer side becomes 20 pixels, its centre of mass the middle."""
    page = opened(control)
    page.locator("input[value=drawn]").check()
    box = page.locator(".rl-pad").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 30, box["y"] + 80, steps=6)
    page.mouse.up()
    settled(page)
    shown = page.locator("[data-network=first] canvas").first.evaluate(
        "e => [...e.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)"
    )
    image = np.array(shown).reshape(28, 28)
    rows, columns = np.nonzero(image > 64)
    assert 19 <= np.ptp(rows) + 1 <= 21 and np.ptp(columns) + 1 <= 4
    middle = [(image.sum(1 - axis) * np.arange(28)).sum() / image.sum() for axis in (0, 1)]
    assert middle == pytest.approx([13.5, 13.5], abs=0.3) and image.max() == 255


@pytest.mark.chromium
def test_damaged_weights_leave_the_stored_picture_with_a_sentence(
    opened: Callable[..., Any], networks: dict[str, nn.Module]
) -> None:
    pair = {NAMES[key]: (key, packed(net)) for key, net in networks.items()}
    pair[NAMES["second"]][1]["sha256"] = "0" * 64
    page = opened(live_attack(pair, *load("mnist_5k").test[:10], stored=STORED, caption="A caption.").html)
    assert "damaged: they fail their hash" in page.locator(".rl-problem").text_content()
    assert page.locator(".rl-stored").is_visible() and page.locator(".rl-controls").is_hidden()


@pytest.mark.chromium
def test_without_scripts_the_stored_picture_stands_there(opened: Callable[..., Any], control: str) -> None:
    page = opened(control, java_script_enabled=False)
    assert page.locator(".rl-stored").is_visible() and page.locator(".rl-controls").is_hidden()


def test_in_words_it_says_what_is_stored(networks: dict[str, nn.Module]) -> None:
    pair = {NAMES[key]: (key, packed(net)) for key, net in networks.items()}
    said = repr(live_attack(pair, *load("mnist_5k").test[:10], stored=STORED, caption="A caption."))
    assert "a stored picture" in said and "A caption." in said


@pytest.mark.parametrize(
    ("x", "labels", "nets", "stored", "why"),
    [
        (torch.zeros(9, 1, 28, 28), range(9), 1, STORED, "ten digits"),
        (torch.zeros(10, 1, 8, 8), range(10), 1, STORED, "ten digits"),
        (torch.full((10, 1, 28, 28), 255.0), range(10), 1, STORED, "ten digits"),
        (torch.zeros(10, 1, 28, 28), range(9), 1, STORED, "9 labels"),
        (torch.zeros(10, 1, 28, 28), range(10), 0, STORED, "needs a network"),
        (torch.zeros(10, 1, 28, 28), range(10), 1, [], "a stored picture"),
    ],
)
def test_what_makes_no_live_attack(x: Any, labels: Any, nets: int, stored: Any, why: str) -> None:
    pair = {"one": ("one", {"half": "", "sha256": ""})} if nets else {}
    with pytest.raises(ValueError, match=why):
        live_attack(pair, x, list(labels), stored=stored, caption="c")
