"""The rows of attacks, without one of the clean images, of which a measurement has one already."""

from collections.abc import Mapping
from typing import Any

from robustlib.evaluation import Outcome
from robustlib.experiments.attack_rows import accuracy_rows
from robustlib.experiments.rows import Row
from robustlib.interfaces import Attack


def without_clean(found: Mapping[str, Outcome], attacks: Mapping[str, Attack], **columns: Any) -> list[Row]:
    """A row for each outcome but "clean", with these columns over those that the attacks say of themselves."""
    return accuracy_rows({name: outcome for name, outcome in found.items() if name != "clean"}, attacks, **columns)
