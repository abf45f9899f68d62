"""The chapters of the book: what each trains, measures and shows. A chapter joins the registry with one line here."""

from robustlib.chapters import (
    adversarial_examples,
    at2l,
    attacks,
    breaking,
    dundi,
    input_defences,
    judging_a_defence,
    madnet,
    one_table,
    reverse_cross_entropy,
    robust_representations,
    scorecard,
)
from robustlib.experiments.registry import join

PAPERS = (robust_representations, reverse_cross_entropy, dundi, madnet, at2l, input_defences)
for chapter in (adversarial_examples, attacks, *PAPERS, one_table, judging_a_defence, breaking, scorecard):
    join(chapter.CHAPTER)
