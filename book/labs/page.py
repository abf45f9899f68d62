"""The parts of INSTRUCTORS.md that are not typed: what chapters teach, what labs take, and what students think.

`python -m book.labs.page` writes them again, from the heads of the chapters, costs.json and the files of answers.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import nbformat
import yaml

from book.labs.costs import load
from book.labs.lab import ROOT, title
from book.labs.source import prose

PAGE = ROOT / "INSTRUCTORS.md"
PARTS = ("objectives", "costs", "wrong answers")
MARK = "<!-- {}: python -m book.labs.page -->", "<!-- end of {} -->"
COLUMNS = ("lab", "exercises", "points", "reading the chapter", "CPU seconds", "memory, MB")


def chapters() -> list[Path]:
    """The chapters that have a lab, in reading order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    paths = [ROOT / f"{page['file']}.ipynb" for part in toc["parts"] for page in part["chapters"]]
    return [path for path in paths if path.with_name(f"{path.stem}.answers.py").exists()]


def head(chapter: Path, words: str) -> str:
    """A paragraph of a chapter's head, by its first words; "" where there is none."""
    text = "\n".join(c.source for c in nbformat.read(chapter, 4).cells if c.cell_type == "markdown")
    found = re.search(rf"\*\*{words}\.\*\* (.+)", text)
    return prose(found[1], {}, 0) if found else ""


def wrapped(text: str, indent: str = "") -> str:
    """Text in lines of a length that is good to read."""
    return textwrap.fill(text, 128, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def objectives() -> Iterator[str]:
    """What each chapter says that one learns, and needs."""
    for chapter in chapters():
        named = f"**{title(nbformat.read(chapter, 4))}** (`{chapter.stem}`)"
        yield (
            wrapped(f"{named}. {head(chapter, 'What you will learn')}\n*Needs:* {head(chapter, 'What you need')}")
            + "\n"
        )


def costs() -> Iterator[str]:
    """The table of costs, labs in reading order."""
    kept = load()
    order = [chapter.stem for chapter in chapters()]
    rows = [COLUMNS, ("---",) * len(COLUMNS)]
    for name, one in sorted(kept.items(), key=lambda item: (order.index(Path(item[1]["notebook"]).stem), len(item[0]))):
        reading = head(ROOT / one["notebook"], "How long").partition("Reading: ")[2].partition(".")[0]
        spent = "its section *Break it*" if name.endswith("-break-it") else reading
        rows.append((f"`{name}`", one["exercises"], one["points"], spent, one["cpu_seconds"], one["megabytes"]))
    yield from ("| " + " | ".join(map(str, row)) + " |" for row in rows)


def wrong_answers() -> Iterator[str]:
    """For each exercise one thought that its public test refuses, and one that only its hidden test does."""
    for chapter in chapters():
        answers = chapter.with_name(f"{chapter.stem}.answers.py").read_text(encoding="utf-8")
        found = re.findall(r"^# %% (\w+): (fault|hidden)\n((?:# ?.*\n)+)", answers, re.M)
        yield f"\n**`{chapter.stem}`**\n"
        for name in dict.fromkeys(name for name, _, _ in found):
            first = {
                kind: " ".join(re.sub("^# ?", "", t, flags=re.M).split()) for n, kind, t in found[::-1] if n == name
            }
            line = f"- `{name}`. Refused at once: *{first['fault']}* By the hidden test: *{first['hidden']}*"
            yield wrapped(line, "  ")


def written(page: str) -> str:
    """The page with its parts as they are today. Raises: ValueError for a page without the place of one."""
    for part, lines in zip(PARTS, (objectives(), costs(), wrong_answers()), strict=True):
        begin, end = (mark.format(part) for mark in MARK)
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"{PAGE.name} has no place for the {part}: {begin} ... {end}")
        page = f"{before}{begin}\n\n" + "\n".join(lines).strip() + f"\n\n{end}{after}"
    return page


def main() -> None:
    """Write the parts again."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
