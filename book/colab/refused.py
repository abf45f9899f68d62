"""Why a chapter is not converted."""


class Refused(Exception):
    """Something in a cell that a reader of the converted notebook would see raw, or not at all."""
