"""Makes book/assets/card.png, the picture that stands where a link to the book is shared: `python book/card.py`."""

import sys

from front import attacked
from matplotlib.figure import Figure
from setup_cell import ROOT

OUT = ROOT / "book" / "assets" / "card.png"


def main() -> None:
    """The title above a 3, the change times five, and the 3 that is read as an 8; 1200 by 630 pixels."""
    x, _, x_adv, said = attacked()
    tiles = {f"read as {said[0].item()}": x, "change x 5": 0.5 + 5 * (x_adv - x), f"read as {said[1].item()}": x_adv}
    drawn = Figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    drawn.text(0.5, 0.9, "Robustness through shaped embeddings", ha="center", fontsize=34)
    for ax, (words, image) in zip(drawn.subplots(1, 3), tiles.items(), strict=True):
        ax.imshow(image[0, 0].clamp(0, 1), cmap="gray", vmin=0, vmax=1)
        ax.set_axis_off()
        ax.set_title(words, y=-0.18, fontsize=24)
    drawn.subplots_adjust(left=0.04, right=0.96, bottom=0.12, top=0.84, wspace=0.06)
    drawn.savefig(OUT)
    sys.stdout.write(f"{OUT.relative_to(ROOT)}: {OUT.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
