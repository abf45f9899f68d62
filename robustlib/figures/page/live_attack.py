"""The live attack: a digit, FGSM or PGD, eps, and two networks that the page itself attacks and asks."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, attribute, fragment, legend
from robustlib.figures.page.network import Packed, network_script
from robustlib.figures.page.sprite import Pixels

CSS = asset(__name__, "live_attack.css")
SCRIPTS = ";".join(asset(__name__, name) for name in ("page_attacks.js", "drawing_pad.js", "live_attack.js"))
MOST = 0.5  # eps: where every image can be made grey
HINT = (
    "Draw with a finger or the mouse. On a keyboard: the arrow keys move the pen, the space bar puts it down and lifts "
    "it, Delete clears the pad."
)


def live_attack(
    networks: Mapping[str, tuple[str, Packed]],  # name on the page ("the standard network") -> key, packed weights
    x: Pixels,  # ten digits in [0, 1], (10, 1, 28, 28)
    y: Any,  # (10,) labels
    *,
    stored: Sequence[Fragment],  # what stands there without scripts
    caption: str,
    steps: int = 10,
) -> Fragment:
    """Pick or draw a digit, choose attack, eps (pixel units of [0, 1]) and steps, and see at once what becomes of it.

    For each network: the clean image, the change around grey, magnified by 0.5 / eps, the attacked image, and the
    probabilities of the ten classes. Forward passes, gradients and attacks are computed in the page by its own script:
    no kernel, no network access, no file. Each network is attacked by its own gradient. A drawing counts as what the
    first network reads in it, until the reader says otherwise. Without scripts the stored pictures stand there.

    Raises: ValueError unless ten digits of 784 pixels in [0, 1] and their labels come in, and a network and a stored
    picture.
    """
    digits = np.asarray(x.detach().cpu() if hasattr(x, "detach") else x, np.float64).reshape(len(x), -1)
    labels = [int(k) for k in y]
    if digits.shape != (10, 784) or len(labels) != 10 or not (digits.min() >= 0 and digits.max() <= 1):
        raise ValueError(
            f"need ten digits of 784 pixels in [0, 1] and labels, got {digits.shape}, {len(labels)} labels"
        )
    if not networks or not stored:
        raise ValueError("a live attack needs a network, and a stored picture for who has no scripts")
    data: dict[str, Any] = {
        "digits": base64.b64encode(np.rint(digits * 255).astype(np.uint8).tobytes()).decode(),
        "labels": labels,
    }
    packed = dict(networks.values())
    said = json.dumps([data, packed, list(networks)], sort_keys=True)
    name = f"rl-{hashlib.sha256((said + caption).encode()).hexdigest()[:10]}"
    panels = "".join(_panel(shown, key) for shown, (key, _) in networks.items())
    body = (
        f'<p class="rl-problem" role="alert"></p><div class="rl-stored">{"".join(one.html for one in stored)}</div>'
        f'<div class="rl-controls" hidden>{_pick(labels, name)}{_draw(name)}{_controls(name, steps)}'
        f'<p class="rl-said" role="status"></p><div class="rl-both">{panels}</div>{legend(caption)}</div>'
    )
    run = f"robustlib.liveAttack(document.getElementById('{name}'),{json.dumps(data)})"
    scripts = f"{network_script(packed)}<script>{SCRIPTS};{run}</script>"
    text = "\n".join(["A live attack, which needs a browser. Stored instead:", *(one.text for one in stored), caption])
    made = fragment("attack", CSS, body, text, f' id="{name}"')
    return Fragment(made.html + scripts, made.text)


def _pick(labels: Sequence[int], name: str) -> str:
    """Ten digits to pick from, and the pad."""
    tiles = "".join(
        f'<label>{_radio(name, "pick", i, i == 7)} aria-label="a digit: {k}">'
        f'<canvas width="28" height="28" aria-hidden="true"></canvas></label>'
        for i, k in enumerate(labels)
    )
    own = f'<label class="rl-own">{_radio(name, "pick", "drawn")}> draw one</label>'
    return f'<fieldset class="rl-pick"><legend>Digit</legend>{tiles}{own}</fieldset>'


def _radio(name: str, kind: str, value: Any, checked: bool = False) -> str:
    """A radio button whose tag is still open."""
    return f'<input type="radio" name="{name}-{kind}" value="{value}" autocomplete="off"{" checked" * checked}'


def _draw(name: str) -> str:
    """The pad, with what it is to count as."""
    classes = "".join(f'<option value="{k}">{k}</option>' for k in range(10))
    return (
        f'<div class="rl-draw" hidden><canvas class="rl-pad" width="224" height="224" tabindex="0" role="application" '
        f'aria-label="pad to draw a digit on" aria-describedby="{name}-hint {name}-pen"></canvas><div>'
        f'<p id="{name}-hint">{HINT}</p><p class="rl-pen" id="{name}-pen" role="status"></p>'
        f'<p><label>It is a <select class="rl-is" autocomplete="off">{classes}</select></label> '
        f'<button type="button" class="rl-clear">Clear</button></p></div></div>'
    )


def _controls(name: str, steps: int) -> str:
    """Attack, eps, steps."""
    methods = "".join(
        f"<label>{_radio(name, 'method', kind, kind == 'PGD')}> {kind}</label>" for kind in ("FGSM", "PGD")
    )
    eps = f'min="0" max="{MOST}" step="0.01" value="0" aria-valuetext="eps = 0.00"'
    many = f'min="1" max="40" step="1" value="{steps}"'
    return (
        f'<fieldset class="rl-method"><legend>Attack</legend>{methods}</fieldset>'
        f"{_range(name, 'eps', eps, '0.00')}{_range(name, 'steps', many, steps)}"
    )


def _range(name: str, kind: str, numbers: str, value: Any) -> str:
    """A range input with its label and value."""
    key = f"{name}-{kind}"
    return (
        f'<div class="rl-control"><label for="{key}">{kind}</label><input type="range" class="rl-{kind}" id="{key}" '
        f'{numbers} autocomplete="off"><span class="rl-value rl-{kind}-value" aria-hidden="true">{value}</span></div>'
    )


def _panel(shown: str, key: str) -> str:
    """One network: three images, and a bar for each class."""
    pictures = "".join(
        f'<figure><canvas width="28" height="28" role="img" aria-label="{attribute(shown)}: {alt} image"></canvas>'
        f"<div{' class=rl-gain' * (alt == 'change')}>{alt}</div></figure>"
        for alt in ("clean", "change", "attacked")
    )
    bars = "".join(f'<div class="rl-bar"><b>{k}</b><i></i><span></span></div>' for k in range(10))
    head = escape(shown[:1].upper() + shown[1:])
    return (
        f'<div class="rl-network" role="group" aria-label="{attribute(shown)}" data-name="{attribute(shown)}" '
        f'data-network="{attribute(key)}"><div class="rl-head">{head} <span class="rl-reads"></span></div>'
        f'<div class="rl-three">{pictures}</div>'
        f'<div class="rl-bars" role="img" aria-label="{attribute(shown)}: probabilities">{bars}</div></div>'
    )
