"""A small chapter with one exercise, and what can be wrong with it."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "tests" / "house_fixtures" / "exercise.ipynb"
Change = Callable[[Any], Any]


def changed(change: Change, folder: Path) -> Path:
    """The fixture with one change, in a folder."""
    notebook = deepcopy(nbformat.read(FIXTURE, as_version=4))
    change(notebook)
    nbformat.write(notebook, folder / "chapter.ipynb")
    return folder / "chapter.ipynb"


def cell(notebook: Any, tag: str) -> Any:
    """The cell with a tag, which is there once."""
    (found,) = [c for c in notebook.cells if tag in c.metadata.get("tags", [])]
    return found


def drop(tag: str) -> Change:
    """The notebook without a cell."""
    return lambda notebook: notebook.cells.remove(cell(notebook, tag))


def rewritten(tag: str, old: str, new: str) -> Change:
    """A cell with other words."""

    def change(notebook: Any) -> None:
        found = cell(notebook, tag)
        assert old in found.source
        found.source = found.source.replace(old, new)

    return change


def hidden_is_public(notebook: Any) -> None:
    """The hidden test asks what the public one does, under another name and with a comment."""
    public = cell(notebook, "exercise-check").source.partition("\n\n\ncheck(")[0]
    renamed = public.replace("test_fgsm_step(", "test_again(").replace("\n", "  # as before\n", 1)
    cell(notebook, "exercise-hidden").source = f"# hidden\n{renamed}\n\n\ntest_again(fgsm_step, torch)"


def stub_is_solved(notebook: Any) -> None:
    """The stub holds the answer."""
    rewritten("exercise-stub", "return ...  # your answer", "return (x + eps * g.sign()).clamp(0, 1) + 0")(notebook)


def lenient_hidden(notebook: Any) -> None:
    """A hidden test that looks at nothing."""
    cell(
        notebook, "exercise-hidden"
    ).source = "# hidden\ndef test_lenient(fgsm_step):\n    assert fgsm_step\n\n\ntest_lenient(fgsm_step)"


def stored_error(notebook: Any) -> None:
    """A cell whose stored output is an error."""
    found = cell(notebook, "exercise-check")
    found.outputs = [nbformat.v4.new_output("error", ename="NameError", evalue="name 'x'", traceback=[])]


def unended(notebook: Any) -> None:
    """An exercise that does not end."""
    notebook.cells = [c for c in notebook.cells if c.source != "# END QUESTION"]


def twice(notebook: Any) -> None:
    """Two exercises of one name."""
    at = next(i for i, c in enumerate(notebook.cells) if c.source.startswith("# BEGIN QUESTION"))
    again = deepcopy(notebook.cells[at:])
    for i, one in enumerate(again):
        one.id = f"again-{i}"
    notebook.cells += again


def unbound(notebook: Any) -> None:
    """An exercise that reads a name which the chapter never binds."""
    rewritten("exercise-solution", "eps * g.sign()", "eps * lost.sign(g)")(notebook)
