"""Citations: author and year in the text, and the works themselves at the notebook's end."""

import re
from functools import cache
from typing import Any

from pybtex.database import parse_file
from pybtex.plugin import find_plugin
from pybtex.style.formatting.plain import Style

from book.colab.online import Online
from book.colab.refused import Refused
from book.setup_cell import ROOT

BIBLIOGRAPHY = "book/bibliography"


@cache
def works() -> Any:
    """The entries of references.bib, by key."""
    return parse_file(ROOT / "book" / "references.bib", bib_format="bibtex").entries


def work(key: str) -> Any:
    """One entry. Raises: Refused if there is none."""
    if key not in works():
        raise Refused(f"the citation {key!r} is not in references.bib")
    return works()[key]


def names(key: str) -> str:
    """One or two names, or the first and "et al."."""
    last = [" ".join(map(plain, [*p.prelast_names, *p.last_names])) for p in work(key).persons["author"]]
    return " and ".join(last) if len(last) < 3 else f"{last[0]} et al."


def plain(latex: str) -> str:
    """The text of a name that is written for LaTeX."""
    from pybtex.richtext import Text

    return str(Text.from_latex(latex))


def citation(keys: str, role: str, online: Online) -> str:
    """What a `cite` role becomes: "(Croce and Hein, 2020a)", or "Croce and Hein (2020a)" as part of a sentence."""
    textual = role.endswith(":t")
    found = [(names(key), work(key).fields["year"]) for key in re.split(r"\s*,\s*", keys.strip())]
    linked = [online.address(BIBLIOGRAPHY)] * len(found)
    said = [f"{who} ({year})" if textual else f"{who}, {year}" for who, year in found]
    said = [f"[{text}]({to})" if to else text for text, to in zip(said, linked, strict=True)]
    return ", ".join(said) if textual else f"({'; '.join(said)})"


def listed(keys: set[str]) -> list[str]:
    """The works as entries of a list, by their authors."""
    style, backend = Style(), find_plugin("pybtex.backends", "markdown")()
    entries = sorted((work(key) for key in keys), key=lambda entry: (names(entry.key), entry.fields["year"]))
    return [" ".join(entry.text.render(backend).split()) for entry in style.format_entries(entries)]
