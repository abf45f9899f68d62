"""Attacks on a classifier with a detector: closed forms, the threshold, what is left alone, and bad detectors."""

from dataclasses import replace

import pytest
import torch
from attacks.detectors import Constant, Grey, Kernels, Plane
from attacks.targets import batch, network
from attacks.test_attack_inputs import ANSWERS, IMAGES, answering
from torch import nn

from robustlib.attacks import (
    DDN,
    PGD,
    CarliniWagner,
    CarliniWagnerWB,
    DetectorAwareCW,
    DetectorAwarePGD,
    Restarts,
    Undetected,
    evades,
    threshold_at,
)
from robustlib.attacks.climb import is_broken
from robustlib.attacks.guides import Weighted, orthogonal, selective
from robustlib.evaluation import under_attack
from robustlib.geometry import L2, Linf
from robustlib.losses import margin
from robustlib.models import Classifier


def affine(pixels: int = 12) -> Classifier:
    torch.manual_seed(2)
    head = nn.Linear(pixels, 2)
    with torch.no_grad():
        head.bias.copy_(-head.weight.sum(1) / 2)  # the boundary meets the grey image
    return Classifier(nn.Flatten(), head).double().eval()


def grey(n: int = 6) -> torch.Tensor:
    return 0.4 + 0.2 * torch.rand(n, 1, 3, 4, generator=torch.Generator().manual_seed(4), dtype=torch.float64)


def half_spaces(model, x, y, plane, threshold):
    """The two conditions a . d >= alpha, b . d >= beta on a perturbation d: misclassified, and accepted."""
    w = model.head.weight.detach()
    a, alpha = w[1 - y] - w[y], -margin(model(x), y).detach()
    return a, alpha, plane.w.flatten().expand_as(a), threshold - plane.score(x)


def nearest(a, alpha, b, beta):
    """The length of the shortest d in both half-spaces."""
    on_a, on_b = (n * (c / n.square().sum(1))[:, None] for n, c in ((a, alpha), (b, beta)))
    rows = torch.stack([a, b], 1)
    both = rows.transpose(1, 2) @ torch.linalg.solve(
        rows @ rows.transpose(1, 2), torch.stack([alpha, beta], 1)[..., None]
    )
    lengths = []
    for d in (on_a, on_b, both.squeeze(2)):
        inside = ((a * d).sum(1) >= alpha - 1e-9) & ((b * d).sum(1) >= beta - 1e-9)
        lengths.append(d.norm(dim=1).masked_fill(~inside, torch.inf))
    return torch.stack(lengths).amin(0)


def least_eps(a, alpha, b, beta):
    """The least L-infinity radius with a point in both half-spaces, by duality over their mixtures."""
    mix = torch.linspace(0, 1, 4001, dtype=a.dtype)[:, None]
    normals = mix[..., None] * a + (1 - mix)[..., None] * b
    return ((mix * alpha + (1 - mix) * beta) / normals.abs().sum(2)).amax(0)


@pytest.fixture(scope="module")
def planes():
    """An affine pair: for some images the detector costs nothing, for most it does."""
    model, x = affine(), grey()
    y = model(x).argmax(1)
    torch.manual_seed(6)
    plane = Plane(torch.randn(1, 3, 4).double())
    threshold = plane.score(x).max().item() + 0.15  # the clean images are rejected: both conditions have to be met
    return model, x, y, plane, threshold


CW = {"binary_search_steps": 5, "steps": 50, "lr": 0.03, "c": 0.3}


@pytest.mark.parametrize(("weight", "targets"), [(1.0, 0), (0.3, 1)])
def test_the_least_distance_to_two_half_spaces(planes, weight, targets):
    model, x, y, plane, threshold = planes
    best = nearest(*half_spaces(model, x, y, plane, threshold))
    alone = half_spaces(model, x, y, plane, -1e9)
    assert (best > 1.02 * nearest(*alone)).sum() >= 3, "the detector costs nothing"
    attack = DetectorAwareCW(**CW, detector=plane, threshold=threshold, weight=weight, targets=targets)
    x_adv = attack(model, x, y)
    assert evades(model, plane, threshold, x_adv, y).all()
    distance = L2().size(x_adv - x)
    assert (distance >= best - 1e-9).all() and (distance <= 1.1 * best).all() and distance.sum() < 1.04 * best.sum()


@pytest.mark.parametrize("guide", [selective, orthogonal], ids=["selective", "orthogonal"])
def test_the_least_radius_with_both(planes, guide):
    model, x, y, plane, threshold = planes
    least = least_eps(*half_spaces(model, x, y, plane, threshold))
    attack = DetectorAwarePGD(plane, threshold, guide=guide, steps=30)
    for i in range(4):
        near, label = x[i : i + 1], y[i : i + 1]
        below, above = (replace(attack, eps=factor * least[i].item()) for factor in (0.98, 1.1))
        assert torch.equal(below(model, near, label), near)
        x_adv = above(model, near, label)
        assert evades(model, plane, threshold, x_adv, label).all()
        assert Linf().size(x_adv - near).item() <= above.eps + 1e-9


def trained():
    """A network, images it gets right, and a density of their features that most of them pass."""
    model = network()
    x, y = batch(model, 24)
    detector = Kernels(model.features(x), 1.0, model.body)
    return model, x, y, detector, threshold_at(detector, x, 0.1)


PAIRS = {
    "CW": lambda d, t: DetectorAwareCW(3, 16, 0.1, 1, detector=d, threshold=t),
    "CW-targets": lambda d, t: DetectorAwareCW(2, 12, 0.1, 2, detector=d, threshold=t, targets=2, warm_start=DDN(6)),
    "CW-targeted": lambda d, t: DetectorAwareCW(3, 16, 0.1, 2, detector=d, threshold=t, targeted=True),
    "CW-warm": lambda d, t: DetectorAwareCW(3, 12, 0.1, 1, detector=d, threshold=t, warm_start=DDN(6)),
    "CW-wb": lambda d, t: CarliniWagnerWB(3, 16, 0.1, 1, detector=d, threshold=t),
    "PGD": lambda d, t: DetectorAwarePGD(d, t, 0.3, 15),
    "PGD-still": lambda d, t: DetectorAwarePGD(d, t, 0.3, 15, random_start=False),
    "PGD-L2": lambda d, t: DetectorAwarePGD(d, t, 1.2, 15, norm=L2()),
    "PGD-targeted": lambda d, t: DetectorAwarePGD(d, t, 0.3, 15, targeted=True),
    "PGD-bf16": lambda d, t: DetectorAwarePGD(d, t, 0.3, 15, precision=torch.bfloat16),
    "Undetected": lambda d, t: Undetected(PGD(0.3, 10), d, t),
}
every_attack = pytest.mark.parametrize("name", PAIRS)


def brief(name, detector, threshold):
    """The attack of this name with few steps, where it need not get far."""
    attack = PAIRS[name](detector, threshold)
    if isinstance(attack, CarliniWagner):
        return replace(attack, binary_search_steps=2, steps=6)
    return attack if name == "Undetected" else replace(attack, steps=6)


def call(attack, model, x, y, seed=0):
    torch.manual_seed(seed)
    return attack(model, x, (y + 1) % 4 if getattr(attack, "targeted", False) else y)


@every_attack
def test_a_result_is_wrong_and_accepted_or_the_clean_image(name):
    model, x, y, detector, threshold = trained()
    attack = PAIRS[name](detector, threshold)
    x_adv = call(attack, model, x, y)
    through = evades(model, detector, threshold, x_adv, y)
    assert torch.equal(x_adv[~through], x[~through]), "an image that does not get through was moved"
    assert through.float().mean() > (0.02 if name == "Undetected" else 0.4)
    assert x_adv.min() >= 0 and x_adv.max() <= 1 and not x_adv.requires_grad
    if attack.targeted:
        assert (model(x_adv)[through].argmax(1) == (y[through] + 1) % 4).all()
    if name.startswith("PGD"):
        assert (attack.norm.size(x_adv - x) <= attack.eps + 1e-5).all()
    outcome = under_attack(model, {name: attack}, (x, y))[name] if not attack.targeted else None
    if outcome is not None:  # the classifier's own accuracy under attack counts the evasions, and nothing else
        assert abs(outcome.accuracy - (~through).float().mean().item()) < 0.11


def test_an_oblivious_attack_is_caught_where_an_adaptive_one_is_not():
    model, x, y, detector, threshold = trained()
    plain = PGD(0.3, 40)(model, x, y)
    adaptive = DetectorAwarePGD(detector, threshold, 0.3, 40)(model, x, y)
    assert is_broken(model, plain, y).float().mean() > 0.9
    caught = (~evades(model, detector, threshold, plain, y)).float().mean()
    assert caught > 0.3 and (~evades(model, detector, threshold, adaptive, y)).float().mean() < caught / 2


@pytest.mark.parametrize("name", ["CW", "PGD-still"])
def test_a_stricter_threshold_is_harder_and_an_unreachable_one_is_never_passed(name):
    model, x, y, detector, _ = trained()
    passed, lengths = [], []
    for share in (0.01, 0.95):
        threshold = threshold_at(detector, x, share)
        attack = PAIRS[name](detector, threshold)
        x_adv = (attack if name == "CW" else replace(attack, eps=0.08))(model, x, y)
        passed.append(evades(model, detector, threshold, x_adv, y).sum().item())
        lengths.append(L2().size(x_adv - x).sum().item() / max(1, passed[-1]))
    assert passed == sorted(passed, reverse=True) and passed[0] > 2 * passed[-1] or lengths[-1] > 1.2 * lengths[0]
    assert torch.equal(PAIRS[name](detector, 1.0)(model, x, y), x)  # the density's logarithm is at most 0


@every_attack
def test_a_constant_detector_adds_nothing_or_stops_everything(name):
    model, x, y, _, _ = trained()
    x, y = x[:10], y[:10]
    open_door = PAIRS[name](Constant(0.0), -1.0)
    assert evades(model, Constant(0.0), -1.0, call(open_door, model, x, y), y).float().mean() > 0.7
    assert torch.equal(call(PAIRS[name](Constant(0.0), 1.0), model, x, y), x)


def test_with_the_door_open_it_is_the_plain_attack():
    model, x, y, _, _ = trained()
    x, y = x[:6], y[:6]
    for kappa, targeted in ((0.0, False), (0.5, True)):
        plain = CarliniWagner(3, 12, 0.05, 1, kappa, targeted)
        aware = DetectorAwareCW(3, 12, 0.05, 1, kappa, targeted, detector=Constant(0.0), threshold=-1.0)
        torch.testing.assert_close(call(aware, model, x, y), call(plain, model, x, y), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["CW", "CW-warm", "PGD-still"])
def test_neighbours_change_nothing_and_a_single_example_works(name):
    model, x, y, detector, threshold = trained()
    x, y = x[:4], y[:4]
    attack = brief(name, detector, threshold)
    whole = attack(model, x, y)
    alone = torch.cat([attack(model, x[i : i + 1], y[i : i + 1]) for i in range(len(x))])
    torch.testing.assert_close(alone, whole, rtol=0, atol=2e-4)
    mixed = attack(model, x, torch.where(torch.arange(4) < 2, (y + 1) % 4, y))
    torch.testing.assert_close(mixed[2:], whole[2:], rtol=0, atol=2e-4)


def test_the_random_starts_of_the_survivors_do_not_depend_on_who_evades_first():
    model, x, y, detector, threshold = trained()
    attack = DetectorAwarePGD(detector, threshold, 0.1, 4, restarts=4)
    torch.manual_seed(0)
    whole = attack(model, x, y)
    torch.manual_seed(0)
    other = attack(model, x, torch.where(torch.arange(24) < 12, (y + 1) % 4, y))
    torch.testing.assert_close(other[12:], whole[12:], rtol=0, atol=1e-4)
    once = replace(attack, restarts=1)
    counts = [evades(model, detector, threshold, call(a, model, x, y), y).sum() for a in (once, attack)]
    assert counts[1] > counts[0]


@every_attack
def test_what_is_left_alone_and_no_grad_and_the_seed(name):
    model, x, y, detector, threshold = trained()
    x, y = x[:3], y[:3]
    attack = brief(name, detector, threshold)
    quiet = call(attack, model, x, y)
    model.train()
    detector.train()
    model.body[1].eval()
    modes = [m.training for m in [*model.modules(), *detector.modules()]]
    state, x_before = {k: v.clone() for k, v in model.state_dict().items()}, x.clone()
    with torch.no_grad():
        again = call(attack, model, x, y)
    assert torch.equal(again, quiet)  # in eval mode both, whatever they were given in
    assert [m.training for m in [*model.modules(), *detector.modules()]] == modes
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items()) and torch.equal(x, x_before)
    assert all(p.grad is None for p in model.parameters())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(call(attack, model, x, y), quiet)


@every_attack
@pytest.mark.parametrize("shape", [(2, 5, 4), (1, 1, 1)], ids=str)
def test_an_empty_batch_and_any_shape(name, shape):
    model = network(shape)
    attack = brief(name, Grey(), -0.2)
    assert attack(model, torch.zeros(0, *shape), torch.zeros(0, dtype=torch.long)).shape == (0, *shape)
    x, y = batch(model, 3, shape)
    x_adv = call(attack, model, x, y)
    assert x_adv.shape == x.shape and x_adv.min() >= 0 and x_adv.max() <= 1


@pytest.fixture(scope="module")
def far_apart():
    """Two classes whose kernels are so narrow that between them float32 has no density left."""
    centres = torch.stack([torch.full((1, 3, 4), 0.3), torch.full((1, 3, 4), 0.7)])
    head = nn.Linear(12, 2)
    with torch.no_grad():
        head.weight.copy_(torch.stack([-torch.ones(12), torch.ones(12)]))
        head.bias.copy_(torch.tensor([6.0, -6.0]))
    x = centres[[0, 1]].repeat(3, 1, 1, 1) + 0.02 * torch.rand(6, 1, 3, 4, generator=torch.Generator().manual_seed(1))
    return Classifier(nn.Flatten(), head).eval(), x, torch.tensor([0, 1] * 3), Kernels(centres, 1000.0)


def test_as_printed_the_density_underflows_and_the_stable_form_does_not(far_apart):
    model, x, y, detector = far_apart
    threshold = detector.score(x).min().item() - 2
    assert detector.score(torch.full((1, 1, 3, 4), 0.5)).exp().item() == 0  # 1000 * 12 * 0.2^2 = 480 > 104
    settings = {"lr": 0.005, "c": 1, "detector": detector, "threshold": threshold, "warm_start": DDN(20)}
    printed, stable = CarliniWagnerWB(2, 80, **settings), DetectorAwareCW(2, 80, **settings)
    assert torch.equal(printed(model, x, y), x)
    found = stable(model, x, y)
    assert evades(model, detector, threshold, found, y).all()
    assert L2().size(found - x).max() < 0.4 * 12**0.5 + 0.05  # no farther than the other centre


def test_where_the_density_does_not_underflow_the_printed_form_is_the_stable_one(far_apart):
    model, x, y, detector = far_apart
    wide = Kernels(detector.centres, 4.0)
    threshold = threshold_at(wide, x, 0.0)
    settings = {"lr": 0.02, "c": 1, "detector": wide, "threshold": threshold, "warm_start": DDN(10)}
    printed, stable = (kind(2, 30, **settings)(model, x, y) for kind in (CarliniWagnerWB, DetectorAwareCW))
    assert evades(model, wide, threshold, stable, y).all()
    torch.testing.assert_close(printed, stable, rtol=0, atol=1e-3)


def test_every_wrong_class_in_turn_finds_what_the_leading_one_hides():
    head = nn.Linear(2, 3)
    with torch.no_grad():  # from (.5, .5) class 1 lies near to the right, class 2 far to the left
        head.weight.copy_(torch.tensor([[0.0, 0.0], [4.0, 0.0], [-2.0, 0.0]]))
        head.bias.copy_(torch.tensor([0.0, -2.4, 0.4]))
    model = Classifier(nn.Flatten(), head).eval()
    left = Plane(torch.tensor([-1.0, 0.0]).reshape(1, 1, 2))  # accepted to the left only
    x, y = torch.full((1, 1, 1, 2), 0.5), torch.tensor([0])
    one = DetectorAwareCW(2, 25, 0.05, 3, detector=left, threshold=-0.45)
    assert model(x).argmax() == 0 and model(x)[0, 1] > model(x)[0, 2]
    found = replace(one, targets=2)(model, x, y)
    assert model(found).argmax() == 2 and evades(model, left, -0.45, found, y).all()
    torch.testing.assert_close(found[0, 0, 0, 0], torch.tensor(0.2), rtol=0, atol=0.01)
    assert torch.equal(replace(one, targets=1)(model, x, y), x)  # class 1 has no accepted image


def test_the_guides():
    g, s = (
        torch.tensor([[1.0, 0.0], [1.0, 0.0]]).reshape(2, 1, 1, 2),
        torch.tensor([[0.6, 0.8]] * 2).reshape(2, 1, 1, 2),
    )
    fooled = torch.tensor([False, True])
    assert torch.equal(selective(g, s, fooled), torch.stack([g[0], s[1]]))
    out = orthogonal(g, s, fooled)
    assert (out[0] * s[0]).sum().abs() < 1e-6 and (out[1] * g[1]).sum().abs() < 1e-6 and (out[0] * g[0]).sum() > 0
    torch.testing.assert_close(Weighted(0.25)(g, s, fooled), 0.75 * g + 0.25 * s)


def test_the_threshold_rejects_at_most_the_share_asked_for():
    x = torch.linspace(0, 1, 40).reshape(40, 1, 1, 1)
    plane = Plane(torch.ones(1, 1, 1))
    for share in (0.0, 0.01, 0.05, 0.1, 0.5, 0.99):
        threshold = threshold_at(plane, x, share, batch=7)
        rejected = (plane.score(x) < threshold).float().mean()
        assert rejected <= share and rejected > share - 1 / 40 - 1e-6
    for share in (-0.1, 1.0, float("nan")):
        with pytest.raises(ValueError, match="false positives must lie in"):
            threshold_at(plane, x, share)
    with pytest.raises(ValueError, match="no image"):
        threshold_at(plane, x[:0])


class Bad:
    def __init__(self, score):
        self.answer = score

    def score(self, x):
        return self.answer(x)


def flat(x):
    return x.flatten(1).sum(1)


BAD = {
    "a column": (lambda x: flat(x)[:, None], r"must be float of shape \(6,\), one per image, got .*\(6, 1\)"),
    "one number": (lambda x: flat(x).mean(), r"shape \(6,\).*got torch.float32 of shape \(\)"),
    "a verdict": (lambda x: flat(x) > 1, "got torch.bool"),
    "no tensor": (lambda x: flat(x).tolist(), "got list"),
    "NaN": (lambda x: flat(x) * float("nan"), "NaN"),
    "NaN for one": (lambda x: torch.where(torch.arange(len(x)) == len(x) - 1, float("nan"), flat(x)), "NaN"),
}


@pytest.mark.bad_input
@every_attack
@pytest.mark.parametrize("case", BAD)
def test_bad_detectors(name, case):
    model = network()
    x, y = batch(model, 6)
    answer, words = BAD[case]
    with pytest.raises(ValueError, match=words):
        call(brief(name, Bad(answer), 0.0), model, x, y)


@pytest.mark.bad_input
@every_attack
@pytest.mark.parametrize("case", ANSWERS)
def test_what_the_model_says_beside_the_detector_is_looked_at(name, case):
    model, x, y, words = answering(case)
    with pytest.raises(ValueError, match=words):
        call(brief(name, Grey(), -0.15), model, x, y)


@pytest.mark.bad_input
@every_attack
@pytest.mark.parametrize("case", ["negative label", "label k", "float16"])
def test_labels_and_images_that_do_not_fit_the_model(name, case):
    model = network()
    spoil, words = IMAGES[case]
    with pytest.raises(ValueError, match=words):  # the score is no class of its own
        brief(name, Grey(), -0.15)(model, *spoil(*batch(model)))


@pytest.mark.bad_input
@pytest.mark.parametrize("name", [n for n in PAIRS if n != "Undetected"])
def test_detectors_without_a_usable_gradient(name):
    model = network()
    x, y = batch(model, 6)
    with pytest.raises(ValueError, match="the detector's score has no gradient with respect to the pixels"):
        call(PAIRS[name](Constant(0.0, detached=True), -1.0), model, x, y)
    with pytest.raises(ValueError, match="infinite on a clean image.*use logsumexp"):
        call(PAIRS[name](Kernels(x[:1] + 1, 1e3, naive=True), -1.0), model, x, y)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):  # its own trouble is not taken for that
        call(PAIRS[name](Kernels(x, 1.0, nn.Sequential(nn.Flatten(), nn.Linear(3, 3))), -1.0), model, x, y)


@pytest.mark.bad_input
@pytest.mark.parametrize("name", ["CW", "PGD-still"])
def test_a_density_that_underflows_on_the_way_is_no_robustness(name):
    model = network()
    x, y = batch(model, 6)
    detector = Kernels(x, 1e5, naive=True)  # a number at the images themselves, log 0 a little beside them
    with pytest.raises(ValueError, match="detector's score"):
        call(PAIRS[name](detector, -1.0), model, x, y)


@pytest.mark.bad_input
@every_attack
def test_bad_thresholds_detectors_and_images(name):
    for threshold in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="threshold must be finite"):
            PAIRS[name](Constant(), threshold)
    for threshold in (None, torch.zeros(3), "5 %"):
        with pytest.raises(TypeError, match="threshold must be a number"):
            PAIRS[name](Constant(), threshold)
    with pytest.raises(TypeError, match=r"a detector has a method score\(x\)"):
        PAIRS[name](nn.Linear(2, 2), 0.0)
    model = network()
    x, y = batch(model, 6)
    for bad, labels, words in (
        (x * 2, y, r"lie in \[0, 1\]"),
        (x, y[:-1], "6 integer labels"),
        (x * float("nan"), y, "NaN"),
    ):
        with pytest.raises(ValueError, match=words):
            call(PAIRS[name](Grey(), -0.2), model, bad, labels)


def test_missing_thresholds_and_fields_out_of_range():
    for make in (DetectorAwareCW, CarliniWagnerWB, DetectorAwarePGD, Undetected):
        with pytest.raises(TypeError, match="threshold"):
            make(**({"attack": PGD()} if make is Undetected else {}), detector=Constant())
    pair = {"detector": Constant(), "threshold": 0.0}
    wrong = [{"weight": -1.0}, {"weight": float("inf")}, {"targets": -1}, {"targets": 2, "targeted": True}]
    wrong += [{"targets": 2, "warm_start": Restarts(PGD())}, {"precision": torch.bfloat16}, {"c": 0.0}, {"kappa": -1.0}]
    for fields in wrong:
        with pytest.raises(ValueError, match=next(iter(fields))):
            DetectorAwareCW(**pair, **fields)
    with pytest.raises(ValueError, match="floor"):
        CarliniWagnerWB(**pair, floor=0.0)
    for fields in ({"restarts": 0}, {"steps": 0}, {"eps": -0.1}, {"alpha": 0.0}):
        with pytest.raises(ValueError, match=next(iter(fields))):
            DetectorAwarePGD(**pair, **fields)
    for weight in (-0.1, 1.1):
        with pytest.raises(ValueError, match="weight must lie"):
            Weighted(weight)
