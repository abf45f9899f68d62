"""What stands on lines of its own in MyST Markdown: directives, labels, comments, numbered formulas."""

import re
from functools import cache
from typing import Any

import yaml
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from book.colab.inline import Prose
from book.colab.refused import Refused
from book.setup_cell import ROOT

DIRECTIVE = re.compile(r"^\{([\w:.+-]+)\}\s*(.*)$", re.DOTALL)
OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")
GONE = ("myst_target", "myst_line_comment", "myst_block_break", "front_matter")
VERBATIM = ("fence", "code_block", "math_block", "html_block", "amsmath")
BOXES = ["note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "error", "seealso"]
ASIDES = ["admonition", "dropdown", "margin", "sidebar", "topic"]  # their argument is a title
CODE = ["code", "code-block", "sourcecode"]


@cache
def parser() -> Any:
    """The Markdown parser of the book's pages, with the extensions that _config.yml names."""
    extensions = yaml.safe_load((ROOT / "_config.yml").read_text())["parse"]["myst_enable_extensions"]
    return create_md_parser(MdParserConfig(enable_extensions=set(extensions)), RendererHTML)


def converted(source: str, prose: Prose) -> str:
    """A Markdown cell as JupyterLab and Colab show it.

    Raises: Refused for a directive or role without another form, and for a directive inside a list or a quotation.
    """
    lines = source.split("\n")
    done: list[str] = []
    at = 0
    for token in parser().parse(source):
        if token.map is None:
            continue
        start, end = token.map
        directive = token.type == "colon_fence" or (token.type == "fence" and token.info.startswith("{"))
        if directive and token.level:
            raise Refused(f"the directive {token.info} stands inside a list or a quotation: put it on lines of its own")
        if token.type in ("dl_open", "footnote_block_open"):
            raise Refused(f"a {token.type.split('_')[0]} has no form outside the book's pages: write it as a list")
        if token.level or start < at:
            continue
        if not (directive or token.type in (*GONE, *VERBATIM, "math_block_label")):
            continue
        done.append(prose.converted("\n".join(lines[at:start])))
        if directive:
            done.append(directive_of(token, prose))
        elif token.type == "math_block_label":
            done.append(f"$$\n{token.content.strip()} \\tag{{{prose.equation(token.info)}}}\n$$")
        elif token.type in VERBATIM:
            done.append("\n".join(lines[start:end]))
        at = end
    done.append(prose.converted("\n".join(lines[at:])))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(done)).strip("\n")


def directive_of(token: Any, prose: Prose) -> str:
    """A directive as Markdown that every notebook shows."""
    head = DIRECTIVE.match(token.info.strip())
    if head is None:
        raise Refused(f"a fence of colons without a directive: {token.info!r}")
    name, title = head[1], head[2].strip()
    options, body = opened(token.content)
    if name in BOXES or name in ASIDES:
        lead = prose.converted(title) if name in ASIDES else name.replace("seealso", "see also").capitalize()
        text = " ".join(part for part in (title if name in BOXES else "", body) if part)
        inner = converted(text, prose)
        stop = "" if lead.endswith((".", "?", "!")) else "."
        return quoted(f"**{lead}{stop}** {inner}" if lead else inner)
    if name == "math":
        label = options.get("label")
        number = f" \\tag{{{prose.equation(label)}}}" if label else ""
        return f"$$\n{(title or body).strip()}{number}\n$$"
    if name in ("figure", "image"):
        image = prose.image(options.get("alt", ""), title)
        return "\n\n".join(part for part in (image, converted(body, prose)) if part)
    if name in CODE:
        return f"```{title}\n{body}\n```"
    if name == "table":
        return f"**{prose.converted(title)}**\n\n{converted(body, prose)}"
    raise Refused(f"the directive {{{name}}} has no form outside the book's pages: add one to book/colab/blocks.py")


def opened(content: str) -> tuple[dict[str, str], str]:
    """A directive's options and its body."""
    lines = content.rstrip("\n").split("\n")
    options: dict[str, str] = {}
    while lines and (found := OPTION.match(lines[0])):
        options[found[1]] = found[2].strip()
        lines.pop(0)
    return options, "\n".join(lines).strip("\n")


def quoted(text: str) -> str:
    """A block quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
