"""Every table of the chapter by its name: AT²L's, those of this book, and what is left of each defence."""

from collections.abc import Callable
from functools import partial
from typing import Any

from robustlib.chapters.input_defences.card_tables import cards, cost
from robustlib.chapters.input_defences.printed_tables import defense_gan, thermometers
from robustlib.chapters.input_defences.randomisation_tables import imagenet, randomised
from robustlib.chapters.input_defences.what_is_left import what_is_left

table1 = thermometers
table2 = imagenet
table3 = defense_gan
supplement8 = partial(thermometers, "supp_table8")
supplement9 = partial(thermometers, "supp_table9")
supplement10 = partial(thermometers, "supp_table10")
supplement11 = partial(thermometers, "supp_table11")
supplement12 = partial(imagenet, "supp_table12")
supplement13 = partial(imagenet, "supp_table13")
supplement14 = partial(defense_gan, "supp_table14")

TABLES: dict[str, Callable[[], Any]] = {
    "table1": table1, "table2": table2, "table3": table3, "supplement8": supplement8, "supplement9": supplement9,
    "supplement10": supplement10, "supplement11": supplement11, "supplement12": supplement12,
    "supplement13": supplement13, "supplement14": supplement14, "randomised": randomised,
    "what_is_left": what_is_left, "cost": cost, "cards": cards,
}  # fmt: skip
