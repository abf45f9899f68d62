"""The parts of the slider control: its words at each position, the panels, the input, the strip without scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import attribute
from robustlib.figures.page.sprite import TILE

CSS = TILE + asset(__name__, "slider.css")
MOVE = asset(__name__, "slider.js")
WITHOUT_SCRIPTS = asset(__name__, "slider_without_scripts.css")
MARK = {True: "✓ ", False: "✗ ", None: ""}


@dataclass(frozen=True, eq=False)
class Frame:
    """One image at one position of the slider, what is said of it, and whether that is right (None: no verdict)."""

    image: Any  # c h w or h w in [0, 1]
    text: str
    right: bool | None = None


Panels = Mapping[tuple[str, str], Sequence[Frame]]  # (row, name) -> one frame per position


def spoken(panels: Panels, values: Sequence[float | str], label: str, alt: str) -> dict[str, Any]:
    """Everything the control says, by panel and position: the words are made here, the page only picks."""
    shown = [f"{label} = {value:g}" if isinstance(value, float | int) else f"{label} {value}" for value in values]
    rows = list(dict.fromkeys(row for row, _ in panels))
    sums = []
    for row in rows:
        verdicts = [[frames[i].right for key, frames in panels.items() if key[0] == row] for i in range(len(shown))]
        judged = any(right is not None for at in verdicts for right in at)
        sums.append([f"misread under {at.count(False)} of {len(at)}" if judged else "" for at in verdicts])
    said = []
    for i, value in enumerate(shown):
        parts = [f"{row} {sums[j][i]}".strip() for j, row in enumerate(rows) if sums[j][i]]
        alone = [frames[i].text for frames in panels.values()] if len(panels) == 1 else []
        said.append("; ".join([value, *(alone or parts)]))
    return {
        "alt": alt,
        "name": ["".join(f"{part}, " for part in key if part) for key in panels],
        "value": shown,
        "at": [f"{value:g}" if isinstance(value, float | int) else value for value in values],
        "said": said,
        "sum": sums,
        "text": [[MARK[f.right] + f.text for f in frames] for frames in panels.values()],
        "right": ["".join("-" if f.right is None else str(int(f.right)) for f in frames) for frames in panels.values()],
    }


def panel(data: dict[str, Any], j: int, name: str, i: int) -> str:
    """Panel j at position i: its name, its picture with a text alternative, and what is said of it."""
    text = data["text"][j][i]
    label = f"{data['alt']}, {data['name'][j]}{data['value'][i]}: {text}"
    return (
        f'<div class="rl-panel" data-right="{data["right"][j][i]}"><div>{escape(name)}</div>'
        f'<div class="rl-pic" role="img" style="--y:{j}" aria-label="{attribute(label)}"></div>'
        f'<div class="rl-text">{escape(text)}</div></div>'
    )


def row(name: str, said: str, panels: Sequence[str]) -> str:
    """A model's panels side by side under its name."""
    many = " rl-many" if len(panels) > 2 else ""
    inside = f'<div class="rl-row{many}">{"".join(panels)}</div>'
    if not name:
        return inside
    head = f'<div class="rl-head">{escape(name)}: <span class="rl-sum">{escape(said)}</span></div>'
    return f'<div role="group" aria-label="{attribute(name)}">{head}{inside}</div>'


def control(data: dict[str, Any], key: str, label: str, i: int) -> str:
    """The range input with its label, spoken value and visible value."""
    return (
        f'<div class="rl-control"><label for="{key}">{escape(label)}</label>'
        f'<input type="range" id="{key}" min="0" max="{len(data["at"]) - 1}" step="1" value="{i}" autocomplete="off" '
        f'aria-valuetext="{attribute(data["said"][i])}" oninput="{attribute(MOVE)}">'
        f'<span class="rl-value" aria-hidden="true">{escape(data["value"][i])}</span></div>'
    )


def lines(data: dict[str, Any]) -> list[str]:
    """Each panel in words, one line: what is said at each value."""
    return [
        (f"{name.removesuffix(', ')}: " if name else "")
        + "; ".join(f"{at} {text}" for at, text in zip(data["at"], texts, strict=True))
        for name, texts in zip(data["name"], data["text"], strict=True)
    ]


def strip(data: dict[str, Any]) -> str:
    """What stands in place of the control where scripts are off: all pictures, a row for each panel, and the words."""
    label = attribute(f"{data['alt']}: one row for each line below, one picture for each value")
    said = "".join(f"<li>{escape(line)}</li>" for line in lines(data))
    return (
        f"<noscript><style>{WITHOUT_SCRIPTS}</style>"
        f'<div class="rl-strip" tabindex="0"><div class="rl-pic" role="img" aria-label="{label}"></div></div>'
        f"<ul>{said}</ul></noscript>"
    )
