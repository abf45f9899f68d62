"""Other attacks beside the evaluation's own: what they break that it leaves standing."""

from functools import partial

import torch
from torch import Tensor

from robustlib.attacks import BIM, FGSM, PGD, Noise, Restarts, Square, Transfer
from robustlib.evaluation.card.answers import images_of
from robustlib.evaluation.card.bench import Bench
from robustlib.evaluation.card.budget import counts, rises
from robustlib.evaluation.card.check import CANNOT, PASSES, Finding, Question
from robustlib.evaluation.card.gradients import losses
from robustlib.evaluation.card.variations import inside, with_loss
from robustlib.losses import cross_entropy, margin
from robustlib.modes import seeded

DRAWS = 10  # of noise, for each image


def single_step_and_iterated(bench: Bench) -> Finding:
    """Whether the evaluation leaves no more standing than BIM in 10 steps, and BIM no more than FGSM."""
    norm, loss = bench.settings.norm, losses(bench)[0]
    stands = [("the evaluation", bench.evaluation())]
    for attack in (BIM(bench.eps, norm=norm, loss=loss), FGSM(bench.eps, norm=norm, loss=loss)):
        stands.append((type(attack).__name__, bench.standing(f"{type(attack).__name__} of the card", attack)))
    return bench.counted(rises(stands[::-1]), counts(stands, bench.n))


def margin_against_cross_entropy(bench: Bench) -> Finding:
    """Whether the evaluation on the margin, or on the cross-entropy, breaks more than as it is, by more than chance."""
    found = [("as stated", bench.evaluation())]
    for loss, label in ((cross_entropy, "on the cross-entropy"), (margin, "on the margin")):
        if losses(bench) == [loss]:
            continue
        stands = bench.varied(partial(with_loss, loss=loss), label)
        if stands is None:  # no attack of the evaluation has a loss to exchange
            stands = bench.standing(
                f"PGD {label}", PGD(bench.eps, norm=bench.settings.norm, loss=loss, stop_early=True)
            )
        found.append((label, stands))
    least = min(int(of.sum()) for _, of in found)
    return bench.counted(int(found[0][1].sum()) - least, counts(found, bench.n))


def black_box_against_white_box(bench: Bench) -> Finding:
    """How many images that the evaluation leaves standing fall to Square, or to PGD on another network."""
    stands = bench.evaluation()
    settings, said, broken = bench.settings, [], torch.zeros(bench.n, dtype=torch.bool)
    rivals = {f"Square in {settings.queries} queries": Square(bench.eps, settings.queries, norm=settings.norm)}
    if settings.source is not None:
        rivals["PGD on another network"] = Transfer(settings.source, PGD(bench.eps, norm=settings.norm))  # type: ignore[assignment]
    for name, attack in rivals.items():
        fell = stands & ~bench.standing(name, attack, among=stands)
        broken |= fell
        said.append(f"{name} breaks {int(fell.sum())}")
    text = f"of {int(stands.sum())} images that stand, {', '.join(said)}"
    return bench.counted(int(broken.sum()), text)


def noise_floor(bench: Bench) -> Finding:
    """Whether noise breaks what the evaluation does not, and whether the evaluation breaks more than noise does."""
    stands, right = bench.evaluation(), bench.clean()
    noise = Restarts(Noise(bench.eps, norm=bench.settings.norm), DRAWS)
    under = bench.standing(f"noise, {DRAWS} draws", noise)
    only = int((stands & ~under).sum())
    beyond = int(under.sum()) - int((stands & under).sum())
    said = (
        f"{DRAWS} draws of noise break {int(right.sum()) - int(under.sum())} of {int(right.sum())} images, {only} of "
        f"them not broken by the evaluation, which breaks {beyond} that noise does not"
    )
    if only <= bench.slack and beyond <= bench.slack and int(stands.sum()) > bench.slack:
        return Finding(CANNOT, f"{said}: it is no stronger than noise, or eps is too small to break anything")
    return bench.counted(only, said)


def transfer_failure(bench: Bench) -> Finding:
    """Of an evaluation that only transfers: how many images fool the source and not the target (Pintor et al. 2022)."""
    whole = {name: [part for part in inside(a) if isinstance(part, Transfer)] for name, a in bench.attacks.items()}
    if not all(whole.values()):
        return Finding(PASSES, "the evaluation asks the model itself")

    def measure() -> dict[str, Tensor]:
        fooled = torch.zeros(bench.n, dtype=torch.bool)
        for name, attack in bench.attacks.items():
            for rows in bench.rows(bench.clean()):
                at = rows.to(bench.x.device)
                with seeded(bench.settings.seed, name, bench.x.device), torch.no_grad():
                    x_adv = images_of(attack, bench.model, bench.x[at], bench.y[at])
                    for part in whole[name]:
                        fooled[rows] |= (part.source(x_adv).argmax(1) != bench.y[at]).cpu()
        return {"fooled": fooled}

    stands = bench.evaluation()
    fooled = bench.measured("fooled sources", measure)["fooled"]
    count = int((fooled & stands).sum())
    return bench.counted(count, f"{count} images fool the source, and stand at the model")


QUESTIONS = (
    Question(
        "PGD, BIM, FGSM",
        "Many small steps can do what one large step does, and more: an order turned round is the mark of an attack "
        "that cannot reach eps, or of a masked gradient. Athalye et al. 2018.",
        "Check steps x alpha, then the gradients.",
        single_step_and_iterated,
    ),
    Question(
        "margin against cross-entropy",
        "A loss that saturates hides its gradient: if another loss breaks more, the number was the loss's.",
        "Report the worst of both losses, image by image.",
        margin_against_cross_entropy,
    ),
    Question(
        "black box against white box",
        "Who knows the weights can do all that who only asks can: what the black box breaks, the white box missed. "
        "Athalye et al. 2018; Carlini et al. 2019.",
        "Count these images as broken, and repair the white box attack: gradients, loss, BPDA, EOT.",
        black_box_against_white_box,
    ),
    Question(
        "noise floor",
        "Noise needs no gradient: what it breaks, every attack should.",
        "Count these images as broken; an attack that only equals noise has followed nothing.",
        noise_floor,
    ),
    Question(
        "transfer failure",
        "Images that fool another network and not this one say how far the two differ, not how far this one is robust. "
        "Pintor et al. 2022 (transfer failure).",
        "Attack the model itself.",
        transfer_failure,
    ),
)  # fmt: skip
