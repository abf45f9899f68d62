"""A piece of the page: HTML that reads in light and dark mode, offline and on a phone, and the same in words."""

from dataclasses import dataclass
from html import escape

from robustlib.figures.page.assets import asset

BASE = asset(__name__, "fragment.css")


@dataclass(frozen=True, repr=False)
class Fragment:
    """HTML for the page, and a text that says the same where HTML cannot be shown."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def fragment(kind: str, css: str, body: str, text: str, attributes: str = "") -> Fragment:
    """The body in a `div.rl.rl-KIND` with its own style, so that it stands alone in a stored output or an iframe."""
    html = f'<style>{BASE}{css}</style><div class="rl rl-{kind}"{attributes}>{body}</div>'
    return Fragment(html, text)


def attribute(text: str) -> str:
    """Text made safe inside a double-quoted HTML attribute."""
    return escape(text, quote=True)


def legend(text: str, tag: str = "p") -> str:
    """The caption of a figure as HTML. The book's pages count them ("Figure 3.") by a rule of the style sheet."""
    return f'<{tag} class="rl-caption rl-figure">{escape(text)}</{tag}>'


def caption(
    look: str,
    *,
    norm: str | None = None,
    eps: float | str | None = None,  # pixel units of [0, 1]
    n: int | None = None,  # images
    seeds: int | str | None = None,
    schedule: str | None = None,  # "10 of 10 epochs"
    interval: str | None = None,  # "95 % Wilson"
) -> str:
    """What to look at, then the facts without which a number says nothing; those not given are left out.

    >>> caption("The gap closes at 0.2.", norm="L-infinity", eps=0.3, n=1000, interval="95 % Wilson")
    'The gap closes at 0.2. L-infinity, eps = 0.3, n = 1000 images, 95 % Wilson intervals.'
    """
    facts = [
        norm,
        None if eps is None else f"eps = {eps:g}" if isinstance(eps, float | int) else f"eps {eps}",
        None if n is None else f"n = {n} image{'s' if n != 1 else ''}",
        None if seeds is None else f"{seeds} {'seed' if seeds == 1 else 'seeds'}" if isinstance(seeds, int) else seeds,
        schedule,
        None if interval is None else f"{interval} intervals",
    ]
    said = ", ".join(fact for fact in facts if fact)
    first = said if said[:4] == "n = " else f"{said[:1].upper()}{said[1:]}"  # n is a symbol, no word
    return f"{look} {first}." if said else look
