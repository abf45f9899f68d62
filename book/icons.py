"""Makes the two small icon fonts of the pages out of the theme's own: only the icons that a page shows.

`python book/icons.py` writes book/assets/icons/. The theme would load 1.5 MB of script for the same twenty drawings.
"""

import re
import sys
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
OUT = Path(__file__).parent / "assets" / "icons"
FONTS = {
    "solid-900": "angle-left angle-right angle-down chevron-right chevron-down arrow-up list magnifying-glass download "
    "expand file file-pdf lightbulb rocket circle-half-stroke moon sun bars xmark circle-info bell pencil",
    "brands-400": "github",
}


def codes() -> dict[str, int]:
    """The character of each icon, from the theme's style sheet."""
    css = (THEME / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    found = {}
    for names, code in re.findall(r"((?:\.fa-[\w-]+:before,?)+)\{content:\"\\([0-9a-f]+)\"", css):
        found |= {name: int(code, 16) for name in re.findall(r"\.fa-([\w-]+):", names)}
    return found


def main() -> None:
    """Write one file for each of the theme's fonts that has an icon in use."""
    known = codes()
    for font, names in FONTS.items():
        drawn = TTFont(THEME / "vendor" / "fontawesome" / "webfonts" / f"fa-{font}.ttf")
        cut = subset.Subsetter(subset.Options(layout_features=[], name_IDs=[], notdef_outline=False))
        cut.populate(unicodes=[known[name] for name in names.split()])
        cut.subset(drawn)
        drawn.flavor = "woff"
        path = OUT / f"{font}.woff"
        drawn.save(path)
        sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
