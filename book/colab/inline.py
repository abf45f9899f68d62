"""What stands inside a line of MyST Markdown: roles, links and images; code and formulas stay as they are."""

import re
from dataclasses import dataclass, field

from book.colab.cited import citation
from book.colab.online import Online
from book.colab.refused import Refused

PARTS = re.compile(
    r"""\{(?P<role>[a-zA-Z][\w:.+-]*)\}(?P<ticks>`+)(?P<content>.+?)(?<!`)(?P=ticks)(?!`)
    | (?P<code>(?P<fence>`+)(?!`).+?(?<!`)(?P=fence)(?!`))
    | (?P<math>\$\$.+?\$\$ | (?<![\\$])\$(?![\s$])(?:[^$\\]|\\.)+?\$)
    | (?P<bang>!?)\[(?P<words>(?:[^\[\]`]|`[^`]*`|\[[^\[\]]*\])*)\]\(
        (?P<target>[^()\s]+)(?:\s+"[^"]*")?\)(?:\{[^}\n]*\})?
    """,
    re.DOTALL | re.VERBOSE,
)
NAMED = re.compile(r"^(?P<words>.+?)\s*<(?P<target>[^<>]+)>$", re.DOTALL)
ELSEWHERE = re.compile(r"^(?:[a-z]+:|//)", re.IGNORECASE)
WRAPPED = {
    "sub": "<sub>{}</sub>",
    "sup": "<sup>{}</sup>",
    "math": "${}$",
    "code": "`{}`",
    "kbd": "`{}`",
    "strong": "**{}**",
}


@dataclass(frozen=True)
class Prose:
    """One page's words on their way into a notebook; remembers what they cite."""

    page: str
    online: Online
    keys: set[str] = field(default_factory=set)

    def converted(self, text: str) -> str:
        """Text without a role, a relative link or a relative image. Raises: Refused for what has no other form."""
        return PARTS.sub(self.part, text)

    def part(self, found: re.Match[str]) -> str:
        """One role, link or image in its other form."""
        if found["role"]:
            return self.role(found["role"], found["content"])
        if found["words"] is None:
            return found[0]
        if found["bang"]:
            return self.image(found["words"], found["target"])
        words = self.converted(found["words"])
        if ELSEWHERE.match(found["target"]):
            return f"[{words}]({found['target']})"
        return self.online.link(words, *self.online.page(found["target"], self.page))

    def role(self, name: str, content: str) -> str:
        """What a role says, as words, a formula or a link."""
        named = NAMED.match(content)
        words, target = (named["words"], named["target"]) if named else ("", content)
        if name.startswith("cite"):
            self.keys.update(re.split(r"\s*,\s*", content.strip()))
            return citation(content, name, self.online)
        if name == "eq":
            return f"({self.equation(target)})"
        if name == "doc":
            page, _ = self.online.page(target, self.page)
            return self.online.link(words or self.online.titles[page], page)
        if name in ("ref", "numref", "term"):
            if name != "term" and not words:
                raise Refused(f"{{{name}}}`{content}` says no words: write {{{name}}}`words <{target}>`")
            place = ("book/glossary", f"term-{target}") if name == "term" else (self.page, target)
            return self.online.link(words or target, *place)
        if name in WRAPPED:
            return WRAPPED[name].format(content)
        raise Refused(f"the role {{{name}}} has no form outside the book's pages: add one to book/colab/inline.py")

    def equation(self, label: str) -> str:
        """The number that the book's page gives a formula. Raises: Refused if no page has it."""
        if label not in self.online.equations:
            raise Refused(f"the formula {label!r} is on no numbered page")
        return self.online.equations[label]

    def image(self, words: str, target: str) -> str:
        """An image by its address, with its words; while it has none, the words. Raises: Refused without words."""
        if not words.strip():
            raise Refused(f"the image {target!r} has no words for those who cannot see it")
        address = target if ELSEWHERE.match(target) else self.online.image(target, self.page)
        return f"![{words}]({address})" if address else f"*(An image of the online book: {words})*"
