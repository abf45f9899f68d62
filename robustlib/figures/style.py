"""How everything is drawn: matplotlib's settings, and one look per method and per attack through all chapters.

A look is colour, marker, line and hatch together, so that no reader needs the colour. Okabe and Ito's colours are told
apart in the common kinds of colour blindness.

========================  =========  ======  =======  =====
method                    colour     marker  line     hatch
========================  =========  ======  =======  =====
softmax                   #000000    o       solid    none
softmax-pgd               #7A7A7A    p       dashed   ..
ours                      #0072B2    s       solid    //
ours-pgd                  #56B4E9    D       dashed   xx
ours-fgsm                 #56B4E9    d       dotted   ++
rce                       #D55E00    ^       solid    \\\\\\\\
dundi                     #009E73    v       solid    --
at2l                      #E69F00    P       solid    oo
madnet                    #CC79A7    X       solid    ||
========================  =========  ======  =======  =====

========================  =========  ======  =======  =====
attack                    colour     marker  line     hatch
========================  =========  ======  =======  =====
clean                     #7A7A7A    o       solid    none
noise                     #B0B0B0    .       dotted   ..
FGSM                      #E69F00    ^       dashed   //
BIM                       #56B4E9    s       dashdot  xx
MIM                       #009E73    D       dotted   ++
small-step PGD            #0072B2    <       dotted   --
PGD                       #0072B2    v       solid    \\\\\\\\
margin PGD                #CC79A7    P       dashed   ||
DLR PGD                   #CC79A7    p       dotted   oo
feature matching          #D55E00    X       dashdot  OO
ILCM                      #E69F00    >       dotted   /-
APGD                      #009E73    d       solid    -.
APGD-T                    #009E73    h       dashed   |.
Square                    #D55E00    8       dotted   /o
transfer                  #7A7A7A    x       dashed   x-
JSMA                      #56B4E9    $J$     solid    x.
DeepFool                  #E69F00    $D$     solid    +o
DDN                       #0072B2    $N$     dashed   +.
C&W                       #D55E00    $C$     solid    |o
FAB                       #CC79A7    $B$     dashdot  -o
AutoAttack                #000000    $A$     dashdot  *o
worst case                #000000    *       solid    **
========================  =========  ======  =======  =====
"""

import re
import zlib
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


class Look(NamedTuple):
    """Colour, marker, line style and hatch of a series."""

    colour: str
    marker: str
    line: str
    hatch: str


METHODS: dict[str, Look] = {
    "softmax": Look("#000000", "o", "solid", ""),
    "softmax-pgd": Look("#7A7A7A", "p", "dashed", ".."),
    "ours": Look("#0072B2", "s", "solid", "//"),
    "ours-pgd": Look("#56B4E9", "D", "dashed", "xx"),
    "ours-fgsm": Look("#56B4E9", "d", "dotted", "++"),
    "rce": Look("#D55E00", "^", "solid", "\\\\"),
    "dundi": Look("#009E73", "v", "solid", "--"),
    "at2l": Look("#E69F00", "P", "solid", "oo"),
    "madnet": Look("#CC79A7", "X", "solid", "||"),
}
ATTACKS: dict[str, Look] = {
    "clean": Look("#7A7A7A", "o", "solid", ""),
    "noise": Look("#B0B0B0", ".", "dotted", ".."),
    "FGSM": Look("#E69F00", "^", "dashed", "//"),
    "BIM": Look("#56B4E9", "s", "dashdot", "xx"),
    "MIM": Look("#009E73", "D", "dotted", "++"),
    "small-step PGD": Look("#0072B2", "<", "dotted", "--"),
    "PGD": Look("#0072B2", "v", "solid", "\\\\"),
    "margin PGD": Look("#CC79A7", "P", "dashed", "||"),
    "DLR PGD": Look("#CC79A7", "p", "dotted", "oo"),
    "feature matching": Look("#D55E00", "X", "dashdot", "OO"),
    "ILCM": Look("#E69F00", ">", "dotted", "/-"),
    "APGD": Look("#009E73", "d", "solid", "-."),
    "APGD-T": Look("#009E73", "h", "dashed", "|."),
    "Square": Look("#D55E00", "8", "dotted", "/o"),
    "transfer": Look("#7A7A7A", "x", "dashed", "x-"),
    "JSMA": Look("#56B4E9", "$J$", "solid", "x."),
    "DeepFool": Look("#E69F00", "$D$", "solid", "+o"),
    "DDN": Look("#0072B2", "$N$", "dashed", "+."),
    "C&W": Look("#D55E00", "$C$", "solid", "|o"),
    "FAB": Look("#CC79A7", "$B$", "dashdot", "-o"),
    "AutoAttack": Look("#000000", "$A$", "dashdot", "*o"),
    "worst case": Look("#000000", "*", "solid", "**"),
}
ALIASES = {
    "baseline": "softmax",
    "triplet": "ours",
    "pgd 2/255 x 10": "small-step pgd",
    "adversarial training": "softmax-pgd",
}
COLOURS: dict[str, str] = {name: look.colour for name, look in (METHODS | ATTACKS).items()}
_LOOKS = {name.lower(): look for name, look in (METHODS | ATTACKS).items()}

RC: dict[Any, Any] = {
    "figure.figsize": (4.8, 3.2),  # inches: at 350 px on a phone the 11 pt words are still 10 px high
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",  # a white card: readable in dark mode too
    "savefig.facecolor": "white",
    "savefig.dpi": 160,
    "svg.fonttype": "none",
    "font.size": 11,
    "axes.titlesize": 11,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E2E2E2",
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    "hatch.linewidth": 0.7,
}


def use() -> None:
    """Set matplotlib's defaults for the whole notebook: sizes readable on a phone, a white card, no clipped labels."""
    mpl.rcParams.update(RC)


def look_of(name: str) -> Look:
    """The fixed look of a method or an attack; a longer name takes the look of the known name in it.

    "U1 margin PGD" looks as "margin PGD" does. A name with no known part gets a grey that follows from the name alone.
    """
    key = name.lower().replace("_", "-")
    for alias, known in ALIASES.items():
        key = re.sub(rf"(?<!\w){re.escape(alias)}(?!\w)", known, key)
    if key in _LOOKS:
        return _LOOKS[key]
    inside = [known for known in _LOOKS if re.search(rf"(?<!\w){re.escape(known)}(?!\w)", key)]
    if inside:
        return _LOOKS[max(inside, key=len)]
    odd = zlib.crc32(key.encode())
    return Look("#595959", "1234+x"[odd % 6], ("solid", "dashed", "dashdot", "dotted")[odd // 6 % 4], "")


def colour_of(name: str) -> str:
    """The fixed colour of a method or an attack, as hex; never the only sign (see `look_of`)."""
    return look_of(name).colour


def canvas(width: float = 4.8, height: float = 3.2) -> Figure:
    """An empty figure of this size in inches that no notebook shows by itself: `figure` gives it words and shows it."""
    drawn = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(drawn)
    return drawn
