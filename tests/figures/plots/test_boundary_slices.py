"""Slices on one scale: which way is which, where the border runs, and what is refused."""

import numpy as np
import pytest

from robustlib.figures import boundary_slices

SIDE = np.linspace(-1, 1, 5)
ALONG = {"margin": np.repeat(SIDE[:, None], 5, 1) - 0.5, "reach": 1.0}  # rises along the gradient alone
FLAT = {"margin": np.full((5, 5), -3.0), "reach": 1.0}


def test_rows_run_along_the_gradient_across_the_page_and_the_border_is_where_the_margin_is_0():
    found = boundary_slices({"one": ALONG, "two": FLAT}, eps=0.25, caption="Look.")
    first, second = found.drawn.axes[:2]
    surface, *borders = first.collections
    assert len(borders) == 2 and len(second.collections) == 1, "a margin of one sign has no border"
    (edge,) = (path.vertices for path in borders[-1].get_paths())
    assert np.allclose(edge[:, 0], 0.5) and edge[:, 1].min() == -1 and edge[:, 1].max() == 1
    assert surface.get_clim() == second.collections[0].get_clim() and surface.get_clim()[0] <= -3
    assert first.lines[0].get_xdata().tolist() == [0.25, 0, -0.25, 0, 0.25]
    assert first.lines[0].get_ydata().tolist() == [0, 0.25, 0, -0.25, 0]
    assert "one: from -1.5 to 0.5, above 0 on 20 %; two: from -3 to -3, above 0 on 0 % of the plane" in found.alt
    assert "largest change of a pixel is 0.25" in found.caption


def test_slices_of_different_reach_or_shape_are_refused():
    for other in ({"margin": FLAT["margin"], "reach": 2.0}, {"margin": [[1.0, 2.0]], "reach": 1.0},
                  {"margin": np.full((5, 5), np.nan), "reach": 1.0}):  # fmt: skip
        with pytest.raises(ValueError, match="square slices of finite margins"):
            boundary_slices({"one": ALONG, "two": other}, eps=0.25, caption="Look.")
    with pytest.raises(ValueError, match="square slices"):
        boundary_slices({}, eps=0.25, caption="Look.")
