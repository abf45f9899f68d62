"""Which pixel, or pair of pixels, an adversarial saliency map points at: exact, without the table of all pairs."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Slopes = Float[Tensor, "n d"]
CELLS = 2**20  # of a table of pairs at a time


def _unit(slopes: Slopes, free: Bool[Tensor, "n d"]) -> Slopes:
    """Slopes scaled to a largest free one of 1 (1e-30 times 1e-30 is 0 in float32), and -inf where not free."""
    largest = slopes.masked_fill(~free, 0).abs().amax(1, keepdim=True).clamp(min=torch.finfo(slopes.dtype).tiny)
    return (slopes / largest).masked_fill(~free, -torch.inf)


def salient_pixel(up: Slopes, down: Slopes, free: Bool[Tensor, "n d"]) -> tuple[Int[Tensor, "n 1"], Bool[Tensor, " n"]]:
    r"""The free pixel p with the largest :math:`u_p\, v_p` among those with :math:`u_p > 0` and :math:`v_p > 0`.

    `up` is how fast the target rises with a step on each pixel, `down` how fast the sum of the other classes falls.

    Source: Papernot et al. 2016 (Limitations), equation 8. Returns: the pixel, and whether there is one.
    """
    score, pixel = (_unit(up, free).relu() * _unit(down, free).relu()).max(1, keepdim=True)
    return pixel, score.squeeze(1) > 0


def salient_pair(up: Slopes, down: Slopes, free: Bool[Tensor, "n d"]) -> tuple[Int[Tensor, "n 2"], Bool[Tensor, " n"]]:
    r"""The pair of free pixels with the largest product of its two sums, both of them positive.

    .. math:: \max_{p \ne q} (u_p + u_q)(v_p + v_q) \quad \text{with } u_p + u_q > 0,\ v_p + v_q > 0

    No pair with p scores above :math:`(u_p + \max u)_+ (v_p + \max v)_+`, nor, as a product is at most the squared
    mean, above :math:`(w_p + \max w)_+^2 / 4` with :math:`w = \lambda u + v / \lambda` for any :math:`\lambda > 0`,
    here that of the best pair so far. The pixels are taken in the order of the smaller bound, each against all others
    and then out; when no bound is above the best pair, it is the best of all. A few pixels are usually enough, and
    memory grows with d, not with its square. Sums that are rounding errors, of slopes that cancel, qualify for nothing.

    Source: Papernot et al. 2016 (Limitations), algorithm 3. Returns: the pair, and whether there is one.
    """
    u, v = _unit(up, free), _unit(down, free)
    pair = torch.zeros(len(u), 2, dtype=torch.int64, device=u.device)
    error = 8 * torch.finfo(u.dtype).eps  # of a sum of slopes, which are at most 1 here
    best = torch.full((len(u),), (2 * error) ** 2, dtype=u.dtype, device=u.device)
    balance = torch.ones_like(best)  # lambda
    rows = torch.arange(len(u), device=u.device)
    while len(rows):
        bound = (u + u.amax(1, keepdim=True)).relu_() * (v + v.amax(1, keepdim=True)).relu_()
        scale = balance[rows, None]
        w = (scale * u).add_(v / scale)
        highest = w.amax(1, keepdim=True) + error * (scale + 1 / scale)
        bound = bound.minimum((w + highest).relu_().square_().div_(4))
        some = min(u.shape[1], max(1, min(8, CELLS // bound.numel())))
        top, first = bound.topk(some, 1)
        open_ = top[:, 0] > best[rows]
        if not open_.all():
            rows, u, v, bound, first = (t[open_] for t in (rows, u, v, bound, first))
            if len(rows) == 0:
                break
        table = (u.gather(1, first)[:, :, None] + u[:, None]).relu_()
        table.mul_((v.gather(1, first)[:, :, None] + v[:, None]).relu_())
        table.scatter_(2, first[:, :, None], 0)  # a pixel is not its own partner
        score, cell = table.flatten(1).max(1)
        better = score > best[rows]
        found = torch.stack([first.gather(1, cell[:, None] // u.shape[1])[:, 0], cell % u.shape[1]], 1)
        best[rows[better]], pair[rows[better]] = score[better], found[better]
        ratio = (v.gather(1, found).sum(1) / u.gather(1, found).sum(1)).sqrt()
        balance[rows[better]] = ratio[better].clamp(1e-3, 1e3)
        out = (bound <= best[rows, None]).scatter_(1, first, True)
        u, v = u.masked_fill_(out, -torch.inf), v.masked_fill_(out, -torch.inf)
    return pair, best > (2 * error) ** 2
