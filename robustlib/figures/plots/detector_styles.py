"""How a detector looks, alone or on a network, and the AUC that its record holds."""

from collections.abc import Iterable, Mapping
from typing import Any

from robustlib.figures.plots.looks import DETECTORS, SeriesStyle
from robustlib.figures.plots.reading import Reading, reading
from robustlib.figures.plots.series_styles import Name, style_of, told_apart


def detector_style(name: Name) -> tuple[str, SeriesStyle]:
    """The words and the style of a detector, or of a network with a detector or under an attack.

    "K-density", "RCE, K-density" or ("RCE", "K-density"): what was trained, what detects.
    """
    first, _, second = name.partition(", ") if isinstance(name, str) else (name[0], "", name[1])
    said = ", ".join(part for part in (first, second) if part)
    found = next((style for known, style in DETECTORS.items() if known in (second or first).lower()), None)
    if not second:
        return said, found or style_of(first)
    own, strokes = style_of(first), found or style_of(second)
    return said, SeriesStyle(own.colour, strokes.marker, strokes.line, own.hatch)


def detector_styles(names: Iterable[Name]) -> dict[Name, tuple[str, SeriesStyle]]:
    """Words and styles of the detectors of one figure."""
    found: dict[Name, tuple[str, SeriesStyle]] = {}
    for name in names:
        said, style = detector_style(name)
        found[name] = said, told_apart(style, [other for _, other in found.values()], said)
    return found


def auc_of(of: Any, name: str) -> Reading:
    """The AUC and its interval from a record or three numbers.

    Raises: ValueError for a record of no images.
    """
    if not isinstance(of, Mapping):
        return reading(of)
    if of.get("auc") is None:
        raise ValueError(f"{name} has no AUC: its record counts {of.get('n')} adversarial images; leave it out")
    return reading((of["auc"], of["low"], of["high"]))
