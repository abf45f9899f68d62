"""One style per method and per attack through all chapters.

A style is colour, marker, line and hatch together, so that no reader needs the colour. Okabe and Ito's colours are told
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
C&W from DDN              #56B4E9    $W$     dotted   o-
FAB                       #CC79A7    $B$     dashdot  -o
AutoAttack                #000000    $A$     dashdot  *o
worst case                #000000    *       solid    **
========================  =========  ======  =======  =====
"""

import re
import zlib
from typing import Any, NamedTuple


class SeriesStyle(NamedTuple):
    """Colour, marker, line style and hatch of a series."""

    colour: str
    marker: str
    line: str
    hatch: str


METHODS: dict[str, SeriesStyle] = {
    "softmax": SeriesStyle("#000000", "o", "solid", ""),
    "softmax-pgd": SeriesStyle("#7A7A7A", "p", "dashed", ".."),
    "ours": SeriesStyle("#0072B2", "s", "solid", "//"),
    "ours-pgd": SeriesStyle("#56B4E9", "D", "dashed", "xx"),
    "ours-fgsm": SeriesStyle("#56B4E9", "d", "dotted", "++"),
    "rce": SeriesStyle("#D55E00", "^", "solid", "\\\\"),
    "dundi": SeriesStyle("#009E73", "v", "solid", "--"),
    "at2l": SeriesStyle("#E69F00", "P", "solid", "oo"),
    "madnet": SeriesStyle("#CC79A7", "X", "solid", "||"),
}
ATTACKS: dict[str, SeriesStyle] = {
    "clean": SeriesStyle("#7A7A7A", "o", "solid", ""),
    "noise": SeriesStyle("#B0B0B0", ".", "dotted", ".."),
    "FGSM": SeriesStyle("#E69F00", "^", "dashed", "//"),
    "BIM": SeriesStyle("#56B4E9", "s", "dashdot", "xx"),
    "MIM": SeriesStyle("#009E73", "D", "dotted", "++"),
    "small-step PGD": SeriesStyle("#0072B2", "<", "dotted", "--"),
    "PGD": SeriesStyle("#0072B2", "v", "solid", "\\\\"),
    "margin PGD": SeriesStyle("#CC79A7", "P", "dashed", "||"),
    "DLR PGD": SeriesStyle("#CC79A7", "p", "dotted", "oo"),
    "feature matching": SeriesStyle("#D55E00", "X", "dashdot", "OO"),
    "ILCM": SeriesStyle("#E69F00", ">", "dotted", "/-"),
    "APGD": SeriesStyle("#009E73", "d", "solid", "-."),
    "APGD-T": SeriesStyle("#009E73", "h", "dashed", "|."),
    "Square": SeriesStyle("#D55E00", "8", "dotted", "/o"),
    "transfer": SeriesStyle("#7A7A7A", "x", "dashed", "x-"),
    "JSMA": SeriesStyle("#56B4E9", "$J$", "solid", "x."),
    "DeepFool": SeriesStyle("#E69F00", "$D$", "solid", "+o"),
    "DDN": SeriesStyle("#0072B2", "$N$", "dashed", "+."),
    "C&W": SeriesStyle("#D55E00", "$C$", "solid", "|o"),
    "C&W from DDN": SeriesStyle("#56B4E9", "$W$", "dotted", "o-"),
    "FAB": SeriesStyle("#CC79A7", "$B$", "dashdot", "-o"),
    "AutoAttack": SeriesStyle("#000000", "$A$", "dashdot", "*o"),
    "worst case": SeriesStyle("#000000", "*", "solid", "**"),
}
COLOURS: dict[str, str] = {name: style.colour for name, style in (METHODS | ATTACKS).items()}
ALIASES = {
    "baseline": "softmax",
    "triplet": "ours",
    "pgd 2/255 x 10": "small-step pgd",
    "adversarial training": "softmax-pgd",
    "reverse cross-entropy": "rce",
    "cross-entropy": "softmax",
    "ce": "softmax",
}
_STYLES = {name.lower(): style for name, style in (METHODS | ATTACKS).items()}


def style_of(name: str) -> SeriesStyle:
    """The fixed style of a method or an attack; a longer name takes the style of the known name in it.

    "margin PGD on distances" looks as "margin PGD" does. A name with no known part gets a grey that follows from the
    name alone.
    """
    key = name.lower().replace("_", "-")
    for alias, known in ALIASES.items():
        key = re.sub(rf"(?<![\w-]){re.escape(alias)}(?!\w)", known, key)
    if key in _STYLES:
        return _STYLES[key]
    inside = [known for known in _STYLES if re.search(rf"(?<!\w){re.escape(known)}(?!\w)", key)]
    if inside:
        return _STYLES[max(inside, key=len)]
    odd = zlib.crc32(key.encode())
    return SeriesStyle("#595959", "1234+x"[odd % 6], ("solid", "dashed", "dashdot", "dotted")[odd // 6 % 4], "")


def colour_of(name: str) -> str:
    """The fixed colour of a method or an attack, as hex; never the only sign (see `style_of`)."""
    return style_of(name).colour


def line_style(style: SeriesStyle) -> dict[str, Any]:
    """A style as matplotlib's arguments of a line."""
    return {"color": style.colour, "marker": style.marker, "linestyle": style.line}
