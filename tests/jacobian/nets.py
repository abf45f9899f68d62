"""Networks and images whose Jacobians are known, or can be computed one number at a time."""

import torch
from objectives.toys import wave
from torch import Tensor, nn

from robustlib.models import Classifier

DOUBLE = torch.float64


def filled(model: nn.Module, scale: float = 0.5) -> nn.Module:
    """The model in float64, with weights that hang on no generator."""
    model = model.double()
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(scale * wave(*p.shape, pace=1 + 0.1 * i))
    return model


def smooth() -> Classifier:
    """Nine pixels, five features, three classes, and nowhere a corner."""
    body = nn.Sequential(nn.Flatten(), nn.Linear(9, 7), nn.Tanh(), nn.Linear(7, 5), nn.Tanh())
    model = filled(Classifier(body, nn.Linear(5, 3)))
    assert isinstance(model, Classifier)
    return model


def affine() -> Classifier:
    """Features W x + b, so that the Jacobian is W everywhere."""
    model = filled(Classifier(nn.Sequential(nn.Flatten(), nn.Linear(9, 5)), nn.Linear(5, 3)))
    assert isinstance(model, Classifier)
    return model


def normed(last: bool = False) -> Classifier:
    """With batch-norm inside, or as the last step of the body."""
    layers: list[nn.Module] = [nn.Conv2d(1, 3, 2), nn.BatchNorm2d(3), nn.LeakyReLU(0.1), nn.Flatten(), nn.Linear(12, 4)]
    if last:
        layers.append(nn.BatchNorm1d(4))
    model = filled(Classifier(nn.Sequential(*layers), nn.Linear(4, 3)))
    assert isinstance(model, Classifier)
    return model


def images(n: int = 6) -> Tensor:
    return (0.5 + 0.4 * wave(n, 1, 3, 3)).double().requires_grad_()


def blocks(of, x: Tensor) -> Tensor:
    """The Jacobian of every output of every example by every pixel of every example, (n, d, n, pixels), by a loop."""
    z = of(x)
    rows = [[torch.autograd.grad(v, x, retain_graph=True)[0].flatten(1) for v in row] for row in z]
    return torch.stack([torch.stack(row) for row in rows])
