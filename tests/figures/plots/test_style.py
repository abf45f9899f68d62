"""A notebook's defaults."""

import matplotlib as mpl

from robustlib.figures.plots import style


def test_use_sets_sizes_and_a_white_card() -> None:
    with mpl.rc_context():
        mpl.rcParams.update({"font.size": 5, "figure.facecolor": "black"})
        style.use()
        assert mpl.rcParams["font.size"] >= 10
        assert mpl.rcParams["figure.facecolor"] == mpl.rcParams["savefig.facecolor"] == "white"
        assert mpl.rcParams["figure.constrained_layout.use"]
