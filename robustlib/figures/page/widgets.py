"""A panel that runs something anew where a kernel is listening, and results computed before where none is."""

import os
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from robustlib.evaluation import Table
from robustlib.figures.page.fragment import Fragment, fragment
from robustlib.figures.page.tables import paper_beside_ours

INVITATION = "The panel needs a kernel: run this notebook, and a control for {names} and a button appear below."


def kernel_is_listening() -> bool:
    """Whether widgets can work: a Jupyter kernel runs this, and ROBUSTLIB_STATIC=1 does not forbid them."""
    if os.environ.get("ROBUSTLIB_STATIC") == "1":
        return False
    try:
        import ipywidgets  # noqa: F401
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def panel(
    action: Callable[
        ..., Any
    ],  # called with one option of each control, by name; returns what to show, a Table or anything with HTML
    controls: Mapping[str, Sequence[Any]],
    stand_in: Any,  # the same, for the page without a kernel: results for the options, computed before
    *,
    button: str = "Run",
) -> Any:
    """Shows the stand-in, and below it widgets where a kernel is listening.

    The stored notebook is made with ROBUSTLIB_STATIC=1 and so holds plain HTML, no widget state. There the action runs
    once, with the first option of each control, and what it raises is raised: no page shows a panel that fails.

    Raises: ValueError if there is no control, or a control without options.
    """
    if not controls or not all(len(options) for options in controls.values()):
        raise ValueError(f"a panel needs controls with at least one option each, got {dict(controls)}")
    shown = _stand_in(stand_in, controls)
    if kernel_is_listening():
        from IPython.display import display

        display(shown)
        return _widgets(action, controls, button)
    action(**{name: options[0] for name, options in controls.items()})
    return shown


def retrain_panel(action: Callable[..., Any], controls: Mapping[str, Sequence[Any]], stand_in: Any) -> Any:
    """A panel whose button says that it trains; the action should stay under 20 seconds."""
    return panel(action, controls, stand_in, button="Retrain (under 20 s)")


def _stand_in(of: Any, controls: Mapping[str, Sequence[Any]]) -> Fragment:
    """The object's HTML, or its text, and how to get the panel."""
    of = _shown(of)
    render = getattr(of, "_repr_html_", None)
    html = render() if render else f"<pre>{escape(repr(of))}</pre>"
    note = INVITATION.format(names=", ".join(controls))
    return fragment("panel", "", f'{html}<p class="rl-caption"><em>{escape(note)}</em></p>', f"{of!r}\n{note}")


def _widgets(action: Callable[..., Any], controls: Mapping[str, Sequence[Any]], button: str) -> Any:
    """A labelled drop-down for each control, the button, and the place of the result."""
    import ipywidgets
    from IPython.display import display

    choices = {
        name: ipywidgets.Dropdown(options=[(_name(option), option) for option in options], description=name)
        for name, options in controls.items()
    }
    press, out = ipywidgets.Button(description=button, layout={"width": "auto"}), ipywidgets.Output()

    def run(_: Any) -> None:
        press.disabled, press.description = True, "Running ..."
        try:
            with out:
                out.clear_output(wait=True)
                display(_shown(action(**{name: choice.value for name, choice in choices.items()})))
        finally:
            press.disabled, press.description = False, button

    press.on_click(run)
    return ipywidgets.VBox([*choices.values(), press, out])


def _shown(result: Any) -> Any:
    """A Table as the pages show it, anything else as it is."""
    return paper_beside_ours(result) if isinstance(result, Table) else result


def _name(option: Any) -> str:
    """How an option is called: a function or class by its name, anything else by its value."""
    return getattr(option, "__name__", None) or str(option)
