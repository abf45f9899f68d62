"""The panel: plain HTML where no kernel listens, widgets that work where one does."""

from types import SimpleNamespace
from typing import Any

import pytest

from robustlib.evaluation import Cell, Table, TextTable
from robustlib.figures import Fragment, panel, paper_beside_ours, retrain_panel, words
from robustlib.figures.page import widgets

STAND_IN = words(TextTable("Before", ("margin", "accuracy"), (("0.5", "90"), ("1", "92"))))


@pytest.fixture
def calls() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def action(calls: list[dict[str, Any]]) -> Any:
    def retrain(margin: float, mine: Any) -> str:
        calls.append({"margin": margin, "mine": mine})
        if margin < 0:
            raise ArithmeticError("diverged")
        return f"trained with {margin}"

    return retrain


def hard() -> None: ...


CONTROLS = {"margin": [0.5, 1.0], "mine": [hard, len]}


def test_static_is_the_stand_in_and_proves_the_action(action: Any, calls: list[dict[str, Any]]) -> None:
    shown = retrain_panel(action, CONTROLS, STAND_IN)
    assert isinstance(shown, Fragment)
    assert STAND_IN.html in shown.html and "margin, mine" in shown.html
    assert calls == [{"margin": 0.5, "mine": hard}]
    assert repr(shown).startswith(repr(STAND_IN))
    assert "<script" not in shown.html and not hasattr(shown, "_repr_mimebundle_")


def test_a_table_is_shown_as_on_the_pages(action: Any) -> None:
    table = Table("Accuracy in %.", (Cell("margin 1", "clean", None, 97.0, 95.8, 97.9, 200),))
    assert paper_beside_ours(table).html in retrain_panel(action, CONTROLS, table).html


def test_static_fails_where_the_action_fails(action: Any) -> None:
    with pytest.raises(ArithmeticError):
        panel(action, {"margin": [-1.0], "mine": [len]}, STAND_IN)


def test_the_environment_keeps_it_static(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.delenv("ROBUSTLIB_STATIC", raising=False)
    assert widgets.kernel_is_listening()
    monkeypatch.setenv("ROBUSTLIB_STATIC", "1")
    assert not widgets.kernel_is_listening()


def test_no_kernel_no_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ROBUSTLIB_STATIC", raising=False)
    assert not widgets.kernel_is_listening()


def test_live_runs_with_the_chosen_options(action: Any, calls: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(widgets, "kernel_is_listening", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)
    box = retrain_panel(action, CONTROLS, STAND_IN)
    assert not calls and STAND_IN.html in shown[0].html, "the stand-in comes first, nothing is trained unasked"
    margin, mine, button, _ = box.children
    assert (margin.description, mine.description) == ("margin", "mine")
    assert [name for name, _ in mine.options] == ["hard", "len"]
    margin.value = 1.0
    button.click()
    assert calls == [{"margin": 1.0, "mine": hard}] and shown[-1] == "trained with 1.0"
    assert not button.disabled and button.description == "Retrain (under 20 s)"


@pytest.mark.parametrize("controls", [{}, {"margin": []}])
def test_a_panel_needs_options(controls: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one option"):
        panel(print, controls, STAND_IN)
