"""The look of every method, attack and detector, the same in all chapters: colour, marker, line and hatch.

No two share colour and marker, nor colour and hatch; within a table no two share a marker, a hatch, or both strokes of
a line, so that no reader needs the colour (tests hold it). The colours are those of `page/inks.py`.
"""

from typing import NamedTuple

from robustlib.figures.page.inks import BLACK, BLUE, BROWN, GREEN, GREY, ORANGE, PINK, SKY, VERMILLION, VIOLET

Line = str | tuple[int, tuple[int, ...]]  # as matplotlib names it, or offset and lengths of dashes


class SeriesStyle(NamedTuple):
    """Colour, marker, line style and hatch of a series."""

    colour: str
    marker: str
    line: Line
    hatch: str


METHODS: dict[str, SeriesStyle] = {
    "softmax": SeriesStyle(BLACK, "o", "solid", ""),
    "softmax-pgd": SeriesStyle(GREY, "p", "dashed", ".."),
    "ours": SeriesStyle(BLUE, "s", "solid", "//"),  # triplets, the chapter on robust representations
    "ours-pgd": SeriesStyle(SKY, "D", "dashed", "xx"),
    "ours-fgsm": SeriesStyle(ORANGE, "d", "dotted", "++"),
    "rce": SeriesStyle(VERMILLION, "^", "solid", "\\\\"),
    "dundi": SeriesStyle(GREEN, "v", "solid", "--"),
    "at2l": SeriesStyle(ORANGE, "P", "solid", "oo"),
    "tla": SeriesStyle(GREEN, "H", "dashed", "/o"),
    "madnet": SeriesStyle(PINK, "X", "solid", "||"),
    "madnet-pgd": SeriesStyle(SKY, "*", "dashed", "|."),
    "prototype conformity": SeriesStyle(VIOLET, "h", "dashdot", "OO"),
    "adversarial training": SeriesStyle(BROWN, "8", "dashed", "-."),  # Madry: cross-entropy on PGD's images
    "trades": SeriesStyle(VERMILLION, "<", "dashdot", "x."),
    "n-fgsm": SeriesStyle(SKY, ">", "dotted", "/-"),
    "label smoothing": SeriesStyle(GREY, "$S$", "dotted", "+-"),
    "jacobian regularisation": SeriesStyle(BLUE, "$J$", "dashdot", "-o"),
    "thermometer": SeriesStyle(VERMILLION, "$T$", "dashed", "o."),
    "random views": SeriesStyle(VIOLET, "$V$", "dotted", "x\\"),
    "defense-gan": SeriesStyle(BROWN, "$G$", "solid", "/|"),
}
ATTACKS: dict[str, SeriesStyle] = {
    "clean": SeriesStyle(GREY, "o", "solid", ""),
    "noise": SeriesStyle(GREY, ".", "dotted", "..."),
    "FGSM": SeriesStyle(ORANGE, "^", "dashed", "//"),
    "BIM": SeriesStyle(SKY, "s", "dashdot", "xxx"),
    "MIM": SeriesStyle(VIOLET, "D", "dotted", "++"),
    "small-step PGD": SeriesStyle(SKY, "<", "dotted", "--"),
    "PGD": SeriesStyle(BLUE, "v", "solid", "\\\\"),
    "margin PGD": SeriesStyle(PINK, "P", "dashed", "|||"),
    "DLR PGD": SeriesStyle(BROWN, "p", "dotted", "oo"),
    "feature matching": SeriesStyle(VERMILLION, "X", "dashdot", "OO"),
    "ILCM": SeriesStyle(BROWN, ">", "dotted", "/-"),
    "APGD": SeriesStyle(GREEN, "d", "solid", "-."),
    "APGD-T": SeriesStyle(BROWN, "h", "dashed", "|."),
    "Square": SeriesStyle(VERMILLION, "8", "dotted", "/o"),
    "transfer": SeriesStyle(GREY, "x", "dashed", "x-"),
    "JSMA": SeriesStyle(VIOLET, "$J$", "solid", "x."),
    "DeepFool": SeriesStyle(ORANGE, "$D$", "solid", "+o"),
    "DDN": SeriesStyle(VIOLET, "$N$", "dashed", "+."),
    "C&W": SeriesStyle(VERMILLION, "$C$", "solid", "|o"),
    "C&W from DDN": SeriesStyle(PINK, "$W$", "dotted", "-o"),
    "FAB": SeriesStyle(SKY, "$B$", "dashdot", "*"),
    "LS-PGA": SeriesStyle(VIOLET, "$L$", "dashdot", "o\\"),
    "BPDA margin PGD": SeriesStyle(BLUE, "$M$", "dashed", "/+"),
    "BPDA APGD-T": SeriesStyle(GREEN, "$T$", "dashed", "-\\"),
    "BPDA APGD-T, sigmoid": SeriesStyle(ORANGE, "$G$", "dashed", "-+"),
    "BPDA from the manifold": SeriesStyle(BROWN, "$F$", "dashdot", "*-"),
    "EOT margin PGD": SeriesStyle(SKY, "$E$", "solid", "+x"),
    "on-manifold": SeriesStyle(PINK, "$O$", "dashdot", "*/"),
    "AutoAttack": SeriesStyle(BLACK, "$A$", "dashdot", "*o"),
    "worst case": SeriesStyle(BLACK, "*", "solid", "**"),
}
# A detector beside others of one network has its own colour; in a pair it lends its strokes to the network's colour.
DETECTORS: dict[str, SeriesStyle] = {
    "confidence": SeriesStyle(ORANGE, "o", "dotted", "."),
    "non-me": SeriesStyle(GREEN, "D", "dashed", "x"),
    "density": SeriesStyle(BLUE, "h", "solid", "o"),
    "bayesian": SeriesStyle(PINK, "p", "dashdot", "+"),
}
