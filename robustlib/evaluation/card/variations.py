"""The evaluation's own attacks with a field changed, however deep in wrappers: more steps, another radius or loss."""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Any

from torch.nn import Module

from robustlib.attacks import APGD, BIM, FGSM, MIM, PGD
from robustlib.interfaces import Attack, Loss

CLIMBERS = (FGSM, BIM, MIM, PGD, APGD)  # whose loss is one of logits and labels, and may be exchanged
MARKS = {"attack", "attacks", "eps", "steps", "queries"}  # a value with one of these fields, that is called, attacks


def names(value: Any) -> set[str]:
    """The fields of a dataclass, none of any other value."""
    return {f.name for f in fields(value)} if is_dataclass(value) else set()


def is_attack(value: Any) -> bool:
    """Whether a field's value is an attack that can be looked into."""
    return is_dataclass(value) and not isinstance(value, type) and callable(value) and bool(names(value) & MARKS)


def inside(attack: Attack) -> Iterator[Any]:
    """The attack and all attacks that it is made of, from the outside in."""
    yield attack
    for name in sorted(names(attack)):
        value = getattr(attack, name)
        for part in value if isinstance(value, tuple) else (value,):
            if is_attack(part):
                yield from inside(part)


def rewritten(attack: Any, change: Callable[[Any], dict[str, Any]]) -> Any:
    """The attack with `change(part)` replaced in each attack that it is made of; itself where nothing changes."""
    if not is_attack(attack):
        return attack
    new = change(attack)
    for name in names(attack) - set(new):
        value = getattr(attack, name)
        parts = value if isinstance(value, tuple) else (value,)
        if parts and all(map(is_attack, parts)):
            made = tuple(rewritten(part, change) for part in parts)
            if any(a is not b for a, b in zip(parts, made, strict=True)):
                new[name] = made if isinstance(value, tuple) else made[0]
    return replace(attack, **new) if new else attack


def with_steps(attack: Attack, times: float) -> Attack:
    """`times` as many steps, and queries, at least 1; a stated step size stays, one that follows from eps and steps
    follows.
    """

    def change(part: Any) -> dict[str, Any]:
        return {name: max(1, round(times * getattr(part, name))) for name in names(part) & {"steps", "queries"}}

    return rewritten(attack, change)


def shortened(attack: Attack, passes: int) -> Attack:
    """At most as many steps as so many forward and backward passes allow, half of them each, or as many queries; a
    stated step size grows, so that the steps together stay as long.
    """
    most = {"steps": max(1, passes // 2), "queries": passes}

    def change(part: Any) -> dict[str, Any]:
        new = {name: few for name, few in most.items() if name in names(part) and getattr(part, name) > few}
        stated = "steps" in new and getattr(part, "alpha", None) is not None and step_of(part) is not None
        return new | ({"alpha": part.alpha * part.steps / new["steps"]} if stated else {})

    return rewritten(attack, change)


def at_radius(attack: Attack, eps: float) -> Attack:
    """The attack in the ball of radius eps, its step in proportion."""

    def change(part: Any) -> dict[str, Any]:
        own = getattr(part, "eps", None)
        if "eps" not in names(part) or own is None:
            return {}
        alpha = step_of(part) if getattr(part, "alpha", None) is not None else None
        return {"eps": eps} | ({"alpha": alpha * eps / own} if alpha is not None and own > 0 else {})

    return rewritten(attack, change)


def with_loss(attack: Attack, loss: Loss) -> Attack:
    """The attack that climbs another loss, where it climbs one of logits and labels."""
    return rewritten(attack, lambda part: {"loss": loss} if isinstance(part, CLIMBERS) else {})


def to_the_end(attack: Attack) -> Attack:
    """The attack that takes all its steps also where an image is broken."""
    return rewritten(attack, lambda part: {"stop_early": False} if "stop_early" in names(part) else {})


def step_of(part: Any) -> float | None:
    """The length of a step in pixel units; None where there is no fixed one, as in APGD, whose alpha is a weight."""
    if not {"eps", "steps", "alpha"} <= names(part) or "rho" in names(part):
        return None
    if part.alpha is not None:
        return float(part.alpha)
    times = 2.5 if isinstance(part, PGD) else 1.0 if isinstance(part, BIM | MIM) else None
    return None if times is None else times * part.eps / part.steps


def in_words(value: Any) -> str:
    """The attack with its radius, its steps and what differs from the defaults: "PGD(eps=0.3, steps=20)"."""
    if is_dataclass(value) and not isinstance(value, type):
        shown = [f for f in fields(value) if f.name in ("eps", "steps") or not _default(f, getattr(value, f.name))]
        return f"{type(value).__name__}({', '.join(f'{f.name}={in_words(getattr(value, f.name))}' for f in shown)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(in_words, value))})"
    if isinstance(value, float):
        return f"{value:.4g}"
    return type(value).__name__ if isinstance(value, Module) else getattr(value, "__qualname__", repr(value))


def _default(slot: Field[Any], value: Any) -> bool:
    if slot.default_factory is not MISSING:
        return bool(slot.default_factory() == value)
    return slot.default is not MISSING and slot.default is value or type(value) is float and slot.default == value
