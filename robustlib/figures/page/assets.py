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
    """The text of a .css or .js file beside this module (`__name__`), in one line.

    Raises: FileNotFoundError if it is not there.
    """
    folder = files(module.rpartition(".")[0])
    return one_line(folder.joinpath(name).read_text(encoding="utf-8"), name.rpartition(".")[2])


def one_line(text: str, kind: str) -> str:
    """A style sheet ("css") or script ("js") without comments and without space that says nothing.

    What is quoted stays as it is. A script ends every statement with a semicolon, comments `/* so */`, and has no
    regular expression, no template and no `+ +`.
    """
    pieces = QUOTED.split(COMMENT_OR_QUOTED.sub(lambda found: found[1] or " ", text))
    pieces[::2] = [re.sub(r"\s+", " ", TIGHT[kind].sub(r"\1", code)).replace(";}", "}") for code in pieces[::2]]
    return "".join(pieces).strip().removesuffix(";")
