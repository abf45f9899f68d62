"""The judge: runs somebody's attack on copies of a locked target, and says of every image whether it was fooled."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from robustlib.describe import weights_hash
from robustlib.evaluation.card.limit import LimitReached
from robustlib.gradient import clean_logits
from robustlib.interfaces import Images, Labels
from robustlib.labs.judgement import Judgement
from robustlib.labs.meter import Meter, metered
from robustlib.labs.mistake import mistake
from robustlib.labs.target import Target
from robustlib.labs.verdict import NOT_JUDGED, SHAPE, Verdict, admissible, check_answer, verdict
from robustlib.modes import evaluating, seeded

Said = tuple[Tensor, Tensor | None]  # logits (n, k), and scores (n,) of the detector


def judge(attack: Callable[[nn.Module, Images, Labels], Any], target: Target, seed: int = 0) -> Judgement:
    """Run an attack on a target once, on all its images together, and judge what it returns.

    The attack gets a copy of the network, of the images and of the labels. The judge keeps no network while it runs: it
    loads one before and one after, which have to have the same weights and to say the same of the clean images. Passes
    are counted as in `evaluation.cost`, and the limit of the target stops the attack. Random numbers follow from the
    seed; a network that draws some is judged on one draw.

    The whole attack counts for nothing where it raised an error, met the limit, or changed weights, or the network as
    it is loaded. All else is judged image by image. Attack and judge run in one process: this stops slips and
    short cuts, but not a program that is written to deceive, nor one that never ends and asks no network.

    Raises: TypeError for an attack that cannot be called; ValueError for a target whose network misreads a clean image,
    or whose detector refuses one.
    """
    if not callable(attack):
        raise TypeError(f"an attack is called with model, x, y, got a {type(attack).__name__}")
    x, y = target.images()
    network = target.network()
    locked, clean = weights_hash(network), said(target, network, x, y, seed)
    check_clean(target, clean, y)
    given, meter, refused, answer = (x.clone(), y.clone()), Meter(), "", None
    try:
        with metered(network, target.limit * len(x)) as meter, seeded(seed, "attack", x.device), torch.enable_grad():
            answer = attack(network, *given)
    except LimitReached:
        pass
    except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever somebody's attack raises is told to them)
        refused = mistake(error, attack)
    if meter.stopped:
        refused = f"it was stopped at the limit of {target.limit:,} passes an image"
    elif not refused and weights_hash(network) != locked:
        refused = "the attack changed the weights of the network that it was given; only images may change"
    after = target.network()
    if not refused and (weights_hash(after) != locked or not same(said(target, after, x, y, seed), clean)):
        refused = "the target is no longer the one that was locked: its network answers otherwise after the attack"
    found = all_of(target, NOT_JUDGED, refused) if refused else verdicts(target, after, answer, x, y, seed)
    wrote = not torch.equal(given[0], x) or not torch.equal(given[1], y)
    notes = ("It wrote into the images or labels that it was given; they were copies.",) if wrote else ()
    forward, backward = meter.forward / len(x), meter.backward / len(x)
    return Judgement(target.name, found, forward, backward, target.limit, target.goal, refused, notes)


@torch.no_grad()
def said(target: Target, network: nn.Module, x: Images, y: Labels, seed: int) -> Said:
    """What a network says of images, and its detector, seeded and in eval mode."""
    with seeded(seed, "verdict", x.device), evaluating(network):
        logits = clean_logits(network, x, y)
        score = None if target.detector is None else target.detector(network).score(x)
    return logits, score


def same(one: Said, other: Said) -> bool:
    """Whether two networks and their detectors say the same, but for rounding."""
    told = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return all(torch.allclose(a, b, 1e-3, 1e-3 * a.abs().max().item()) for a, b in told)


def standing(target: Target, seed: int = 0) -> tuple[int, ...]:
    """The indices of those images of a target that its network reads right and its detector accepts."""
    x, y = target.images()
    right = stands(target, said(target, target.network(), x, y, seed), y)
    return tuple(index for index, good in zip(target.rows, right.tolist(), strict=True) if good)


def stands(target: Target, clean: Said, y: Labels) -> Bool[Tensor, " n"]:
    """Which images are read right and accepted."""
    right = clean[0].argmax(1) == y
    return right if clean[1] is None or target.threshold is None else right & (clean[1] >= target.threshold)


def check_clean(target: Target, clean: Said, y: Labels) -> None:
    """Raises: ValueError for an image that is fooled, or refused, before any attack."""
    right = stands(target, clean, y)
    if not right.all():
        listed = [index for index, good in zip(target.rows, right.tolist(), strict=True) if not good]
        raise ValueError(f"{target.name}: images {listed} are misread or refused before any attack; leave them out")


def verdicts(target: Target, network: nn.Module, answer: Any, x: Images, y: Labels, seed: int) -> tuple[Verdict, ...]:
    """The verdict on each image of the answer; one outside the threat model is not shown to the network."""
    if why := check_answer(answer, x):
        return all_of(target, SHAPE, why)
    x_adv = answer.detach().to(x).clone()
    found = admissible(x_adv, x, target.rows, target.norm, target.eps)
    for i, broken in enumerate(found):
        if broken is not None:
            x_adv[i] = x[i]
    logits, score = said(target, network, x_adv, y, seed)
    says, scores = logits.argmax(1).tolist(), [None] * len(x) if score is None else score.tolist()
    each = zip(target.rows, says, y.tolist(), scores, strict=True)
    judged = [verdict(*of, target.threshold) for of in each]
    return tuple(broken or inside for broken, inside in zip(found, judged, strict=True))


def all_of(target: Target, fate: str, why: str) -> tuple[Verdict, ...]:
    """The same verdict on every image."""
    return tuple(Verdict(index, fate, why) for index in target.rows)
