"""The paper for the Journal of Open Source Education: its length, its parts, and what it cites."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "paper" / "paper.md").read_text(encoding="utf-8")
_, HEAD, BODY = TEXT.split("---\n", 2)
CITED = set(re.findall(r"@([a-z]+\d{4}[a-z]+)", BODY))
WITHOUT_DOI = {"fostiropoulos2020robust", "google2021selfstudy"}  # a project report and a repository


def entries(path: Path) -> dict[str, str]:
    found = re.findall(r"^@\w+\{([^,]+),\n(.*?)^\}", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert len(found) == len({key for key, _ in found})
    return dict(found)


def title(entry: str) -> str:
    return re.sub(r"[{}\s]+", " ", re.search(r"title\s*=\s*\{(.*)\}", entry)[1]).strip()  # type: ignore[index]


PRINTED = entries(ROOT / "paper" / "paper.bib")


def test_paper_is_as_long_as_the_journal_asks() -> None:
    assert 800 < len(BODY.split()) < 1150, "the journal asks for about 1,000 words"


def test_paper_has_the_parts_of_the_checklist() -> None:
    parts = re.findall(r"^# (.+)$", BODY, flags=re.MULTILINE)
    asked = ["Summary", "Statement of need", "Learning objectives", "Content and sequence", "Instructional design"]
    assert parts == [*asked, "How it was made", "AI usage disclosure", "Acknowledgements", "References"]


def test_names_are_left_to_whoever_submits() -> None:
    head = yaml.safe_load(HEAD)
    assert head["bibliography"] == "paper.bib" and head["title"] and len(head["tags"]) >= 3
    assert {author["affiliation"] for author in head["authors"]} == {place["index"] for place in head["affiliations"]}


def test_what_is_cited_is_in_the_bibliography_and_the_other_way_round() -> None:
    assert set(PRINTED) == CITED and len(CITED) > 10


def test_every_entry_has_a_doi_or_is_known_to_have_none() -> None:
    having = {key: re.search(r"doi\s*=\s*\{(.+)\}", entry) for key, entry in PRINTED.items()}
    assert {key for key, doi in having.items() if doi is None} == WITHOUT_DOI
    assert all(re.fullmatch(r"10\.\d{4,5}/\S+", doi[1]) for doi in having.values() if doi)


def test_entries_agree_with_the_references_of_the_book() -> None:
    book = entries(ROOT / "book" / "references.bib")
    both = set(book) & set(PRINTED)
    assert len(both) > 10
    for key in both:
        assert title(PRINTED[key]) == title(book[key]), key
        if arxiv := re.search(r"eprint\s*=\s*\{(.+)\}", book[key]):
            assert f"arXiv.{arxiv[1]}" in PRINTED[key] or "arXiv" not in PRINTED[key], key
