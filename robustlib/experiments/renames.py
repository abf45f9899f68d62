"""What older result files call otherwise: they are read in today's words, and never rewritten."""

from typing import Any

from robustlib.precision import replaced

CLASSES: dict[str, str] = {}  # former name of a class in a stored configuration: its name today


def in_todays_words(result: dict[str, Any]) -> dict[str, Any]:
    """A result file as one written today would say it.

    Before `hardware` was recorded, a recipe and its attacks named the dtype of their arithmetic. Today they ask for
    "fast", and the record says what that came to: torch.bfloat16 in every one of those files.
    """
    described = {part: _renamed(result[part]) for part in ("recipe", "attacks", "evaluation") if part in result}
    if "hardware" in result:
        return result | described
    return result | replaced(described, "torch.bfloat16", "fast") | {"hardware": {"fast": "torch.bfloat16"}}


def _renamed(description: Any) -> Any:
    """A description with the classes in it called as they are today."""
    if isinstance(description, list):
        return [_renamed(item) for item in description]
    if not isinstance(description, dict):
        return description
    found = {key: _renamed(value) for key, value in description.items()}
    if isinstance(found.get("class"), str):
        found["class"] = CLASSES.get(found["class"], found["class"])
    return found
