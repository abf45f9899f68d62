"""A figure becomes a picture with words, small and in its own colours."""

from io import BytesIO

import numpy as np
import pytest
from figures.examples import drawn
from PIL import Image

from robustlib.figures import figure


def test_a_busy_figure_stays_under_60_kb_and_keeps_its_colours() -> None:
    made = figure(drawn(), alt="x", caption="y")
    assert len(made.webp) < 60_000
    pixels = np.asarray(Image.open(BytesIO(made.webp)).convert("RGB")).reshape(-1, 3)
    assert (pixels[0] == 255).all(), "a white card"
    blue = np.abs(pixels - np.array([31, 119, 180])).max(1) < 12
    assert blue.sum() > 500


@pytest.mark.parametrize(("alt", "caption"), [("", "y"), ("x", "  ")])
def test_a_figure_without_words_is_refused(alt: str, caption: str) -> None:
    with pytest.raises(ValueError, match="is empty; say what"):
        figure(drawn(), alt=alt, caption=caption)
