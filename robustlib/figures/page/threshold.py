"""A control over a detector's threshold that works on the static page: what it rejects, what it detects."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from robustlib.evaluation.roc import RATES
from robustlib.figures.page import slider
from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment, legend
from robustlib.figures.page.slider import Frame
from robustlib.figures.page.threshold_drawings import CSS as DRAWING
from robustlib.figures.page.threshold_drawings import curve_drawing, score_drawing

LABEL = "clean images rejected, at most"
CSS = slider.CSS + DRAWING + asset(__name__, "threshold.css")
WITHOUT_SCRIPTS = asset(__name__, "threshold_without_scripts.css")
KEY = (
    '<p class="rl-caption"><span class="rl-key" style="background:var(--clean);opacity:.65;margin-left:0"></span>'
    'clean images <span class="rl-key" style="border:2px solid var(--adv)"></span>attacks. Left: how many have which '
    "score, on a square-root scale; the outer bars also hold what lies beyond; scores in the shade are rejected. "
    "Right: the ROC curve, attacks detected (up) against clean images rejected (across), both from 0 to 100 %.</p>"
)


def threshold_slider(
    records: Mapping[str, Mapping[str, Any]],  # detector -> what Detection.record() gave, also when stored as JSON
    *,
    caption: str = "",
    start: float = 0.05,  # the share of clean images rejected when the page opens
) -> Fragment:
    """One slider over the threshold of each detector: its place among the scores and on the ROC curve, and in words
    what it rejects and detects.

    The detectors' scores have no common scale, so the slider sets what all of them may reject, and each takes the
    highest threshold that rejects no more of the clean images drawn. Works by mouse and keyboard, without kernel,
    network or script files; without scripts the picture stands at `start` and the words are listed.
    Raises: ValueError unless there is a record, each of some images, and 0 <= start <= 1.
    """
    empty = [name for name, record in records.items() if not record.get("roc")]
    if not records or empty or not 0 <= start <= 1:
        raise ValueError(f"need records of some images and start in [0, 1], got {empty or list(records)} and {start}")
    rates, places = _positions(list(records.values()))
    i = max(k for k, rate in enumerate(rates) if rate <= start + 1e-9)
    panels = {
        ("", name): [Frame(None, _said(record, at)) for at in inside]
        for (name, record), inside in zip(records.items(), places, strict=True)
    }
    data = slider.spoken(panels, [f"{100 * rate:g} %" for rate in rates], LABEL, "Scores and ROC curve")
    data["value"] = data["at"]
    for k, value in enumerate(data["at"]):
        detected = (
            f"{name} detects {_percent(r, 'true', at[k])}"
            for (name, r), at in zip(records.items(), places, strict=True)
        )
        data["said"][k] = "; ".join([value, *detected])
    stored = json.dumps({key: v for key, v in data.items() if key != "at"}, ensure_ascii=False, separators=(",", ":"))
    drawn = [_panel(data, j, i, *of) for j, of in enumerate(zip(records.items(), places, strict=True))]
    key = "rl-" + hashlib.sha256((stored + "".join(drawn) + caption).encode()).hexdigest()[:10]
    lines = [_listed(rates, *of) for of in zip(records.items(), places, strict=True)]
    listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
    body = (
        f"{slider.control(data, key, LABEL, i)}<div>{''.join(drawn)}</div>{KEY}"
        f"<noscript><style>{WITHOUT_SCRIPTS}</style>"
        f"<p>Attacks detected, by {LABEL}:</p><ul>{listed}</ul></noscript>"
    )
    body += legend(caption) if caption else ""
    stored = escape(stored, quote=False).replace("'", "&#39;")
    text = "\n".join([f"Attacks detected, by {LABEL}:", *lines, *([caption] if caption else [])])
    return fragment("frames rl-threshold", CSS, body, text, f" style=\"--i:{i}\" data-d='{stored}'")


def _positions(records: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[list[int]]]:
    """The false positive rates at which the slider stops, and for each record its ROC points there; a rate at which no
    record moves on is left out.
    """
    rates: list[float] = []
    places: list[list[int]] = [[] for _ in records]
    for rate in (*RATES, 1.0):
        at = [max(k for k, v in enumerate(r["roc"]["false"]) if v <= rate + 5e-5) for r in records]
        if not rates or at != [inside[-1] for inside in places]:
            rates.append(rate)
            for inside, k in zip(places, at, strict=True):
                inside.append(k)
    return rates, places


def _percent(record: Mapping[str, Any], side: str, at: int) -> str:
    """The share of clean ("false") or attacked ("true") images below the threshold."""
    return f"{100 * record['roc'][side][at]:.1f} %"


def _said(record: Mapping[str, Any], at: int) -> str:
    """One position in words."""
    threshold = record["roc"]["threshold"][at]
    if threshold is None:
        where = "below every score" if at == 0 else "above every score"
    else:
        where = f"1 - {1 - threshold:.2g}" if 0.999 < threshold < 1 else f"{threshold:.4g}"
    rejected, detected = _percent(record, "false", at), _percent(record, "true", at)
    return f"Threshold {where}: {rejected} of the clean images rejected, {detected} of the attacks detected."


def _listed(rates: Sequence[float], of: tuple[str, Mapping[str, Any]], at: Sequence[int]) -> str:
    """One detector in a line: what it detects at each position."""
    name, record = of
    detected = (f"{_percent(record, 'true', k)} at {100 * rate:g} %" for rate, k in zip(rates, at, strict=True))
    return f"{name}, AUC {100 * record['auc']:.1f} %: {'; '.join(detected)}"


def _panel(data: dict[str, Any], j: int, i: int, of: tuple[str, Mapping[str, Any]], at: Sequence[int]) -> str:
    """One detector: both pictures, its name with the AUC, and the words of position i."""
    name, record = of
    label = f"{data['alt']}, {data['name'][j]}{data['value'][i]}: {data['text'][j][i]}"
    auc = f"AUC {100 * record['auc']:.1f} % [{100 * record['low']:.1f}, {100 * record['high']:.1f}], n = {record['n']}"
    return (
        f'<div class="rl-panel" data-right="-"><div class="rl-pic" role="img" aria-label="{attribute(label)}">'
        f'{score_drawing(record, at)}{curve_drawing(record, at)}</div><div class="rl-words"><div>{escape(name)}</div>'
        f'<div>{auc}</div><div class="rl-text">{escape(data["text"][j][i])}</div></div></div>'
    )
