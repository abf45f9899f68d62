"""ROC curves and the AUC over gamma: what they draw is what the records say."""

from typing import Any

import numpy as np
import pytest
from figures.examples import EMPTY, RECORDS
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from robustlib.figures import gamma_figure, roc_figure, style_of
from robustlib.figures.plots.detection import detector_style

GAMMAS = {0.01: (0.6, 0.5, 0.7), 1.0: (0.9, 0.85, 0.95), 100.0: (0.4, 0.3, 0.5)}


def line_of(drawn: Figure, x: Any, y: Any) -> Any:
    """The line through just these points."""
    lines = [line for line in drawn.axes[0].lines if len(line.get_xdata()) == len(x)]
    return next(v for v in lines if np.allclose(v.get_xdata(), x) and np.allclose(v.get_ydata(), y))


def test_a_series_takes_its_colour_from_the_network_and_its_strokes_from_the_detector() -> None:
    said, style = detector_style(("RCE", "K-density"))
    assert (said, style.colour) == ("RCE, K-density", style_of("rce").colour)
    assert detector_style("RCE, K-density") == (said, style)
    names = ["RCE, K-density", "CE, K-density", "RCE, confidence", "CE, confidence", "RCE, non-ME", "CE, non-ME"]
    styles = [detector_style(name)[1] for name in names]
    assert len({(style.colour, style.line) for style in styles}) == 6
    assert [style.line for style in styles[::2]] == [style.line for style in styles[1::2]]
    alone = [detector_style(name)[1] for name in ("K-density", "confidence", "non-ME", "Bayesian uncertainty")]
    assert len({style.colour for style in alone}) == len({style.line for style in alone}) == 4


@pytest.mark.parametrize(
    ("name", "known"),
    [("CE", "softmax"), ("CE, PGD", "softmax"), ("cross-entropy", "softmax"), ("Reverse cross-entropy", "rce")],
)
def test_losses_have_the_style_of_their_network(name: str, known: str) -> None:
    assert style_of(name) == style_of(known)
    assert style_of("APGD-CE") == style_of("APGD")


def test_a_roc_curve_goes_through_the_records_points(drawings: list[Figure]) -> None:
    made = roc_figure(RECORDS, caption="c")
    for name, record in RECORDS.items():
        line = line_of(drawings[0], *(100 * np.array(record["roc"][side]) for side in ("false", "true")))
        assert to_hex(line.get_color()).upper() == detector_style(name)[1].colour
        wanted = f"{name}: AUC {record['auc']:.3f} [{record['low']:.3f}, {record['high']:.3f}]"
        assert wanted in [text.get_text() for text in drawings[0].legends[0].get_texts()]
        share = record["caught"]["0.05"]["share"]
        assert f"{name}: AUC {record['auc']:.3f}" in made.alt and f"{100 * share:.0f} % caught at 5 %" in made.alt
        bars = [c for c in drawings[0].axes[0].containers if to_hex(c[0].get_color()).upper() == line.get_color()]
        assert [bar[0].get_ydata()[0] for bar in bars] == [
            100 * record["caught"][at]["share"] for at in ("0.01", "0.05")
        ]
        assert [bar[0].get_xdata()[0] for bar in bars] == [
            100 * record["refused"][at]["share"] for at in ("0.01", "0.05")
        ]
        ends = bars[1][2][0].get_segments()[0][:, 1]
        assert ends == pytest.approx([100 * record["caught"]["0.05"][end] for end in ("low", "high")])
    uprights = [line.get_xdata()[0] for line in drawings[0].axes[0].lines if len(set(line.get_xdata())) == 1]
    assert {1, 5} <= set(uprights)


def test_a_logarithmic_axis_keeps_what_is_caught_at_no_false_positive(drawings: list[Figure]) -> None:
    made = roc_figure(RECORDS, caption="c", log=True)
    ax = drawings[0].axes[0]
    assert ax.get_xscale() == "log" and "logarithmic" in made.alt
    record = RECORDS["RCE, K-density"]
    at_none = max(t for f, t in zip(record["roc"]["false"], record["roc"]["true"], strict=True) if f == 0)
    starts = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines]
    assert at_none > 0 and any(np.allclose(start, (0.1, 100 * at_none)) for start in starts), "0.1 %: one of 1000"
    assert all(np.min(line.get_xdata()) > 0 for line in ax.lines)


def test_gamma_curves_have_bands_and_marks(drawings: list[Figure]) -> None:
    series = {("RCE", "BIM"): GAMMAS, ("CE", "BIM"): {1.0: RECORDS["CE, K-density"], 0.1: (0.5, 0.4, 0.6)}}
    made = gamma_figure(series, printed={"CE": 0.26, "RCE": 2.6}, chosen={"CE": 0.5, "RCE": 0.7}, caption="c")
    ax = drawings[0].axes[0]
    assert ax.get_xscale() == "log"
    assert to_hex(line_of(drawings[0], list(GAMMAS), [60, 90, 40]).get_color()).upper() == style_of("rce").colour
    line_of(drawings[0], [0.1, 1.0], [50, 100 * RECORDS["CE, K-density"]["auc"]])
    band = ax.collections[0].get_paths()[0].vertices
    assert {30, 95} <= set(np.round(band[:, 1], 9))
    marks = {
        (line.get_xdata()[0], line.get_color(), line.get_linestyle()) for line in ax.lines if line.get_xdata()[0] > 0.2
    }
    black, rce = style_of("CE").colour, style_of("RCE").colour
    assert {(0.26, black, "--"), (2.6, rce, "--"), (0.5, black, "-"), (0.7, rce, "-")} <= marks
    assert sorted(text.get_text() for text in ax.texts) == ["C", "C", "P", "P"]
    for words in (
        "RCE, BIM: 60.0 % at 0.01, 90.0 % at 1, 40.0 % at 100",
        "printed gamma of RCE: 2.6",
        "chosen gamma of CE",
    ):
        assert words in made.alt


def test_records_that_cannot_be_drawn() -> None:
    marks: dict[str, Any] = {"printed": {}, "chosen": {}, "caption": "c"}
    with pytest.raises(ValueError, match="JSMA has no AUC: its record counts 0 adversarial"):
        roc_figure({"JSMA": EMPTY}, caption="c")
    with pytest.raises(ValueError, match="no record"):
        roc_figure({}, caption="c")
    with pytest.raises(ValueError, match="BIM has no AUC"):
        gamma_figure({"BIM": {1.0: EMPTY}}, **marks)
    for values in ({}, {0.0: (0.5, 0.4, 0.6)}, {-1.0: (0.5, 0.4, 0.6)}):
        with pytest.raises(ValueError, match="gamma > 0"):
            gamma_figure({"BIM": values}, **marks)
