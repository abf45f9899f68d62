"""One look per method and per attack through all chapters.

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
C&W from DDN              #56B4E9    $W$     dotted   o-
FAB                       #CC79A7    $B$     dashdot  -o
AutoAttack                #000000    $A$     dashdot  *o
worst case                #000000    *       solid    **
========================  =========  ======  =======  =====
"""

from typing import NamedTuple


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
    "C&W from DDN": Look("#56B4E9", "$W$", "dotted", "o-"),
    "FAB": Look("#CC79A7", "$B$", "dashdot", "-o"),
    "AutoAttack": Look("#000000", "$A$", "dashdot", "*o"),
    "worst case": Look("#000000", "*", "solid", "**"),
}
COLOURS: dict[str, str] = {name: look.colour for name, look in (METHODS | ATTACKS).items()}
