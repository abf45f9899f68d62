"""Private tests from a folder outside the repository."""

from pathlib import Path

import pytest
from assignments.notebooks import FIXTURE

from book.labs import make, source, trial
from book.labs.lab import Lab, labs_of
from book.labs.overlay import private_tests

PRIVATE = '''"""Of this year."""


def test_fgsm_step_in_private(fgsm_step, torch):
    import math

    assert abs(float(fgsm_step(torch.zeros(1), torch.ones(1), 0.25)) - math.sqrt(0.0625)) < 1e-6
'''
SAME_NAME = """def test_fgsm_step_stays_in_the_box(fgsm_step, torch):
    assert fgsm_step(torch.ones(1), torch.ones(1), 1) == 1
"""


def overlaid(folder: Path, text: str, exercise: str = "fgsm_step") -> Lab:
    (lab,) = labs_of(FIXTURE)
    (folder / lab.name).mkdir(parents=True)
    (folder / lab.name / f"{exercise}.py").write_text(text)
    return lab.with_overlay(private_tests(folder, lab.name))


def test_a_private_test_joins_the_hidden_ones(tmp_path: Path) -> None:
    lab = overlaid(tmp_path, PRIVATE)
    assert [t.name for t in lab.exercises[0].hidden] == ["test_fgsm_step_stays_in_the_box", "test_fgsm_step_in_private"]
    assert [t.name for t in lab.exercises[0].public] == ["test_fgsm_step"]
    assert list(trial.faults(lab)) == []
    (cell,) = [c for c in source.notebook(lab).cells if "in_private" in c.source]
    assert cell.source.startswith("# hidden\ndef test_fgsm_step_in_private(") and "sqrt" in cell.source


def test_a_private_test_of_the_same_name_replaces_the_public_file(tmp_path: Path) -> None:
    lab = overlaid(tmp_path, SAME_NAME)
    (hidden,) = lab.exercises[0].hidden
    assert "== 1" in hidden.source and hidden.cell.endswith("fgsm_step.py")


def test_a_private_test_that_the_stub_passes_is_named_by_its_file(tmp_path: Path) -> None:
    (fault,) = trial.faults(overlaid(tmp_path, "def test_nothing(fgsm_step):\n    assert callable(fgsm_step)\n"))
    assert "fgsm_step.py" in fault and "the stub passes the test test_nothing" in fault


@pytest.mark.parametrize(
    ("text", "exercise", "said"),
    [
        (PRIVATE, "lost", "tests for lost, but the exercises of exercise are fgsm_step"),
        (
            "import torch\n" + SAME_NAME,
            "fgsm_step",
            "line 1: a private test is a function test_...; put imports inside",
        ),
        ('"""Nothing."""\n', "fgsm_step", "no test in it"),
    ],
)
def test_an_overlay_that_is_refused(text: str, exercise: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        overlaid(tmp_path, text, exercise)


def test_make_labs_refuses_a_bad_overlay(tmp_path: Path) -> None:
    with pytest.raises(make.Refused, match="is no folder"):
        make.wanted([FIXTURE], [], tmp_path / "none")
    (tmp_path / "dandy").mkdir()
    with pytest.raises(make.Refused, match="folders that are no lab: dandy; labs are exercise"):
        make.wanted([FIXTURE], [], tmp_path)
