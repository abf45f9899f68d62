"""The checklist of Carlini et al. 2019, and where this book does what each of its lines asks for."""

from robustlib.evaluation import TextTable
from robustlib.experiments import registry

HERE, ATTACKS, RCE, DUNDI = "", "attacks.html", "../papers/reverse_cross_entropy.html", "../papers/dundi.html"
MADNET, AT2L, TRIPLETS = "../papers/madnet.html", "../papers/at2l.html", "../papers/robust_representations.html"
# For each line of the list, in its order: where it is done, in words, and the page and heading there.
DONE = (
    ("above: threat models", HERE, "threat-models"),
    ("above: adaptive attacks", HERE, "adaptive-attacks"),
    ("MadNet: what was trained", MADNET, "what-was-trained"),
    ("above: clean beside attacked", HERE, "adaptive-attacks"),
    ("above: one step against many", HERE, "the-attack-is-too-short"),
    ("above: figure 1, radius by radius", HERE, "judging-a-defence-should-you-believe-the-number"),
    ("above: the ball that holds every image", HERE, "something-stands-in-the-largest-ball"),
    ("above: figure 1, up to a radius of 1", HERE, "judging-a-defence-should-you-believe-the-number"),
    ("attacks: the nearest wrong image", ATTACKS, "the-nearest-wrong-image"),
    ("DunDi: eight attacks, image by image", DUNDI, "eight-attacks-on-dundi"),
    ("MadNet: table 5, the settings", MADNET, "table-5-the-settings"),
    ("attacks: AutoAttack", ATTACKS, "all-together-autoattack"),
    ("above: a black box against a white box", HERE, "a-black-box-breaks-more-than-a-white-box"),
    ("MadNet: table 4, a proxy", MADNET, "table-4-a-proxy"),
    ("above: one draw, or many", HERE, "the-answer-is-a-draw"),
    ("above: BPDA by hand", HERE, "around-a-part-without-a-slope"),
    ("attacks: what more steps buy", ATTACKS, "inside-the-ball-what-do-more-steps-buy"),
    ("triplets: a table that contradicts itself", TRIPLETS, "a-table-that-contradicts-itself"),
    ("RCE: attacked as its relatives were", RCE, "attackers-who-know-the-detector"),
    ("above: noise alone, no rotation", HERE, "the-whole-card"),
    ("MadNet: a first-order bound, and what refutes it", MADNET, "from-a-margin-to-a-bound"),
    ("above: the whole card, noise floor", HERE, "the-whole-card"),
    ("attacks: which loss to climb", ATTACKS, "which-loss-to-climb"),
    ("MadNet: term by term", MADNET, "term-by-term"),
    ("above: the matrix, attacks on known frauds", HERE, "does-the-card-judge-well"),
    ("above: what this card cannot see", HERE, "what-this-card-cannot-see"),
    ("DunDi: one network, worst case", DUNDI, "one-network-two-attackers"),
)  # fmt: skip


def where_it_is_done() -> TextTable:
    """The list, in its order and in the words of the chapter on MadNet, and the place in this book.

    Source: Carlini et al. 2019 (On evaluating adversarial robustness), section 3. Raises: ValueError where the list has
    another number of lines than there are places.
    """
    asked = [row[0] for row in registry.table("madnet/checklist")().rows]
    rows = tuple((f"{i}", line, said) for i, (line, (said, _, _)) in enumerate(zip(asked, DONE, strict=True), 1))
    caption = "The checklist of Carlini et al. 2019 (section 3), and where this book does it, or says why not."
    return TextTable(caption, ("line", "asked for", "done in"), rows)


def links() -> dict[str, str]:
    """The address of each place, relative to this chapter's page."""
    return {said: f"{page}#{heading}" for said, page, heading in DONE}
