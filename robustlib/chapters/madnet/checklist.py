"""What Carlini et al. 2019 ask of an evaluation, and what the text of MadNet's paper has of it."""

from robustlib.evaluation import TextTable

YES, PARTLY, NO, NONE = "yes", "in part", "no", "does not apply"
# (what the list asks for, what the paper's text has, whether that is it)
ASKED = (
    ("a precise threat model: goal, knowledge, limits", "section 5.1 says what either attacker knows; tables give eps. "
     "Nothing limits the length of C&W's change in L2, the norm that it minimises", PARTLY),
    ("adaptive attacks, made for this defence", "the same four attacks on all networks; none looks at the embedding, "
     "the class means or the Jacobian", NO),
    ("models and source code released", "the text names no address; code for the training is public, without weights "
     "and without the attacks", PARTLY),
    ("the accuracy on clean images", "first line of tables 1 to 3; but attacked images are counted on another base, "
     "those that were right before", PARTLY),
    ("iterative attacks do better than one step", "holds on CIFAR-10; in the last column of table 1 BIM and PGD leave "
     "more than FGSM at the same eps, and the text does not say why", NO),
    ("a larger radius breaks more, and a large one everything", "at most two radii for an attack, of which none breaks "
     "everything; C&W without a limit leaves most images, where it must leave none", NO),
    ("success over the radius, as a curve", "no curve", NO),
    ("for unbounded attacks the distortion, not the success", "accuracy under C&W, with and without a cap; no "
     "distortion", NO),
    ("the worst case image by image", "a number for each attack", NO),
    ("all parameters of the attacks", "table 5: iterations, search steps, confidence. No step size, no start, no "
     "restarts, no rate; nothing on the PGD of the training", PARTLY),
    ("attacks of several kinds", "four that follow the gradient of the classifier's answer", PARTLY),
    ("an attack without gradients, one on labels alone", "none", NO),
    ("transfer from a substitute", "table 4, one distilled ResNet-32", YES),
    ("random noise", "none", NO),
    ("attacks that have converged: twice the steps, no more success", "ten iterations for BIM and PGD; nothing longer",
     NO),
    ("random starts, and several", "PGD starts at random, as appendix D says; the number of starts is not given",
     PARTLY),
    ("a check for gradient masking", "section 5.4 argues from the black box, and that no term looks at gradients "
     "but the Jacobian's", PARTLY),
    ("prior work, measured and not broken", "the numbers of Mustafa et al. are quoted, of another network", PARTLY),
    ("a mean over random draws, for a defence that draws", "MadNet draws nothing", NONE),
    ("several norms, for a general claim", "L-infinity, and L2 cut to an L-infinity cap", PARTLY),
)  # fmt: skip


def checklist() -> TextTable:
    """The list, shortened, in its order, beside the paper's text; the reading is ours."""
    caption = (
        "The list of Carlini et al. 2019, shortened, beside the text of the MadNet paper and its public training code. "
    )
    met = {word: sum(answer == word for *_, answer in ASKED) for word in (YES, PARTLY, NO, NONE)}
    caption += "; ".join(f"{word}: {count}" for word, count in met.items()) + ". What counts as met is our reading."
    return TextTable(caption, ("asked for", "in the paper", "met"), ASKED)
