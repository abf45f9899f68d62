"""`show` leaves nothing out of the source that runs, and tells where it stands."""

import inspect
import re
import textwrap
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup

from robustlib.attacks import PGD
from robustlib.attacks.climb import climb
from robustlib.evaluation import wilson
from robustlib.figures import show


def code_on_the_page(html: str) -> str:
    return BeautifulSoup(html, "html.parser").find("pre").text


@pytest.mark.parametrize("shown", [PGD, wilson, show, dataclass, inspect.Signature], ids=lambda o: o.__name__)
def test_the_whole_current_source(shown: object) -> None:
    source = inspect.getsource(shown).rstrip("\n")  # type: ignore[arg-type]
    made = show(shown)  # type: ignore[arg-type]
    assert code_on_the_page(made._repr_html_()) == source
    assert repr(made).startswith(source)


def test_the_caption_is_file_and_lines_without_the_machines_part() -> None:
    lines, first = inspect.getsourcelines(PGD)
    place = f"robustlib/attacks/pgd.py, lines {first} to {first + len(lines) - 1}"
    page = BeautifulSoup(show(PGD)._repr_html_(), "html.parser")
    assert page.find("figcaption").text == place == page.find("pre")["aria-label"]
    assert page.find("pre")["tabindex"] == "0", "long lines scroll by keyboard"
    assert repr(show(PGD)).endswith(place)
    outside = repr(show(dataclass)).splitlines()[-1]
    assert outside.startswith("dataclasses.py, lines ")


def test_words_are_marked_and_colours_are_not_of_the_page_only() -> None:
    html = show(PGD)._repr_html_()
    assert '<span class="k">class</span>' in html and '<span class="nc">PGD</span>' in html
    assert html.count(":where(") > 10 and "html[theme=dark]" in html and "data-jp-theme-light=false" in html


def test_body_only_is_the_call() -> None:
    body = textwrap.dedent(inspect.getsource(PGD.__call__)).rstrip("\n")
    assert code_on_the_page(show(PGD, body_only=True)._repr_html_()) == body
    assert body.startswith("def __call__")


def test_an_attack_and_its_loop_stand_one_below_the_other() -> None:
    made = show(PGD, climb, body_only=True)
    shown = BeautifulSoup(made._repr_html_(), "html.parser").find_all("figure")
    call = textwrap.dedent(inspect.getsource(PGD.__call__)).rstrip("\n")
    assert [f.find("pre").text for f in shown] == [call, inspect.getsource(climb).rstrip("\n")]
    assert ["climb.py" in f.find("figcaption").text for f in shown] == [False, True]
    assert repr(made) == f"{show(PGD, body_only=True)!r}\n\n{show(climb)!r}"
    assert len(show(PGD, climb)._repr_html_()) > len(made._repr_html_()), "without body_only the class is whole"
    with pytest.raises(ValueError, match="show what"):
        show()


def test_a_method_defined_in_a_page_is_escaped() -> None:
    def less(a: int, b: int) -> bool:
        """Is a < b, & "not" <b>more</b>?"""
        return a < b

    html = show(less)._repr_html_()
    assert "<b>more" not in html
    assert code_on_the_page(html) == textwrap.dedent(inspect.getsource(less)).rstrip("\n")


@pytest.mark.parametrize(("what", "only"), [(len, False), (int, False), (wilson, True), (ValueError, True)])
def test_what_has_no_source(what: object, only: bool) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(what))):
        show(what, body_only=only)  # type: ignore[arg-type]
