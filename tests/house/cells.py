"""The code of a notebook's cells, as Python reads it."""

import ast
import re
from typing import Any


def parsed(cell: Any) -> ast.Module:
    """A code cell as a tree; a line that is IPython's (`%pip install`) passes."""
    return ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.MULTILINE))
