"""`check` tells how far the answer is, and never throws at the reader."""

from pathlib import Path
from typing import Any

import pytest

from robustlib.figures import check


def doubles(double: Any) -> None:
    assert double(1) is not ..., "fill in the stub"
    assert double(2) == 4, f"double(2) should be 4, is {double(2)}"


def broken(v: int) -> float:
    return v / 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda v: 2 * v, "✓ passed"),
        (lambda v: ..., "✗ not yet: fill in the stub"),
        (lambda v: v + 1, "✗ not yet: double(2) should be 4, is 3"),
        (broken, "✗ not yet: ZeroDivisionError in line 2 of your broken, `return v / 0`: division by zero"),
        (None, "✗ not yet: the check cannot use this answer, TypeError: 'NoneType' object is not callable"),
        (lambda: 3, "✗ not yet: the check cannot use this answer, TypeError: "),
    ],
)
def test_verdicts(answer: Any, said: str) -> None:
    verdict = check(doubles, answer)
    assert repr(verdict).startswith(said)
    assert bool(verdict) == said.endswith("passed")


def test_a_check_without_a_message_shows_its_line(tmp_path: Path) -> None:
    cell = tmp_path / "cell.py"  # as a notebook runs it: pytest adds messages to the asserts of this file
    cell.write_text("def test(double):\n    assert double(0) == 0\n")
    names: dict[str, Any] = {}
    exec(compile(cell.read_text(), str(cell), "exec"), names)
    assert repr(check(names["test"], lambda v: 4)) == "✗ not yet: assert double(0) == 0"


def test_strict_raises_what_it_would_say(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="fill in the stub"):
        check(doubles, lambda v: ..., strict=True)
    assert check(doubles, lambda v: 2 * v, strict=True)
    monkeypatch.setenv("ROBUSTLIB_STRICT", "1")
    with pytest.raises(AssertionError, match="should be 4"):
        check(doubles, lambda v: v + 1)
    assert not check(doubles, lambda v: v + 1, strict=False)


def test_the_page_shows_mark_and_words() -> None:
    html = check(lambda a: a[0], [])._repr_html_()
    assert (
        "✗ not yet: the check cannot use this answer, IndexError" in html
        and "dashed" in html
        and 'role="status"' in html
    )
    html = check(doubles, lambda v: f"<{v}>")._repr_html_()
    assert "is &lt;2&gt;" in html


def test_stopping_the_kernel_is_no_wrong_answer() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(stop)
