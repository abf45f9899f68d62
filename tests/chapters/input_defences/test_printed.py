"""How many of the printed values of AT²L's tables of input defences have a stored row of ours beside them."""

import robustlib.chapters  # noqa: F401 (joins the registry)
from robustlib.chapters.input_defences.printed_tables import covered


def test_half_of_what_is_printed_has_ours_beside_it():
    there, printed = covered()
    assert printed == 147 and 2 * there >= printed, f"{there} of {printed}"
