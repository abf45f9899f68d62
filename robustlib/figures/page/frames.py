"""A control that works on the static page: one sprite and one native range input drive any number of images."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from html import escape

import torch
from torch import nn

from robustlib.evaluation.verdicts import seeded
from robustlib.figures.page import slider
from robustlib.figures.page.fragment import Fragment, fragment, legend
from robustlib.figures.page.slider import Frame as Frame
from robustlib.figures.page.sprite import Pixels, sprite
from robustlib.interfaces import Attack, Images, Labels


def fate(
    rows: Mapping[str, Mapping[str, Sequence[Frame]]],  # model -> attack -> one frame per value; "" for no heading
    values: Sequence[float | str],
    *,
    alt: str,  # what every image shows: "a handwritten 3"
    label: str = "eps",
    caption: str = "",
    scale: float = 3,  # CSS pixels per image pixel
    start: int = 0,  # position of the slider when the page opens
) -> Fragment:
    """One slider over the fate of an image: under each attack its picture, what each model says, and right or wrong.

    Works by mouse and keyboard, without kernel, network or script files; without scripts it is a strip with its words.
    Raises: ValueError unless there is a panel, every panel has one frame per value, and alt says something.
    """
    panels = {(row, name): list(inside) for row, attacks in rows.items() for name, inside in attacks.items()}
    counts = sorted({len(inside) for inside in panels.values()})
    if counts != [len(values)] or not values:
        raise ValueError(f"every panel needs one frame for each of the {len(values)} values, got {counts} frames")
    if not alt.strip() or not 0 <= start < len(values):
        raise ValueError(f"need words in alt and start in 0..{len(values) - 1}, got alt={alt!r}, start={start}")
    sheet = sprite([frame.image for inside in panels.values() for frame in inside], columns=len(values))
    data = slider.spoken(panels, values, label, alt)
    stored = json.dumps(
        {key: said for key, said in data.items() if key != "at"}, ensure_ascii=False, separators=(",", ":")
    )
    key = "rl-" + hashlib.sha256(stored.encode() + sheet.webp + caption.encode()).hexdigest()[:10]
    places = {at: j for j, at in enumerate(panels)}
    blocks = [
        slider.row(row, data["sum"][r][start], [slider.panel(data, places[row, a], a, start) for a in attacks])
        for r, (row, attacks) in enumerate(rows.items())
    ]
    body = f'<div class="rl-live">{slider.control(data, key, label, start)}{"".join(blocks)}</div>{slider.strip(data)}'
    body = f'<div class="rl-drawn">{body}</div>' if sheet.drawn else body
    body += legend(caption) if caption else ""
    stored = escape(stored, quote=False).replace("'", "&#39;")
    attributes = f" style=\"--i:{start};{sheet.style(scale)}\" data-d='{stored}'"
    text = "\n".join([f"{alt}, by {label}:", *slider.lines(data), *([caption] if caption else [])])
    return fragment("frames", slider.CSS, body, text, attributes)


def frames(
    images: Pixels,
    values: Sequence[float | str],
    texts: Sequence[str],
    *,
    name: str = "",
    alt: str,
    label: str = "eps",
    caption: str = "",
    scale: float = 4,
) -> Fragment:
    """One image for each value under one slider, with what is said of it below.

    Raises: ValueError unless there is one text for each image and value.
    """
    panel = [Frame(image, text) for image, text in zip(images, texts, strict=True)]
    return fate({"": {name: panel}}, values, alt=alt, label=label, caption=caption, scale=scale)


@torch.no_grad()
def fates(
    model: nn.Module,
    attacks: Mapping[str, Callable[[float], Attack]],  # {"PGD": lambda eps: PGD(eps, steps=40)}
    x: Images,  # one image, (1, c, h, w)
    y: Labels,
    radii: Sequence[float],
    *,
    classes: Sequence[str] | None = None,
    seed: int = 0,
) -> dict[str, list[Frame]]:
    """One row of `fate`: what the model says of one image under each attack at each radius; 0 is the clean image.

    Every radius is attacked anew, so an attack may fail at a radius above one where it succeeded.
    Raises: ValueError unless there is exactly one image.
    """
    if len(x) != 1 or len(y) != 1:
        raise ValueError(
            f"fates follows one image, got {len(x)} images and {len(y)} labels; pass x[i : i + 1], y[i : i + 1]"
        )
    found: dict[str, list[Frame]] = {}
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    for name, attack_at in attacks.items():
        found[name] = []
        for eps in radii:
            with seeded(seed, f"{name} {eps:g}", x.device):
                x_adv = attack_at(eps)(model, x, y) if eps > 0 else x
            probability, k = model(x_adv).float().softmax(1)[0].max(0)
            said = f"says {classes[int(k)] if classes else int(k)} ({probability.item():.2f})"
            found[name].append(Frame(x_adv[0], said, bool(k == y[0])))
    for module, training in modes:
        module.training = training
    return found
