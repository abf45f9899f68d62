"""An image with words: what it shows, and what to look at."""

import base64
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path

from PIL import Image

from robustlib.figures.page.assets import asset
from robustlib.figures.page.fragment import BASE, attribute
from robustlib.files import write_bytes

CSS = asset(__name__, "picture.css")


@dataclass(frozen=True, repr=False)
class Picture:
    """An image with what it shows (`alt`) and what to look at (`caption`)."""

    webp: bytes
    alt: str
    caption: str
    width: int  # CSS pixels; narrower on a narrow page

    def _repr_html_(self) -> str:
        image = base64.b64encode(self.webp).decode()
        return (
            f'<style>{BASE}{CSS}</style><div class="rl rl-picture"><figure>'
            f'<img class="rl-card" width="{self.width}" alt="{attribute(self.alt)}" '
            f'src="data:image/webp;base64,{image}">'
            f"<figcaption>{escape(self.caption)}</figcaption></figure></div>"
        )

    def __repr__(self) -> str:
        return f"{self.alt}\n{self.caption}"

    def save(self, path: str | Path) -> None:
        """Write the image, as the file's ending says (.png, .webp). Raises: ValueError for another ending."""
        out, ending = BytesIO(), Path(path).suffix.lower()
        if ending not in (".png", ".webp"):
            raise ValueError(f"{path}: a picture is saved as .png or .webp, got {ending!r}")
        Image.open(BytesIO(self.webp)).save(out, ending[1:], lossless=True)
        write_bytes(path, out.getvalue())
