"""Captions name what a number needs, and fragments escape what they are given."""

from robustlib.figures import Fragment, caption
from robustlib.figures.page.fragment import attribute


def test_caption_says_the_facts_given_and_no_other() -> None:
    full = caption("Look at 0.2.", norm="L2", eps=0.3, n=1, seeds=3, schedule="4 of 10 epochs", interval="95 % Wilson")
    assert full == "Look at 0.2. L2, eps = 0.3, n = 1 image, 3 seeds, 4 of 10 epochs, 95 % Wilson intervals."
    assert caption("Look.") == "Look."
    assert caption("Look.", eps="0 to 0.3", seeds="seed 0") == "Look. Eps 0 to 0.3, seed 0."


def test_a_fragment_shows_html_or_words() -> None:
    made = Fragment("<b>x</b>", "x in words")
    assert made._repr_html_() == "<b>x</b>"
    assert repr(made) == str(made) == "x in words"
    assert attribute("a \"b\" <c> & 'd'") == "a &quot;b&quot; &lt;c&gt; &amp; &#x27;d&#x27;"
