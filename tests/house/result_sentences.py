"""What a chapter may say of results in plain text: nothing that a row could contradict, but for what is listed.

A number in per cent, and words that compare, belong into `said(...)`, where a field fills in the one and asserts the
other, or beside a cell that calls `holds(...)`. Converted chapters, and what in them only looks like a result, are
listed in `result_sentences.toml`.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

from house.cells import parsed

LISTED = Path(__file__).with_name("result_sentences.toml")
NUMBER = r"\d(?:[\d.,]*\d)?\s?(?:%|per\ cent|points?\b)(?!\ (?:intervals?|Wilson|DeLong))"
PARTS = r"(?:half|a third|two thirds|a quarter|three quarters|a fifth|a tenth|one in \w+|nine in ten|twice|\w+ times)"
WORDS = rf"""
    (?:about|nearly|almost|more\ than|less\ than|at\ least|at\ most)\ {PARTS.replace(" ", chr(92) + " ")}
  | nine\ in\ ten | one\ in\ (?:two|three|four|five|ten) | twice\ as | times\ as | half\ of\ (?:the|its|them)
  | level | (?:as|more|less|most|least)\ (?:accurate|robust) | (?:higher|lower|fewer|wider|better|worse|stronger)
  | rise[sn]? | fall(?:s|en)? | ahead | behind | nearly | hardly | far\ from | (?:little|no)\ difference
  | (?:most|none|all|few)\ of\ (?:the|its|them|these)\ (?:images|digits|photographs)
"""
RESULT = re.compile(rf"{NUMBER}|\b(?:{WORDS})\b", re.VERBOSE | re.IGNORECASE)


def listed() -> dict[str, dict[str, str]]:
    """Converted chapter -> words that look like a result there, and why they are none."""
    return tomllib.loads(LISTED.read_text(encoding="utf-8"))


def results_in(text: str) -> list[tuple[str, str]]:
    """What looks like a result, with its sentence; a sentence in which a field asserts a relation may compare.

    Formulas, code, addresses of links and headings state no result, nor does a question.
    """
    plain = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|\]\([^)]*\)|^#[^\n]*$", " ", text, flags=re.DOTALL | re.MULTILINE)
    found = []
    for sentence in re.split(r"(?<=[.?!])\s+|\n\s*\n|\n(?=[-|>])", plain):
        if sentence.rstrip("*\"'”) ").endswith("?"):
            continue
        bare = re.sub(r"\{[^{}]*\}", "", sentence)
        asserted = re.search(r"\{[^{}|]*\|[^{}]*\}", sentence)
        for match in RESULT.finditer(bare):
            if not asserted or re.match(NUMBER, match[0]):
                found.append((match[0], " ".join(sentence.split())))
    return found


def outside_exercises(notebook: Any) -> Iterator[Any]:
    """The cells that are no part of an exercise."""
    inside = False
    for cell in notebook.cells:
        inside = inside or cell.cell_type == "raw" and cell.source.startswith("# BEGIN QUESTION")
        if not inside:
            yield cell
        inside = inside and not (cell.cell_type == "raw" and cell.source.startswith("# END QUESTION"))


def texts_of(cell: Any) -> list[str]:
    """Every text of a code cell that is a sentence: four words or more."""
    if cell.cell_type != "code":
        return []
    strings = [n.value for n in ast.walk(parsed(cell)) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [text for text in strings if len(text.split()) >= 4]


def calls(cell: Any, name: str) -> list[ast.Call]:
    """The calls of one function in a code cell."""
    if cell.cell_type != "code":
        return []
    found = [node for node in ast.walk(parsed(cell)) if isinstance(node, ast.Call)]
    return [call for call in found if isinstance(call.func, ast.Name) and call.func.id == name]


def faults(notebook: Any, allowed: dict[str, str]) -> list[str]:
    """Result sentences of a converted chapter that nothing asserts, and listed words that stand nowhere."""
    cells, found, used = list(outside_exercises(notebook)), [], set()
    for i, cell in enumerate(cells):
        beside = [near for near in cells[max(0, i - 1) : i + 2] if calls(near, "holds")]
        for text in [cell.source] if cell.cell_type == "markdown" else texts_of(cell):
            for words, sentence in results_in(text):
                reasons = [says for says in allowed if says in sentence and words in says]
                used.update(reasons)
                if not reasons and not beside:
                    found.append(f"{words!r} follows from no row: {sentence}")
        found += [f"a sentence has to be written out in its call: {ast.unparse(call)[:60]}" for call in unwritten(cell)]
    return found + [f"{says!r} is listed and stands nowhere" for says in sorted(set(allowed) - used)]


def unwritten(cell: Any) -> list[ast.Call]:
    """Calls of `said` whose text is no literal with a field: no test could read it."""

    def readable(call: ast.Call) -> bool:
        text = call.args[0] if call.args else None
        literal = isinstance(text, ast.Constant) and isinstance(text.value, str)
        return literal and any(field is not None for _, field, _, _ in Formatter().parse(text.value))

    return [call for call in calls(cell, "said") if not readable(call)]
