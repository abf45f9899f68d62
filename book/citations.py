"""A Sphinx extension: the list of references labels an entry as the text cites it, "Croce and Hein, 2020a".

Two works of the same authors and year get their letter in references.bib, in `year`, so that text and list agree.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx

NAME = "author_year"


class AuthorYearLabels(BaseLabelStyle):  # type: ignore[misc]
    """One or two names, or the first and "et al.", and the year."""

    def format_labels(self, sorted_entries: Iterable[Any]) -> Iterator[str]:
        """A label for each entry."""
        for entry in sorted_entries:
            names = [" ".join(map(str, [*p.rich_prelast_names, *p.rich_last_names])) for p in entry.persons["author"]]
            said = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
            yield f"{said}, {entry.fields['year']}"


class AuthorYear(PlainStyle):  # type: ignore[misc]
    """The plain style with these labels."""

    default_label_style = NAME


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    register_plugin("pybtex.style.labels", NAME, AuthorYearLabels)
    register_plugin("pybtex.style.formatting", NAME, AuthorYear)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
