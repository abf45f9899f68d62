"""The glossary: the words that the chapters use without explaining are there, and links to them arrive."""

import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?:\.\./)?glossary\.md#(term-[\w-]+)\)")
WANTED = """robust accuracy, white box, black box, transfer, oblivious attacker, adaptive attack, budget attack,
    minimum-norm attack, worst case, interval, AUC, ROC curve, DeLong interval, restarts, passes, gradient masking,
    logit margin, oracle, embedding, triplet, anchor, detection rate, false positive rate, EOT, BPDA, seed, radius"""


@pytest.fixture(scope="module")
def terms(site: Any) -> dict[str, Any]:
    """Every term of the built page, with its meaning."""
    page = BeautifulSoup(site.page("book/glossary").read_text(encoding="utf-8"), "html.parser")
    return {term["id"]: term.find_next_sibling("dd") for term in page.select("dl.glossary dt")}


def test_the_words_of_the_field_are_there_in_one_or_two_sentences(terms: dict[str, Any]) -> None:
    wanted = {"term-" + word.strip().replace(" ", "-") for word in WANTED.split(",")}
    wanted = {re.sub(r"\s+|-+", "-", word) for word in wanted}
    assert wanted <= set(terms), wanted - set(terms)
    for name, meaning in terms.items():
        said = re.sub(r"\d\.\d", "", meaning.get_text(" ", strip=True))
        assert 1 <= len(re.findall(r"[.:;](?: |$)", said)) <= 5 and len(said) < 420, (name, said)


def test_most_words_lead_to_the_chapter_that_treats_them(terms: dict[str, Any]) -> None:
    without = {name for name, meaning in terms.items() if not meaning.select('a[href$=".html"]')}
    assert without <= {"term-clean-accuracy", "term-EOT", "term-seed", "term-threat-model"}


def test_links_of_the_chapters_arrive_and_a_word_is_linked_once(
    site: Any, pages: list[str], notebooks: list[str], terms: dict[str, Any]
) -> None:
    for name in pages:
        source = next(path for end in (".ipynb", ".md") if (path := ROOT / f"{name}{end}").is_file())
        named = LINK.findall(source.read_text(encoding="utf-8"))
        assert set(named) <= set(terms), (name, set(named) - set(terms))
        page = BeautifulSoup(site.page(name).read_text(encoding="utf-8"), "html.parser")
        arrived = [a["href"].split("#")[1] for a in page.select('article a[href*="glossary.html#"]')]
        assert sorted(set(named)) == sorted(set(arrived)), name
        if name in notebooks and name != "book/papers/dundi":
            assert len(named) == len(set(named)) >= 5, name
