"""Style sheets and scripts are files, go into the page in one line, and mean there what they mean in the file."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import robustlib.figures
from robustlib.figures.page.assets import asset, one_line

ROOM = Path(robustlib.figures.__file__).parent
SHEETS = sorted(ROOM.rglob("*.css"))
MODULES = sorted(ROOM.rglob("*.py"))


def shown(path: Path) -> str:
    """A file as a page gets it."""
    return asset(f"robustlib.figures.{path.parent.name}.any", path.name)


CSS = """/* it's a comment */
.a,
.b > .c {
  x: 1px 2px;
  y: z(1, 2);
}

@media(max-width: 9px) {
  .a :where(.b) * {
    content: ' /* Wide:  { so; } */';
  }
}
"""
JS = """/* so */
(e => {
  const a = 'b: ' + e;
  return a;
})(this);
"""


def test_only_what_says_something_is_left() -> None:
    inside = ".a :where(.b) *{content:' /* Wide:  { so; } */'}"
    assert one_line(CSS, "css") == f".a,.b>.c{{x:1px 2px;y:z(1,2)}}@media(max-width:9px){{{inside}}}"
    assert one_line(JS, "js") == "(e=>{const a='b: '+e;return a})(this)"


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.css"):
        asset("robustlib.figures.page.any", "nothing.css")


def test_every_file_is_used_and_none_stands_in_python() -> None:
    named, rules = set(), []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named |= {path.parent / node.value} if re.fullmatch(r"\w+\.(css|js)", node.value) else set()
                rules += [(path.name, node.value)] * bool(re.search(r"\{[a-z-]{2,}:\S|=>|querySelector", node.value))
    assert named == {*SHEETS, *ROOM.rglob("*.js")} and len(named) > 10
    assert not rules


@pytest.mark.chromium
def test_a_browser_reads_the_same_rules_in_the_file_and_in_the_page(opened: Callable[..., Any]) -> None:
    page = opened("")
    rules = """text => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        return [...sheet.cssRules].map(rule => rule.cssText.replace(/,\\s+/g, ',').replace(/\\s+/g, ' '));
    }"""
    for path in SHEETS:
        text = path.read_text(encoding="utf-8")
        whole = page.evaluate(rules, text)
        assert whole == page.evaluate(rules, shown(path)), path.name
        opening = re.sub(r"/\*.*?\*/|'[^']*'", "", text, flags=re.DOTALL).count("{")
        assert sum(rule.count("{") for rule in whole) == opening, f"{path.name}: a rule that the browser leaves out"
