"""What Carlini et al. 2019 ask of an evaluation, and what the text of MadNet's paper has of it."""

from robustlib.evaluation import TextTable

YES, PARTLY, NO, NONE = "yes", "in part", "no", "does not apply"
# Every point of the list in its order, in our words; its first, not to follow it without thought, is left out.
# (what the list asks for, what the paper's text has, whether that is it)
ASKED = (
    # Common severe flaws
    ("a precise threat model: goal, knowledge, limits, and why these", "section 5.1 says what either attacker knows, "
     "and that the radii are those of Mustafa et al.; not the goal. Nothing limits the length of C&W's change", PARTLY),
    ("adaptive attacks, on the whole defence and with a loss for it", "the same four attacks on all networks; none "
     "looks at the embedding, the class means or the Jacobian", NO),
    ("trained networks and source code", "the text names no address; training code is public, without the networks and "
     "without the attacks", PARTLY),
    ("the accuracy on clean images", "first line of tables 1 to 3; attacked images are counted on another base, those "
     "that were right before", YES),
    ("iterated attacks break more than one step", "on CIFAR-10 they do; in the last column of table 1 BIM and PGD "
     "leave more than FGSM at the same radius, which the text does not mention", PARTLY),
    ("a larger radius breaks more", "at both radii of each attack, in every column", YES),
    ("a very large change leaves no more than a guess", "no large radius; C&W without a limit leaves most images", NO),
    ("success over the radius as a curve, to the point where all fall", "no curve, and none of the radii gets there",
     NO),
    ("of unbounded attacks the distortion, not the success", "accuracy under C&W, with and without a cap", NO),
    ("the adaptive attack as the strongest, image by image", "no adaptive attack; sums, one for each attack", NO),
    ("every attack with all its parameters", "table 5: iterations, search steps, confidence. No size of a step, no "
     "rate, no number of starts; nothing on the PGD of the training", PARTLY),
    # Common pitfalls
    ("attacks of different kinds", "four that follow the gradient of the classifier's answer, two of them (BIM and "
     "PGD) nearly the same", PARTLY),
    ("an attack without gradients, and one that sees labels only", "none", NO),
    ("transfer from a network as similar as possible, by confident images", "table 4: one distilled ResNet-32; C&W at "
     "confidence 0, whose images are hardly misread by the proxy itself", PARTLY),
    ("a mean over random draws, where the defence draws", "MadNet draws nothing", NONE),
    ("a way around what has no gradient", "all of MadNet has a gradient", NONE),
    ("attacks that have converged: more steps, no more success", "ten steps of BIM and PGD, and no more", NO),
    ("attacks tuned, and started at random", "PGD starts at random (appendix D); nothing was varied but C&W's c",
     PARTLY),
    ("earlier work, attacked as its relatives were, and not broken itself", "numbers of Mustafa et al. as they printed "
     "them, of another network; no attack that had defeated a relative", PARTLY),
    ("wider threat models: rotation, corruption, noise", "none", NO),
    # Special cases
    ("a provable bound, where one can be had", "an approximate one, which is never computed", NO),
    ("random noise of the same size", "none", NO),
    ("targeted and untargeted attacks, and which was which", "section 5 does not say", NO),
    ("networks with a part of the defence left out, attacked", "a clustering index of four of them; no attack on one",
     NO),
    ("new attacks tried on other defences", "no new attack", NONE),
    ("data that are no images, or a word that it is about images", "images only, without a word on others", NO),
    ("the share of images that withstand every attack", "the share that withstands each attack", NO),
)  # fmt: skip


def checklist() -> TextTable:
    """The list, in its order, beside the paper's text; the reading is ours.

    Source: Carlini et al. 2019 (On evaluating adversarial robustness), section 3, as of 18 February 2019.
    """
    caption = (
        "The checklist of Carlini et al. 2019 (section 3) beside the text of the MadNet paper and its public code. "
    )
    met = {word: sum(answer == word for *_, answer in ASKED) for word in (YES, PARTLY, NO, NONE)}
    caption += "; ".join(f"{word}: {count}" for word, count in met.items()) + ". What counts as met is our reading."
    return TextTable(caption, ("asked for", "in the paper", "met"), ASKED)
