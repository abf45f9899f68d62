"""Distillation: a student learns a network that may only be asked, and gives an attacker the gradients it lacks."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from robustlib.door import check_answer, check_images, check_logits, check_model
from robustlib.gradient import evaluating, input_gradient, search_logits
from robustlib.interfaces import Images, Logits, Terms
from robustlib.training.fit import fit
from robustlib.training.optimizers import SGD, Adam

Answers = Literal["probabilities", "labels"]
Answer = Float[Tensor, "n k"]  # probabilities, or one-hot


def distil(
    target: Callable[[Images], Logits],  # a network, or any function of images: it is asked, not looked into
    student: nn.Module,
    x: Images,
    *,
    optimizer: SGD | Adam = Adam(),
    epochs: int = 10,  # in each round, >= 1
    size: int = 128,  # images in a batch, >= 1
    answers: Answers = "probabilities",
    rounds: int = 0,  # of augmentation, each of which doubles the images
    step: float = 0.1,  # of the augmentation, pixel units, > 0
    checkpoint: Path | str | None = None,  # each round writes here, with its number at the end, and is resumed
    progress: bool = True,
) -> nn.Module:
    r"""Train the student on the target's answers to images, and return it in eval mode, as `Transfer`'s source.

    .. math:: \min_\theta -\sum_i p(x_i)^\top \log \mathrm{softmax}\, g_\theta(x_i), \quad
              x_i' = \mathrm{clip}_{[0,1]}\left(x_i + \lambda\, \mathrm{sign}\, \nabla_x\, g_{c(x_i)}(x_i)\right), \quad
              c(x) = \mathrm{arg\,max}\, p(x)

    p are the target's probabilities, or with `answers="labels"` one-hot. The target is asked once for each image, and
    no gradient of it is taken. After each round but the last the images x' join the set, with the target's answers.

    Source: Papernot et al. 2017 (Practical black-box attacks), algorithm 1; Rozenberg et al. 2020 (MadNet), section
    5.4, distils from probabilities without augmentation (rounds=0).
    Raises: ValueError for no images, unless epochs, size >= 1, rounds >= 0, step > 0 and answers is one of the two, for
    a target that returns no finite (n, k) logits, or a student with another number of classes; as `fit`.
    """
    check_images(x)
    if len(x) == 0 or min(epochs, size) < 1 or rounds < 0 or not 0 < step < float("inf"):
        found = f"{len(x)} images, epochs={epochs}, size={size}, rounds={rounds}, step={step}"
        raise ValueError(f"distil needs images, epochs >= 1, size >= 1, rounds >= 0 and step > 0, got {found}")
    if answers not in get_args(Answers):
        raise ValueError(f"answers is one of {', '.join(get_args(Answers))}, got {answers!r}")
    check_model(student, x)
    x = x.detach()
    p = ask(target, x, answers, size)
    with torch.no_grad(), evaluating(student):
        answer = search_logits(student, x[:size])
    check_logits(answer)
    if answer.shape[1] != p.shape[1]:
        raise ValueError(f"the student must give {p.shape[1]} logits, as the target does, got {answer.shape[1]}")
    for i in range(rounds + 1):
        path = None if checkpoint is None else Path(f"{checkpoint}.{i}")
        answered = Answered(x, p, size)
        fit(student, answered, mimicry, optimizer=optimizer, epochs=epochs, checkpoint=path, progress=progress)
        if i < rounds:
            nearby = torch.cat(
                [_beyond(student, x[j : j + size], p[j : j + size], step) for j in range(0, len(x), size)]
            )
            x, p = torch.cat([x, nearby]), torch.cat([p, ask(target, nearby, answers, size)])
    return student.eval()


@torch.no_grad()
def ask(target: Callable[[Images], Logits], x: Images, answers: Answers = "probabilities", size: int = 500) -> Answer:
    """What the target says of each image: probabilities, or its class as a one-hot vector; a network in eval mode.

    Raises: ValueError for anything but images, and unless the target returns finite logits (n, k); probabilities are
    none.
    """
    check_images(x)
    if not callable(target):
        raise TypeError(f"the target is a network or a function of images, got a {type(target).__name__}")
    if isinstance(target, nn.Module):
        check_model(target, x)
    with evaluating(target if isinstance(target, nn.Module) else nn.Identity()):
        logits = torch.cat(
            [check_answer(target(part.clone()), len(part), part.dtype).detach() for part in x.split(size)]
        )
    check_logits(logits)
    if answers == "labels":
        return F.one_hot(logits.argmax(1), logits.shape[1]).to(logits.dtype)
    return logits.softmax(1)


def mimicry(student: nn.Module, x: Images, p: Answer) -> Terms:
    """The mean cross-entropy of the student to the target's answers."""
    return {"mimicry": F.cross_entropy(student(x).float(), p.float())}


@dataclass(frozen=True, eq=False)
class Answered:
    """A loader: images with the target's answers, in a new order in every pass."""

    x: Images
    p: Answer
    size: int

    def __len__(self) -> int:
        return -(-len(self.x) // self.size)

    def indices(self) -> list[Tensor]:
        """Image positions of one pass, a tensor for each batch."""
        return list(torch.randperm(len(self.x)).split(self.size))

    def batch(self, index: Tensor) -> tuple[Images, Answer]:
        """(x, p)"""
        index = index.to(self.x.device)
        return self.x[index], self.p[index]


def _beyond(student: nn.Module, x: Images, p: Answer, step: float) -> Images:
    """The images, each a step along the sign of the gradient of the student's logit for the target's class."""

    def scores(images: Images) -> tuple[Logits, Tensor]:
        logits = search_logits(student, images)
        return logits, logits.gather(1, p.argmax(1, keepdim=True)).squeeze(1)

    with evaluating(student):
        g = input_gradient(scores, x)[1]
    return (x + step * g.sign()).clamp(0, 1)
