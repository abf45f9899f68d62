"""Style sheets and scripts: files beside the modules that use them, made as short as they go into a page."""

import re
from importlib.resources import files

COMMENT_OR_QUOTED = re.compile(r"/\*.*?\*/|('[^']*'|\"[^\"]*\")", re.DOTALL)
QUOTED = re.compile(r"('[^']*'|\"[^\"]*\")")
TIGHT = {
    "css": re.compile(r"\s*([{};,>])\s*|(?<=:)\s+"),  # a space before a colon stays: it may join two selectors
    "js": re.compile(r"\s*([^\w\s$])\s*"),
}


def asset(module: str, name: str) -> str:
    """A .css or .js file beside this module (`__name__`) in one line: no comments, no space that says nothing.

    What is quoted stays as it is. A script ends every statement with a semicolon, comments `/* so */`, and has no
    regular expression, no template and no `+ +`.
    """
    folder = files(module.rpartition(".")[0])
    text = (folder / name).read_text(encoding="utf-8")
    pieces = QUOTED.split(COMMENT_OR_QUOTED.sub(lambda found: found[1] or " ", text))
    tight = TIGHT[name.rpartition(".")[2]]
    pieces[::2] = [re.sub(r"\s+", " ", tight.sub(r"\1", code)).replace(";}", "}") for code in pieces[::2]]
    return "".join(pieces).strip().removesuffix(";")
