"""A syntax tree as text that is the same on every Python: `ast.unparse` and `ast.dump` are not."""

import ast
from typing import Any


def tree_text(node: Any) -> str:
    """Kind and filled fields of a node and of those below it; places in the file, context and empty fields left out.

    Python 3.12 chose other quotes in `ast.unparse` of an f-string, put empty pieces into its format, and gave every
    function an empty `type_params`; 3.13 dumps no empty field. This text is equal on 3.11 to 3.13.
    """
    if isinstance(node, list):
        return f"[{', '.join(map(tree_text, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.JoinedStr):
        node = ast.JoinedStr([part for part in node.values if getattr(part, "value", None) != ""])
    filled = [(name, value) for name, value in ast.iter_fields(node) if value is not None and value != []]
    said = [f"{name}={tree_text(value)}" for name, value in filled if name not in ("ctx", "kind")]
    return f"{type(node).__name__}({', '.join(said)})"
