"""A panel that runs something anew where a kernel is listening, and a picture of the results where none is."""

import os
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from robustlib.figures.fragment import fragment

INVITATION = "Run this notebook to use the panel: it has a control for {names} and a button that starts anew."


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
    action: Callable[..., Any],  # called with one option of each control, by name; returns what to show
    controls: Mapping[str, Sequence[Any]],
    stand_in: Any,  # anything with HTML, for the page without a kernel: results for the options, computed before
    *,
    button: str = "Run",
) -> Any:
    """Widgets where a kernel is listening, with the stand-in above them; else the stand-in and an invitation.

    The stored notebook is made with ROBUSTLIB_STATIC=1 and so holds plain HTML, no widget state. There the action runs
    once, with the first option of each control, and what it raises is raised: a page never shows a dead panel.

    Raises: ValueError if there is no control, or a control without options.
    """
    if not controls or not all(len(options) for options in controls.values()):
        raise ValueError(f"a panel needs controls with at least one option each, got {dict(controls)}")
    if kernel_is_listening():
        return _widgets(action, controls, stand_in, button)
    action(**{name: options[0] for name, options in controls.items()})
    names = ", ".join(controls)
    note = INVITATION.format(names=names)
    return fragment("panel", "", f"{_html(stand_in)}<p><em>{escape(note)}</em></p>", f"{stand_in!r}\n{note}")


def retrain_panel(action: Callable[..., Any], controls: Mapping[str, Sequence[Any]], stand_in: Any) -> Any:
    """A panel whose button says that it trains: keep the action under 20 seconds."""
    return panel(action, controls, stand_in, button="Retrain (under 20 s)")


def _html(of: Any) -> str:
    """The HTML of an object, or its text."""
    render = getattr(of, "_repr_html_", None)
    return render() if render else f"<pre>{escape(repr(of))}</pre>"


def _widgets(action: Callable[..., Any], controls: Mapping[str, Sequence[Any]], stand_in: Any, button: str) -> Any:
    """The live panel: stand-in, a labelled drop-down for each control, the button, and the place of the result."""
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
                display(action(**{name: choice.value for name, choice in choices.items()}))
        finally:
            press.disabled, press.description = False, button

    press.on_click(run)
    return ipywidgets.VBox([ipywidgets.HTML(_html(stand_in)), *choices.values(), press, out])


def _name(option: Any) -> str:
    """How an option is called: a function or class by its name, anything else by its value."""
    return getattr(option, "__name__", None) or str(option)
