"""A drawing with words: what it shows, and what to look at."""

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import BASE, Fragment, attribute, legend
from robustlib.files import write_bytes

CSS = asset(__name__, "picture.css")
ENDINGS = (".svg", ".png", ".webp", ".pdf")


@dataclass(frozen=True, repr=False)
class Picture:
    """A drawing as vectors, with what it shows (`alt`) and what to look at (`caption`)."""

    svg: str  # what stands inside the svg element
    alt: str
    caption: str
    size: tuple[float, float]  # in the drawing's units
    width: int  # CSS pixels; narrower on a narrow page
    drawn: Any = field(compare=False)  # the matplotlib figure
    numbers: Fragment | None = None  # the table it draws, folded beneath it

    def _repr_html_(self) -> str:
        below = self.numbers and f"<details><summary>Show the numbers</summary>{self.numbers.html}</details>"
        box = f"0 0 {self.size[0]:g} {self.size[1]:g}"
        return (
            f'<style>{BASE}{CSS}</style><div class="rl rl-picture"><figure>'
            f'<svg viewBox="{box}" width="{self.width}" role="img" aria-label="{attribute(self.alt)}" fill="none" '
            f'stroke-linejoin="round" font-family="sans-serif" font-size="10">{self.svg}</svg>'
            f"{legend(self.caption, 'figcaption')}</figure>{below or ''}</div>"
        )

    def __repr__(self) -> str:
        return "\n".join([self.alt, self.caption, *([self.numbers.text] if self.numbers else [])])

    def save(self, path: str | Path) -> None:
        """Write the drawing, on white, as the file's ending says (.svg, .png, .webp, .pdf).

        Raises: ValueError for another ending.
        """
        out, ending = BytesIO(), Path(path).suffix.lower()
        if ending not in ENDINGS:
            raise ValueError(f"{path}: a picture is saved as {', '.join(ENDINGS)}, got {ending!r}")
        self.drawn.savefig(out, format=ending[1:], dpi=230, facecolor="white")
        write_bytes(path, out.getvalue())
