"""The family tree of the attacks: for each what it changed in the one before."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import Fragment, fragment, legend

CSS = asset(__name__, "attack_family.css")
KINDS = {
    "in": "searches inside a given radius",
    "near": "searches for the nearest wrong image",
    "box": "needs no gradient",
    "all": "puts others together",
}


class Kin(NamedTuple):
    """One attack: whose child it is, and what it changed."""

    name: str
    parent: str  # "" for the first of a line
    kind: str  # a key of KINDS
    changed: str
    source: str


KINS = (
    Kin("FGSM", "", "in", "one step, as long as the radius, along the sign of the gradient", "Goodfellow et al. 2015"),
    Kin("LL", "FGSM", "in", "towards the least likely class, so that the label cannot leak", "Kurakin et al. 2017"),
    Kin("BIM", "FGSM", "in", "many small steps instead of a long one", "Kurakin et al. 2017"),
    Kin("ILCM", "BIM", "in", "towards the least likely class", "Kurakin et al. 2017"),
    Kin("MIM", "BIM", "in", "a running sum of gradients instead of the last one", "Dong et al. 2018"),
    Kin("PGD", "BIM", "in", "from a random point of the ball, with restarts", "Madry et al. 2018"),
    Kin("margin PGD", "PGD", "in", "climbs the logit margin, which does not saturate", "Carlini & Wagner 2017"),
    Kin("APGD", "PGD", "in", "chooses its own step, and goes back to its best point", "Croce & Hein 2020"),
    Kin("APGD-T", "APGD", "in", "one run for each wrong class, on a loss without scale", "Croce & Hein 2020"),
    Kin("feature matching", "PGD", "in", "aims at an embedding instead of a class", "Sabour et al. 2016"),
    Kin("JSMA", "", "near", "changes one pixel or two at a time, those with the largest say", "Papernot et al. 2016"),
    Kin(
        "DeepFool",
        "",
        "near",
        "walks to the nearest boundary of the linearised network",
        "Moosavi-Dezfooli et al. 2016",
    ),
    Kin("FAB", "DeepFool", "near", "projects inside the box, and keeps pulling back to the image", "Croce & Hein 2020"),
    Kin(
        "C&W", "", "near", "trades distance against margin, and searches for the exchange rate", "Carlini & Wagner 2017"
    ),
    Kin("DDN", "C&W", "near", "no exchange rate: the radius shrinks when wrong, grows when right", "Rony et al. 2019"),
    Kin("C&W-wb", "C&W", "near", "the detector's score joins the margin", "Pang et al. 2018"),
    Kin("Square", "", "box", "random squares, kept where the margin falls", "Andriushchenko et al. 2020"),
    Kin("transfer", "", "box", "any attack, on another network", "Papernot et al. 2017"),
    Kin("AutoAttack", "", "all", "APGD, APGD-T, FAB and Square, each on what still stands", "Croce & Hein 2020"),
)


def family_tree(kins: Sequence[Kin] = KINS, *, caption: str = "") -> Fragment:
    """The attacks as nested lists: a child stands below the attack that it changed.

    Raises: ValueError if a parent is not in the list, or comes after its child.
    """
    seen: set[str] = {""}
    for kin in kins:
        if kin.parent not in seen:
            raise ValueError(f"{kin.name} is a child of {kin.parent!r}, which does not come before it")
        seen.add(kin.name)
    kinds = "; ".join(f"<span class='rl-kind'>{k}</span>{escape(words)}" for k, words in KINDS.items())
    body = _children(kins, "") + f'<p class="rl-caption">{kinds}.</p>'
    body += legend(caption) if caption else ""
    return fragment("family", CSS, body, "\n".join(_lines(kins, "", 0)))


def _children(kins: Sequence[Kin], parent: str) -> str:
    """The list of an attack's children, each with its own; empty where there is none."""
    items = "".join(
        f'<li><span class="rl-kind" title="{escape(KINDS[k.kind])}">{k.kind}</span><b>{escape(k.name)}</b>'
        f"{escape(k.changed)} <small>({escape(k.source)})</small>{_children(kins, k.name)}</li>"
        for k in kins
        if k.parent == parent
    )
    return f"<ul>{items}</ul>" if items else ""


def _lines(kins: Sequence[Kin], parent: str, depth: int) -> list[str]:
    """The tree in words."""
    found: list[str] = []
    for k in kins:
        if k.parent == parent:
            found.append(f"{'  ' * depth}{k.name}: {k.changed} ({k.source})")
            found += _lines(kins, k.name, depth + 1)
    return found
