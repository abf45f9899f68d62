"""Figure 1a of Pang et al. 2018: the distances are those of the geometry."""

import math
import re

import pytest
import torch

from robustlib.figures import isolines, nearest_errors
from robustlib.figures.toys.isolines import ANGLES, NORMAL, SCALE, _read

STEP = 0.01


def entropy(share):
    """Of two shares that add up to one."""
    return -share * math.log(share) - (1 - share) * math.log(1 - share)


def half_width(threshold):
    """Half the width of the accepted strip, in closed form: where the difference of two logits has this entropy."""
    low, high = 0.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if entropy(1 / (1 + math.exp(-middle))) > threshold else (low, middle)
    return low / (SCALE * math.sqrt(3))  # two weight vectors at 120 degrees differ by sqrt(3) times their length


def test_the_nearest_error_is_the_projection_on_the_nearest_boundary():
    (found,) = nearest_errors([0.0], step=STEP)
    boundary = torch.tensor([math.cos(math.radians(30)), math.sin(math.radians(30))])
    along = float(torch.tensor(NORMAL) @ boundary)
    assert found.without == pytest.approx(math.sqrt(math.hypot(*NORMAL) ** 2 - along**2), abs=STEP)
    assert found.z1 == pytest.approx((along * boundary).tolist(), abs=2 * STEP)
    assert found.z2 == found.z1 and found.within == found.without and found.z1_accepted and found.z0_accepted


def test_the_nearest_accepted_error_is_where_the_strip_meets_the_boundary():
    thresholds = (0.5, 0.6, 0.65, 0.68)
    for t, found in zip(thresholds, nearest_errors(thresholds, step=STEP), strict=True):
        across = half_width(t)
        junction = (across, across * math.tan(math.radians(30)))
        assert found.z2 == pytest.approx(junction, abs=2 * STEP)
        assert found.within == pytest.approx(math.dist(NORMAL, junction), abs=2 * STEP)
        assert found.z0_accepted == (NORMAL[0] <= across)
        assert not found.z1_accepted and found.within > found.without
        assert found.confidence[1] < found.confidence[0], "z2 is less sure than z1, as the paper says"


def test_a_stricter_threshold_never_helps_the_attacker_and_helps_the_defender_little():
    """From the dashed line the point where all classes meet is 1 / sin 60 degrees times as far as the nearest."""
    found = nearest_errors([0, 0.3, 0.5, 0.6, 0.69], z0=(0.0, 1.2), step=STEP)
    assert all(a.within <= b.within for a, b in zip(found, found[1:], strict=False))
    assert found[-1].within / found[-1].without < 1 / math.sin(math.radians(60)) + 0.02
    assert found[-1].within > 1.1 * found[-1].without


def test_the_plane_is_read_as_the_paper_defines_it():
    z = 2 * torch.rand(50, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64) - 1
    says, entropies, confidence = _read(z)
    for point, k, e, c in zip(z.tolist(), says.tolist(), entropies.tolist(), confidence.tolist(), strict=True):
        logits = [SCALE * (point[0] * math.cos(math.radians(a)) + point[1] * math.sin(math.radians(a))) for a in ANGLES]
        total = sum(math.exp(v) for v in logits)
        p = [math.exp(v) / total for v in logits]
        assert k == p.index(max(p)) and c == pytest.approx(max(p))
        first, second = (v for i, v in enumerate(p) if i != k)
        assert e == pytest.approx(entropy(first / (first + second)))


def test_the_control_speaks_its_distances_and_stays_small():
    shown = isolines((0.0, 0.6, 0.68), caption="Which point comes first?")
    html = shown._repr_html_()
    assert len(html) < 80_000 and 'type="range"' in html and "Which point comes first?" in html
    assert "accepts; a normal point z0" in html
    lines = repr(shown).split("; ")
    assert sum("z0 rejected too" in line for line in lines) == 1
    distances = [float(d) for d in re.findall(r"z2: distance ([\d.]+)", repr(shown).replace("\n", " "))]
    assert len(distances) == 3 and distances[0] < distances[1] < distances[2]
    assert len(isolines()._repr_html_()) < 80_000


@pytest.mark.parametrize("threshold", [-0.1, math.log(2), math.nan], ids=str)
def test_thresholds_without_a_region(threshold):
    with pytest.raises(ValueError, match=r"need thresholds in \[0, log 2"):
        nearest_errors([0.3, threshold])
