"""What the tests of this room share: the drawings behind the pictures."""

import sys
from typing import Any

import pytest
from matplotlib.figure import Figure


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The matplotlib figures that become pictures during a test, in whichever file of the room."""
    kept: list[Figure] = []
    whole = images.figure

    def keep(drawn: Figure, **words: Any) -> images.Picture:
        kept.append(drawn)
        return whole(drawn, **words)

    for name, module in list(sys.modules.items()):
        if name.startswith("robustlib.figures.") and getattr(module, "figure", None) is whole:
            monkeypatch.setattr(module, "figure", keep)
    return kept
