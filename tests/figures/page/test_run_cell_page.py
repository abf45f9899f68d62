"""A run cell in the page: right and wrong attacks, code that fails or never ends, keyboard, no script, both schemes."""

import ast
import contextlib
import io
from collections.abc import Iterator
from importlib.resources import files
from inspect import getsource
from pathlib import Path
from typing import Any

import pytest
from browsing import PHONE, Visit
from figures.run_cells import Cell, written

import robustlib.chapters  # noqa: F401 (they join the registry)
from robustlib.chapters.attacks.from_scratch import pgd
from robustlib.datasets import load
from robustlib.experiments import one_image
from robustlib.figures import run_cell

pytestmark = pytest.mark.chromium

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
CODE = getsource(pgd)
UP, BALL, BOX = "x_adv + alpha * g.sign()", ".clip(x - eps, x + eps)", ".clip(0, 1)"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page with PGD on four digits; the limit is long, because a test's machine may be busy."""
    network = one_image("rr-lenet-softmax")
    digits = network.read_right(*load("mnist_5k").test[:12], n=4)
    html = run_cell(pgd, network, digits, 0.2, caption="PGD by hand.", limit=60).html
    return written(tmp_path_factory.mktemp("cell"), html)


@pytest.fixture(scope="module")
def cell(browser: Any, address: str) -> Iterator[Cell]:
    """The cell, loaded once; nothing is asked for elsewhere, and nothing complains."""
    with Visit(browser, address) as visit:
        asked: list[str] = []
        visit.page.on("request", lambda request: asked.append(request.url))
        yield Cell(visit)
        assert not visit.blocked and not visit.complaints
        assert asked and all(url.startswith(("file:", "blob:")) for url in asked)


JUDGED = {
    "the listing": (CODE, "✓ An attack: "),
    "another way": (CODE.replace("x_adv = x\n", "x_adv = x + 0.01\n"), "✓ An attack: "),
    "downhill": (CODE.replace(UP, UP.replace("+", "-")), "✗ Allowed, but weak: 0 of 4 digits are misread"),
    "no box": (CODE.replace(BOX, ""), "✗ Not in the box: pixels go from -0.200 to 1.200"),
    "no ball": (CODE.replace(BALL, ""), "✗ Over the budget: a pixel moves by "),
    "clean": (CODE.replace("return x_adv", "return x"), "✗ This is the clean image"),
    "another label": (CODE.replace("(x_adv, y)", "(x_adv, (y + 1) % 10)"), "✗ Allowed, but weak: "),
    "NaN": (CODE.replace("return x_adv", "return x_adv * float('nan')"), "✗ Digit 1, a 0: 784 of its pixels are NaN"),
    "nothing": (CODE.replace("return x_adv", "x_adv"), "✗ Digit 1, a 0: the function returns nothing"),
}


@pytest.mark.parametrize("name", JUDGED)
def test_check_tells_right_from_wrong(cell: Cell, name: str) -> None:
    code, words = JUDGED[name]
    assert cell.write(code).press("Check").startswith(words)
    right = "✓" in words
    assert cell.box.locator(".rl-said").evaluate("e => e.classList.contains('rl-right')") == right
    if name == "the listing":
        assert cell.box.locator("canvas").count() == 4


HEAD = "def pgd(network, x, y, eps):\n"
ALPHA = CODE.replace("alpha * g", "alfa * g")
FAILS = {
    "syntax": (HEAD.replace(":", "") + "    return x\n", "SyntaxError", 1),
    "name": (ALPHA, "NameError: name 'alfa' isn't defined", ALPHA.count("\n", 0, ALPHA.index("alfa")) + 1),
    "shapes": (HEAD + "    z = network.logits(x)\n    return x + z\n", "ValueError: shapes (28, 28) and (10,)", 3),
    "label": (HEAD + "    return network.loss_gradient(x, 12)\n", "ValueError: a label", 2),
    "recursion": (HEAD + "    return pgd(network, x, y, eps)\n", "RuntimeError: too many calls", 2),
    "torch": ("import torch\n", "ImportError: no module named 'torch'", 1),
}


@pytest.mark.parametrize("name", FAILS)
def test_an_error_names_the_readers_line(cell: Cell, name: str) -> None:
    code, words, line = FAILS[name]
    said = cell.write(code).press("Run")
    assert said.startswith(words)
    assert said.splitlines()[-1] == f"Line {line}: {code.splitlines()[line - 1].strip()}"


def told(network, x):
    """What the tensors of a cell say; the same lines run on torch."""
    z = x * 2 - 0.5
    print([float(v) for v in (z.max(), z.min(), z.sum(), z.mean(), z.norm(), z.norm(p=float("inf")), -z.abs().sum())])
    print([float(v) for v in ((1 - z).sum(), (z / 4).sum(), (3 / (z + 9)).sum(), (-z).min(), (z**2).sum(), z[-9][13])])
    print([float(v) for v in (z.sign().sum(), z.clip(0, 1).sum(), z.clamp(max=0.2).max(), z[14, 13], z[14].sum())])
    print([float(v) for v in (z.clip(x - 0.1, x + 0.1).sum(), (z > 0.5).sum(), (z < 0).sum(), (z + 1).sqrt()[9, 9])])
    w = z.clone()
    w[3, 4] = 8.0
    print([float(w.max()), float(z[3, 4]), len(z), int(network.logits(x).argmax()), z.shape[1]] + w[14].tolist())


def test_tensors_say_what_torchs_say(cell: Cell) -> None:
    cell.box.locator("select").select_option("3")
    code = getsource(told) + "\n\nprint(x[14].tolist())\ntold(network, x)\n"
    assert cell.write(code + CODE).press("Run").startswith("The network reads")
    network = one_image("rr-lenet-softmax")
    x = network.read_right(*load("mnist_5k").test[:12], n=4)[0][3, 0]
    torchs = io.StringIO()
    with contextlib.redirect_stdout(torchs):
        print(x[14].tolist())
        told(network, x)
    found, wanted = (list(map(ast.literal_eval, text.splitlines())) for text in (cell.printed(), torchs.getvalue()))
    assert len(found) == 6 and sum(map(len, wanted)) > 80
    for numbers, exact in zip(found, wanted, strict=True):
        assert numbers == pytest.approx(exact, rel=1e-5, abs=1e-5)


def test_a_function_that_is_gone_is_named(cell: Cell) -> None:
    assert "there is no function pgd" in cell.write("x = 3\n").press("Check")


def test_run_shows_one_digit_and_what_is_printed(cell: Cell) -> None:
    cell.box.locator("select").select_option("2")
    said = cell.write(CODE + "print('hello', y)\n").press("Run")
    assert said.startswith("The network reads the attacked 2 as ") and "is 0.200; eps is 0.2." in said
    assert cell.printed() == "hello 2\n"
    assert cell.box.locator("canvas").count() == 3
    assert cell.press("Reset") == "The code is the listing again." and cell.editor.input_value() == CODE
    assert cell.box.locator("canvas").count() == 0


def test_an_endless_loop_is_ended_and_the_page_lives_on(browser: Any, address: str) -> None:
    page = Path(address.removeprefix("file://"))
    short = page.with_name("short.html")
    text = page.read_text(encoding="utf-8")
    short.write_text(text.replace("&quot;limit&quot;:60", "&quot;limit&quot;:0.5"), encoding="utf-8")
    with Visit(browser, short.as_uri()) as visit:
        cell = Cell(visit)
        said = cell.write("while True:\n    pass\n").press("Run")
        assert said.startswith("Stopped after 0.5 seconds: the code had not come to its end.")
        said = cell.write("def pgd(network, x, y, eps):\n    return x\n").press("Check")
        assert said == "✗ This is the clean image: no pixel of any digit has moved."
        assert not visit.complaints


def test_keyboard_alone(browser: Any, address: str) -> None:
    with Visit(browser, address) as visit:
        cell, keys = Cell(visit), visit.page.keyboard
        focused = "document.activeElement.textContent || document.activeElement.tagName"
        keys.press("Tab")
        assert visit.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
        keys.press("Control+A")
        keys.type("def pgd(network, x, y, eps):\nreturn x\n")  # Enter indents
        keys.press("Tab")
        assert cell.editor.input_value() == "def pgd(network, x, y, eps):\n    return x\n        "
        keys.press("Shift+Tab")
        assert cell.editor.input_value().endswith("return x\n    ")
        keys.press("Escape")
        keys.press("Tab")
        assert visit.page.evaluate(focused) == "Run"
        keys.press("Tab")
        keys.press("Enter")
        assert cell.said() == "✗ This is the clean image: no pixel of any digit has moved."
        cell.editor.focus()
        keys.press("Control+Enter")
        assert ", as before. The largest change of a pixel is 0.000; eps is 0.2." in cell.said()
        keys.press("Escape")
        keys.press("Shift+Tab")
        assert visit.page.evaluate("document.activeElement.tagName") != "TEXTAREA"


def test_weights_of_another_training_are_refused(browser: Any, address: str) -> None:
    page = Path(address.removeprefix("file://"))
    other = page.with_name("other.html")
    text = page.read_text(encoding="utf-8")
    at = text.index("&quot;sha256&quot;:&quot;") + len("&quot;sha256&quot;:&quot;")
    other.write_text(text[:at] + "0" * 64 + text[at + 64 :], encoding="utf-8")
    with Visit(browser, other.as_uri()) as visit:
        said = Cell(visit).press("Run")
        assert "the weights of rr-lenet-softmax are not those that this page was made with" in said


@pytest.mark.parametrize("lacks", ["script", "WebAssembly"])
def test_where_it_cannot_run_it_is_a_listing(browser: Any, address: str, lacks: str) -> None:
    with Visit(browser, "about:blank", java_script_enabled=lacks != "script") as visit:
        visit.page.add_init_script("delete window.WebAssembly")
        visit.page.goto(address)
        assert visit.page.locator("pre").is_visible() and visit.page.locator("textarea, button").count() == 0
        assert visit.page.locator("pre").inner_text().strip() == CODE.strip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_in_both_schemes(browser: Any, address: str, scheme: str) -> None:
    with Visit(browser, address, viewport=PHONE, color_scheme=scheme) as visit:
        Cell(visit).press("Check")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        visit.page.evaluate(AXE)
        found = visit.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(rule["id"], node["target"]) for rule in found for node in rule["nodes"]] == []
