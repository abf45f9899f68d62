"""What exercises need of their chapter, on cells where it can be said by hand."""

import pytest

from book.labs.needs import binds, needed, reads, reads_of


@pytest.mark.parametrize(
    ("source", "taken", "bound"),
    [
        ("import torch.nn.functional as F", set(), {"F"}),
        ("import os.path", set(), {"os"}),
        ("x = y + 1", {"y"}, {"x"}),
        ("x = 1\nz = x + y", {"y"}, {"x", "z"}),
        ("def f(a):\n    return a + b", {"b"}, {"f"}),
        ("class C(B):\n    def f(self):\n        return len(D)", {"B", "D"}, {"C"}),
        ("[i + a for i in range(3)]", {"a"}, set()),
        ("for i in rows:\n    total = i", {"rows"}, {"i", "total"}),
        ("if lost:\n    %pip install -q x\nw = 1", {"lost"}, {"w"}),
        ("f'{a:.2f}'", {"a"}, set()),
        ("def f():\n    import torch\n    return torch", set(), {"f"}),
    ],
)
def test_what_a_cell_reads_and_binds(source: str, taken: set[str], bound: set[str]) -> None:
    assert (reads(source), binds(source)) == (taken, bound)


CELLS = [
    "from a import load, save",
    "data = load('it')\nother = 1",
    "import b\n\nunused = 2",
    "from c import F, G",
    "data.show()",
    "def rule(x):\n    return F(data, x)",
]


def test_an_import_comes_alone_and_an_assignment_with_its_cell() -> None:
    assert needed(CELLS, {"G"}) == (["from c import G"], set())
    assert needed(CELLS, {"data"}) == (["from a import load", "data = load('it')\nother = 1"], set())
    assert needed(CELLS, {"rule"}) == (
        ["from a import load", "data = load('it')\nother = 1", "from c import F", CELLS[5]],
        set(),
    )


def test_the_last_binding_counts_and_what_nobody_binds_is_told() -> None:
    assert needed(["a = 1", "a = 2"], {"a"}) == (["a = 2"], set())
    assert needed(["a = 1", "a = a + 1"], {"a"}) == (["a = 1", "a = a + 1"], set())
    assert needed(CELLS, {"G", "nobody"})[1] == {"nobody"}


def test_cells_that_follow_each_other_give_each_other_names() -> None:
    assert reads_of(["def f(x): return x", "def test_f(f, torch): f(1)\n\n\ncheck(test_f, f, torch)"]) == {
        "check",
        "torch",
    }
