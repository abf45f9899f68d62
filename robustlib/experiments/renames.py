"""What older result files call otherwise: they are read in today's words, and never rewritten."""

from typing import Any

from robustlib.precision import replaced


def in_todays_words(result: dict[str, Any]) -> dict[str, Any]:
    """A result file as one written today would say it.

    Before `hardware` was recorded, a recipe and its attacks named the dtype of their arithmetic. Today they ask for
    "fast", and the record says what that came to: torch.bfloat16 in every one of those files.
    """
    if "hardware" in result:
        return result
    described = {part: result[part] for part in ("recipe", "attacks", "evaluation") if part in result}
    return result | replaced(described, "torch.bfloat16", "fast") | {"hardware": {"fast": "torch.bfloat16"}}
