"""Rows of ten images by hand: two defences with their controls, and the cards of one of them."""

from typing import Any

import torch
from chapters.stored_by_hand import of_ten

from robustlib.experiments import Row
from robustlib.experiments.card_rows import PRINTED, SUITE, WHOLE
from robustlib.experiments.rows import pack

MAD, CE = "madnet-mnist-resnet8-mad", "madnet-mnist-resnet8-ce"
DUNDI, NATIVE = "dundi-mnist-r1", "dundi-mnist-native1"
RULE = "two-step, 10 oracles"
CLEAN = "right on the source when clean"


def fate(bits: str, attack: str, eps: float | None = 0.1, **columns: Any) -> Row:
    """An accuracy of which it is written for each image whether it stands."""
    right = torch.tensor([c == "1" for c in bits])
    share = right.double().mean().item()
    ball = {} if eps is None else {"norm": "Linf", "eps": eps, "largest_linf": columns.pop("moved", eps)}
    return Row("accuracy", share, len(right), 0.0, 1.0, attack=attack, bits=pack(right), **ball, **columns)


FILES: dict[tuple[str, str, int], list[Row]] = {
    (MAD, "white-box", 0): [
        of_ten(9, attack="PGD", norm="Linf", eps=0.1, images="clean-correct"),
        fate("1111100000", "BIM"),
    ],
    (MAD, "adaptive", 0): [
        fate("0111111111", "margin PGD"),
        fate("1100000000", "transfer from CE", source=CE),  # its control cannot meet it
        fate("0000000000", "worst case"),  # a union by itself, not an attack
        fate("0000000000", "PGD-10", 0.2),  # of a larger ball
        fate("0000000000", "margin PGD", 0.05, moved=0.3),  # left its ball
    ],
    (MAD, "standard", 0): [fate("1111111110", "AutoAttack"), fate("1110111111", "FGSM", 0.05)],
    (CE, "white-box", 0): [
        of_ten(1, attack="PGD", norm="Linf", eps=0.1, images="clean-correct"),
        fate("1000000001", "BIM"),
    ],
    (CE, "adaptive", 0): [fate("1111111111", "margin PGD"), fate("0" * 10, "worst case")],
    (CE, "standard", 0): [fate("1111111110", "AutoAttack"), fate("1111111111", "FGSM", 0.05)],
    (DUNDI, "transfer", 0): [
        of_ten(8, attack="iFGSM-a", norm="Linf", eps=0.3, images=CLEAN, defense=RULE, source="dundi-mnist-feinman"),
        of_ten(2, attack="iFGSM-a", norm="Linf", eps=0.3, images=CLEAN, defense="two-step, 1 oracle", source="x"),
    ],
    (DUNDI, "white-box", 0): [fate("1000000000", "margin PGD on distances", 0.3, defense=RULE)],
    (NATIVE, "transfer", 0): [of_ten(9, attack="iFGSM-a", norm="Linf", eps=0.3, images=CLEAN, source="x")],
    (NATIVE, "white-box", 0): [fate("1110000000", "margin PGD", 0.3)],
}


def card(evaluation: str, eps: float, right: int, **found: float | None) -> list[Row]:
    """The rows of a card: each check with 1, 0 or None, and the whole as they make it."""
    at: dict[str, Any] = {"attack": evaluation, "norm": "Linf", "eps": eps}
    values = {name.replace("_", " "): value for name, value in found.items()}
    whole = 0.0 if 0.0 in values.values() else 1.0 if 1.0 in values.values() else None
    checks = [Row(name, value, 10, **at) for name, value in values.items()]
    return [of_ten(9), of_ten(right, **at), *checks, Row(WHOLE, whole, 10, **at)]


CARDS: dict[tuple[str, str, int], list[Row]] = {
    (MAD, "card", 0): card(PRINTED, 0.1, 7, reach=1.0, doubled_steps=0.0, lower_envelope=0.0),
    (MAD, "own-card", 0): card(SUITE, 0.1, 2, reach=1.0, doubled_steps=1.0, lower_envelope=0.0),
    (DUNDI, "card", 0): card(PRINTED, 0.3, 5, transfer_failure=1.0, reach=None),
    (DUNDI, "own-card", 0): card(SUITE, 0.3, 1, noise_floor=0.0, reach=1.0),
}
