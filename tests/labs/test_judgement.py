"""What a judgement adds up to, and how it is told; targets and goals that make no sense."""

import pytest
from labs.linear import FirstPixel, down, target

from robustlib.labs import Goal, Judgement, Verdict, judge
from robustlib.labs.judgement import ranges
from robustlib.labs.verdict import verdict


def judgement(fooled, n=10, passes=(30.0, 20.0), **fields):
    each = [Verdict(i, "fooled" if i < fooled else "still read right", "as it is") for i in range(n)]
    return Judgement("it", tuple(each), *passes, 1000, **{"goal": Goal(8, 10, 25.0, "PGD")} | fields)


@pytest.mark.parametrize(
    "fooled, passes, score, reached",
    [
        (8, (15.0, 10.0), 100, True),  # the goal with its passes
        (10, (1.0, 1.0), 100, True),  # better is no more than full
        (8, (30.0, 20.0), 50, True),  # twice the passes
        (4, (15.0, 10.0), 50, False),  # half the images
        (7, (1.0, 1.0), 87.5, False),
        (4, (30.0, 20.0), 25, False),
        (0, (0.0, 0.0), 0, False),
        (8, (0.0, 0.0), 100, True),
    ],
)
def test_the_score(fooled, passes, score, reached):
    found = judgement(fooled, passes=passes)
    assert (found.score, found.reached) == (pytest.approx(score), reached)


def test_a_goal_is_a_share_of_its_own_images():
    assert judgement(4, 5).reached and not judgement(3, 5).reached


def test_without_a_goal_there_is_no_score():
    found = judgement(10, goal=None)
    assert found.score == 0 and not found.reached and found.headline == "10 of 10 images fooled"


def test_the_text_says_what_was_found():
    text = repr(judgement(7))
    assert text.startswith("Goal not reached: 7 of 10 images fooled, 8 are the goal.\n70.0 % [39.7, 89.2]; 30 forward")
    assert "of 1,000 at most (PGD of the library: 25); score 44 of 100." in text
    assert "still read right: 3 (images 7 to 9); image 7: as it is" in text
    assert judgement(7).failed == (7, 8, 9)
    assert repr(judgement(8)).startswith("Goal reached: 8 of 10")
    assert judgement(7).table().rows[9] == ("9", "still read right", "as it is")


@pytest.mark.parametrize(
    "indices, said", [([], ""), ([4], "4"), ([4, 5], "4, 5"), ([4, 5, 6], "4 to 6"), ([1, 3, 4, 5, 9], "1, 3 to 5, 9")]
)
def test_indices_in_a_row(indices, said):
    assert ranges(indices) == said


def test_the_html_is_escaped_and_bordered_by_the_verdict():
    refused = judgement(0, refused="TypeError in line 2 of your <lambda>")
    assert "&lt;lambda&gt;" in refused._repr_html_() and "✗ Not accepted" in refused._repr_html_()
    assert "dashed" in judgement(7)._repr_html_() and "✓ Goal reached" in judgement(8)._repr_html_()
    assert "dashed" not in judgement(8)._repr_html_()


def test_a_refused_attack_reaches_nothing():
    found = judgement(0, refused="it was stopped")
    assert not found.reached and found.score == 0 and "images 0" not in repr(found)


@pytest.mark.parametrize("fooled, n, passes", [(0, 10, 5.0), (11, 10, 5.0), (5, 10, 0.0), (5, 10, float("nan"))])
def test_a_goal_that_is_none(fooled, n, passes):
    with pytest.raises(ValueError, match="sets no goal"):
        Goal(fooled, n, passes, "PGD")


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"eps": 0.0}, "eps > 0"),
        ({"eps": float("nan")}, "eps > 0"),
        ({"limit": 0}, "limit >= 1"),
        ({"rows": ()}, "none twice"),
        ({"rows": (1, 1)}, "none twice"),
        ({"rows": (-1,)}, "none twice"),
        ({"detector": FirstPixel}, "comes with a finite threshold"),
        ({"threshold": 0.5}, "comes with a finite threshold"),
        ({"detector": FirstPixel, "threshold": float("inf")}, "comes with a finite threshold"),
    ],
)
def test_a_target_that_is_none(fields, said):
    with pytest.raises(ValueError, match=said):
        target(**fields)


def test_an_index_beyond_the_images():
    with pytest.raises(ValueError, match="index 6 is beyond the 6 images"):
        target(rows=(6,)).images()


def test_a_target_says_its_threat_model():
    text = repr(target(goal=Goal(2, 4, 5.2, "PGD"), detector=FirstPixel, threshold=0.25))
    assert "fool at least 2 of 4 images, as PGD of the library does with 5 passes an image" in text
    assert "within 0.1 in Linf" in text and "score >= 0.25" in text and "1,000 an image at most" in text
    assert "not measured yet" in repr(target())


def test_networks_and_images_are_copies():
    one = target()
    one.images()[0].fill_(0)
    one.network().body[1].weight.data.zero_()
    assert one.images()[0].min() > 0.3 and judge(down(0.1), one).fooled == 2


def test_a_verdict_that_is_none():
    with pytest.raises(ValueError, match="a fate is one of"):
        Verdict(0, "broken", "")
    assert verdict(3, 1, 1, None, None).fate == "still read right"
    assert verdict(3, 2, 1, None, None).fate == "fooled"
