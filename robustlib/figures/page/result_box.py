"""The head of a chapter: what the paper claims, and what is left of it under an attack that knows the defence."""

from html import escape

from robustlib.evaluation import Evidence as Evidence
from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment
from robustlib.figures.page.inline import inline

CSS = asset(__name__, "result_box.css")
SHAPES = {  # around (0, 0), in CSS pixels; each number has its own, so that no reader needs the colour
    "paper": "M0-7L7 0 0 7-7 0Z",
    "ours": "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0Z",
    "left": "M-6-6H6V6H-6Z",
}


def result_box(
    claim: str,
    *,
    printed: float | None,  # the paper's share in [0, 1]; None where it prints none
    source: str,  # where the paper says so: "table 2"
    printed_on: str = "",  # what the paper's number rests on: "FGSM at 0.3 made on another network, n = 10,000"
    left: Evidence,  # under the strongest attack that knows the defence
    ours: Evidence | None = None,  # the paper's own measurement, repeated
    measure: str = "robust accuracy",  # what the line from 0 to 100 % shows
    caption: str = "",
    paper: str = "paper",  # what the source is, where it is no paper: "report"
    head: str = "The claim",
) -> Fragment:
    """The paper's claim with its number, what is left under an adaptive attack, and both on a line from 0 to 100 %.

    Below stands what each number rests on: norm, eps, images, seeds, schedule, interval. Every number is handed in,
    from rows: `robustlib.experiments.evidence` makes the `Evidence`, `Row.reported` is the printed number.

    Raises: ValueError for an empty claim or source, a printed number that is no share, and a `left` without its attack.
    """
    if not claim.strip() or not source.strip():
        raise ValueError(f"a result box needs the claim and where it stands, got {claim!r} and {source!r}")
    if printed is not None and not 0 <= printed <= 1:
        raise ValueError(f"the printed number is a share in [0, 1], got {printed}; divide a percentage by 100")
    if not left.attack:
        raise ValueError("say under which attack this is left: the evidence has no attack")
    found = {"ours": ours, "left": left}
    lines = [
        (
            "paper",
            f"The {paper} prints ({source})",
            "no number" if printed is None else f"{100 * printed:g} %",
            printed_on,
        )
    ]
    if ours is not None:
        under = f"under {ours.attack}" if ours.attack else "on clean images"
        lines.append(("ours", f"We measure {under}", ours.percent, ours.rests_on))
    lines.append(("left", f"Left under {left.attack}", left.percent, left.rests_on))
    listed = "".join(
        f'<div class="rl-{kind}"><dt>{_glyph(kind)} {escape(what)}</dt>'
        f"<dd><strong>{escape(number)}</strong>{f' <small>{escape(on)}.</small>' if on else ''}</dd></div>"
        for kind, what, number, on in lines
    )
    said = "; ".join(f"{what}: {number}" for _, what, number, _ in lines)
    chart = _line(printed, {kind: of for kind, of in found.items() if of is not None}, f"{measure}, {said}")
    below = f'<p class="rl-caption">{inline(caption)}</p>' if caption else ""
    first = f'<p class="rl-claim"><strong>{escape(head)}:</strong> {inline(claim)}</p>'
    body = f'{first}<p class="rl-of">{escape(measure)}, in %</p>{chart}<dl>{listed}</dl>{below}'
    text = [f"{head}: {claim}", *(f"{what}: {number}{f' ({on})' if on else ''}" for _, what, number, on in lines)]
    return fragment("result", CSS, body, "\n".join([*text, *([caption] * bool(caption))]))


def _glyph(kind: str) -> str:
    """The shape that stands for a number on the line."""
    path = f'<path class="rl-{kind}" d="{SHAPES[kind]}"/>'
    return f'<svg class="rl-key" viewBox="-7 -7 14 14" aria-hidden="true">{path}</svg>'


def _line(printed: float | None, found: dict[str, Evidence], said: str) -> str:
    """All numbers on one line from 0 to 100 %, intervals as bars; it is as wide as the page lets it be."""
    marks = "".join(
        f'<line class="rl-{kind}" x1="{100 * of.low:.2f}%" x2="{100 * of.high:.2f}%" y1="16" y2="16"/>'
        for kind, of in found.items()
    )
    places = {kind: of.value for kind, of in found.items()} | ({} if printed is None else {"paper": printed})
    marks += "".join(
        f'<svg x="{100 * at:.2f}%" y="16"><path class="rl-{kind}" d="{SHAPES[kind]}"/></svg>'
        for kind, at in places.items()
    )
    ticks = "".join(
        f'<line class="rl-tick" x1="{at}%" x2="{at}%" y1="12" y2="20"/>'
        f'<text x="{at}%" y="36" text-anchor="middle">{at}{" %" if at == 100 else ""}</text>'
        for at in (0, 25, 50, 75, 100)
    )
    axis = f'<line class="rl-axis" x1="0" x2="100%" y1="16" y2="16"/>{ticks}'
    return f'<svg class="rl-chart" role="img" aria-label="{attribute(said)}">{axis}{marks}</svg>'
