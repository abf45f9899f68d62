"""What the front page says of each chapter: a sentence that its rows bear, and for a paper's chapter the headline.

A chapter joins with a function of its page's name in `FINDINGS`; a paper's chapter also with a line of the headline.
"""

from collections.abc import Callable

from robustlib import chapters as chapters  # they join the registry
from robustlib.chapters.adversarial_examples import readings as pair_readings
from robustlib.chapters.at2l import readings as at2l_readings
from robustlib.chapters.breaking import readings as breaking_readings
from robustlib.chapters.breaking.defences import DEFENCES
from robustlib.chapters.input_defences import readings as input_readings
from robustlib.chapters.judging_a_defence import readings as judging_readings
from robustlib.chapters.madnet import readings as madnet_readings
from robustlib.chapters.madnet.white_box import CLEAN_CORRECT
from robustlib.chapters.one_table import readings as table_readings
from robustlib.chapters.scorecard import readings as scorecard_readings
from robustlib.evaluation import Cell, Table
from robustlib.experiments import Row, holds, one, printed, said, said_if_run, select, stored_rows
from robustlib.experiments.readings import NORMS
from robustlib.experiments.sentences import Sentence
from robustlib.experiments.standard_suite import WORST

MEASURED = "accuracy"


def _abstract_of_dundi() -> float:
    """The share that the paper's abstract prints for MNIST: the mean of its models under its four attacks."""
    lines = printed("dundi", "fig6_averages")
    return next(float(line["value"]) for line in lines if (line["table"], line["dataset"]) == ("abstract", "MNIST"))


def _left_of_dundi(eps: float = 0.1) -> Row:
    return one(stored_rows("dundi-mnist-r1", "standard"), metric=MEASURED, attack=WORST, eps=eps)


def _left_of_triplets() -> Row:
    return one(stored_rows("rr-convnet-ours", "attacked"), metric=MEASURED, attack="worst case", defense="")


def _printed_of_triplets() -> Row:
    return one(stored_rows("rr-convnet-ours", "attacked"), metric=MEASURED, attack="PGD", defense="")


def _detected(attack: str) -> Row:
    """Of the digits attacked on the RCE network, the share still detected at the paper's threshold, the median."""
    rows = stored_rows("rce-mnist-resnet32-rce", "white-box")
    return one(rows, metric="detected", attack=attack, false_positives=0.5)


def _printed_of_madnet() -> Row:
    columns = {"attack": "PGD", "eps": 0.1, "images": CLEAN_CORRECT}
    return one(stored_rows("madnet-mnist-resnet8-mad", "white-box"), metric=MEASURED, **columns)


def _left_of_madnet(eps: float = 0.1) -> Row:
    """Raises: LookupError where it was not measured."""
    found = madnet_readings.worst("mad", eps)
    if found is None:
        raise LookupError("the worst case of MAD needs its adaptive attackers and the suite with AutoAttack")
    return found


def _of_at2l(attack: str, *, static: bool = False) -> Row:
    """On the gradient set, after the last outer iteration. Raises: LookupError where it was not measured."""
    found = at2l_readings.iteration("4", "gradient", "at2l", 3, attack, static=static)
    if found is None:
        raise LookupError("AT2L on the gradient set of table 4 was not measured")
    return found


def _left_of_at2l() -> Row:
    """The worst case of the adaptive attacks. Raises: LookupError where it was not measured."""
    for attack in (at2l_readings.WORST, "worst case"):
        if (found := at2l_readings.adaptive("4", "gradient-at2l", attack)) is not None:
            return found
    raise LookupError("the worst case of AT2L needs its adaptive attackers")


def adversarial_examples() -> Sentence:
    """A network as it is usually trained, and one trained on attacked digits, under the same attacks."""
    left = {which: pair_readings.left(which, 0.2) for which in pair_readings.NETWORKS}
    holds("less than", left["standard"], left["trained"])
    return said(
        """A network of 22,310 weights reads {clean:short} of the digits right, and {left[standard]:short} of
        {left[standard]:n} in the worst case of our attacks. One that was trained on attacked digits reads
        {left[trained]:short} of them right (L-infinity, eps {eps}). The page attacks both for you.""",
        clean=pair_readings.clean("standard"),
        left=left,
        eps=f"{left['trained'].eps:g}",
    )


def attacks() -> Sentence:
    """One weak attack and the strongest set, on the same images."""
    rows = stored_rows("rr-lenet-softmax-pgd", "budget")
    left = {name: one(rows, metric=MEASURED, attack=name) for name in ("FGSM", "AutoAttack")}
    holds("less than", left["AutoAttack"], left["FGSM"])
    return said(
        """A network trained on PGD's images reads {left[FGSM]:short} of {left[FGSM]:n} digits right under FGSM. Under
        AutoAttack it reads {left[AutoAttack]:short} of the same digits right (L-infinity, eps {eps}).""",
        left=left,
        eps=f"{left['FGSM'].eps:g}",
    )


def metric_learning() -> Sentence:
    """Triplets part the classes, in every seed."""
    width = {
        name: select(stored_rows(f"rr-lenet-{name}", "attacked"), metric="separation") for name in ("softmax", "ours")
    }
    for seed, wide in enumerate(width["ours"]):
        holds("more than", wide.value, width["softmax"][seed].value)
    mean = {name: sum(row.value or 0 for row in rows) / len(rows) for name, rows in width.items()}
    return said(
        """In a LeNet trained with triplets the classes lie {ours:.1f} cluster widths apart, after cross-entropy
        {softmax:.1f}. The order is the same in each of {seeds} seeds.""",
        **mean,
        seeds=f"{len(width['ours'])}",
    )


def judging_a_defence() -> Sentence:
    """A fraud under the attack that it fools, and under one that knows it."""
    fooled, knowing = (of("quantised input") for of in (judging_readings.under, judging_readings.knowing))
    return said(
        """An undefended network whose pixels are rounded first reads {fooled:short} of {fooled:n} digits right under
        PGD. Under an attack that knows of the rounding it reads {knowing:short} of them right (L-infinity, eps
        {eps}).""",
        fooled=fooled,
        knowing=knowing,
        eps=f"{judging_readings.radius('quantised input'):g}",
    )


def reverse_cross_entropy() -> Sentence:
    """The paper's attack and one that knows the detector."""
    return said(
        """The paper prints that {printed:paper} of the attacked digits are still detected. Under a C&W attack that
        starts at a misread image and picks the easiest of three classes, {left:short} of {left:n} are (L2).""",
        printed=_detected("C&W-wb as printed"),
        left=_detected("detector-aware C&W"),
    )


def dundi() -> Sentence:
    """The abstract's share on images made elsewhere, and what a white box leaves."""
    return said(
        """The paper's abstract reports {printed} % of adversarial digits read right, on images made against another
        network. When the attacker knows the network, {left:short} of {left:n} are (L-infinity, eps {eps}).""",
        printed=f"{_abstract_of_dundi():g}",
        left=_left_of_dundi(),
        eps=f"{_left_of_dundi().eps:g}",
    )


def madnet() -> Sentence:
    """Ten steps of PGD as printed, and the worst of all attacks."""
    return said(
        """The paper prints that a network which saw no attacked image reads {printed:paper} of the digits right under
        ten steps of PGD. Under the worst of our attacks {left:short} of {left:n} are (L-infinity, the same eps
        {eps}).""",
        printed=_printed_of_madnet(),
        left=_left_of_madnet(),
        eps=f"{_left_of_madnet().eps:g}",
    )


def at2l() -> Sentence:
    """Images made before the defence, and on it."""
    static, own = (_of_at2l("C&W", static=way) for way in (True, False))
    holds("less than", own, static)
    return said(
        """Of digits that C&W attacked before the defence was trained, a network trained on gradient attacks and a
        triplet reads {static:short} right. Of those that C&W attacks on this network itself it reads {own:short} of
        {own:n} right (L-infinity, eps {eps}).""",
        static=static,
        own=own,
        eps=f"{own.eps:g}",
    )


def input_defences() -> Sentence:
    """Images made without the defence, and by those who know it. Raises: LookupError where it was not measured."""
    static = input_readings.projected("a", True, "FGSM", static=True)
    own = input_readings.left("MNIST, Defense-GAN, model A with triplet")
    if static is None or own is None:
        raise LookupError("Defense-GAN with the triplet was not measured")
    return said(
        """Behind Defense-GAN, and trained with AT²L's triplet, a network reads {static:short} of the digits right that
        FGSM attacked without the defence. Under the worst of all attacks, of which some know of it, it reads
        {own:short} of {own:n} right (L-infinity, eps {eps}).""",
        static=static,
        own=own,
        eps=f"{static.eps:g}",
    )


def robust_representations() -> Sentence:
    """The paper's PGD, and the worst of ours."""
    return said(
        """The paper prints that {printed:paper} of the digits are read right under PGD. Under the worst of our
        attacks {left:short} of {left:n} are (L-infinity, the same eps {eps}).""",
        printed=_printed_of_triplets(),
        left=_left_of_triplets(),
        eps=f"{_left_of_triplets().eps:g}",
    )


def one_table() -> Sentence:
    """What the best method without attacked images keeps, and the best with them; or that rows wait."""
    unseen, seen = (table_readings.most(0.1, attacked=way) or ("", None) for way in (False, True))
    counts = {len(table_readings.seeds_of_worst(method.key, 0.1)) for method in table_readings.METHODS}
    return said_if_run(
        """Trained alike, and under the worst of the same attacks and its own, the best of the methods that never see an
        attacked image ({name}) keeps {unseen:short} of {unseen:n} digits at eps 0.1. The best of those that train on
        attacked images ({other}) keeps {seen:short} (L-infinity, {seeds}).""",
        seeds="one seed" if counts == {1} else f"mean of {' or '.join(map(str, sorted(counts)))} seeds",
        name=unseen[0],
        unseen=unseen[1],
        other=seen[0],
        seen=seen[1],
    )


def breaking() -> Sentence:
    """What the strongest attacks leave of six defences, and of their controls. Raises: LookupError: not measured."""
    kept, bare = ({k: breaking_readings.strongest(k, control=side) for k in DEFENCES} for side in (False, True))
    if not all((*kept.values(), *bare.values())):
        raise LookupError("a defence or its control was not attacked")
    return said(
        """Under attackers who know them, at the radius of their paper (a detector's: at any), four of six defences keep
        {gone|none} of the digits. MadNet keeps {mad:short} of {mad:n} (L-infinity, eps {eps}), {mad|more than|plain}
        the {plain:short} of the same network without it.""",
        gone=[kept[k] for k in ("rr", "rce", "dundi", "at2l")],
        mad=kept["madnet"],
        plain=bare["madnet"],
        eps=f"{DEFENCES['madnet'].eps:g}",
    )


def scorecard() -> Sentence:
    """How many printed values were compared, and how many of them agree."""
    return said(
        """Of {all} printed numbers {compared} stand beside a measurement of this book, most of them at toy scale.
        {agree} of these agree with the paper, {agree|less than half of|compared} them.""",
        all=scorecard_readings.count(),
        compared=scorecard_readings.compared(),
        agree=scorecard_readings.agreeing(),
    )


FINDINGS: dict[str, Callable[[], Sentence]] = {
    "book/foundations/adversarial_examples": adversarial_examples,
    "book/foundations/attacks": attacks,
    "book/foundations/metric_learning": metric_learning,
    "book/foundations/judging_a_defence": judging_a_defence,
    "book/papers/robust_representations": robust_representations,
    "book/papers/reverse_cross_entropy": reverse_cross_entropy,
    "book/papers/dundi": dundi,
    "book/papers/at2l": at2l,
    "book/papers/input_defences": input_defences,
    "book/papers/madnet": madnet,
    "book/synthesis/one_table": one_table,
    "book/synthesis/breaking": breaking,
    "book/synthesis/scorecard": scorecard,
}
PLANNED: dict[str, str] = {}  # chapters of the synthesis that are not written
SECOND = ("book/papers/input_defences",)  # the second chapter on a paper, here on AT2L
ABSENT: dict[str, str] = {}  # papers of the book whose chapters are not written: citation key -> how it is called


def headline() -> tuple[Table, str]:
    """For each paper that has a chapter: what it printed, and what an attacker leaves who knows the defence; and on
    what either rests, in words.
    """
    left = {
        "Robust representations": (_percent(_printed_of_triplets()), _left_of_triplets()),
        "Reverse cross-entropy": (_percent(_detected("C&W-wb as printed")), _detected("detector-aware C&W")),
        "DunDi": (_abstract_of_dundi(), _left_of_dundi()),
        "AT2L": (_percent(_of_at2l("FGSM")), _left_of_at2l()),
        "MadNet": (_percent(_printed_of_madnet()), _left_of_madnet()),
    }
    cells, facts = [], []
    for paper, (shown, row) in left.items():
        value, low, high = (None if v is None else 100 * v for v in (row.value, row.low, row.high))
        cells.append(Cell(paper, "attacked digits", shown, value, low, high, row.n))
        eps = "" if row.eps is None else f", eps {row.eps:g}"
        what = "still detected" if row.metric == "detected" else "read right"
        trained = "" if row.epochs == row.paper_epochs else f", trained for {row.epochs} of {row.paper_epochs} epochs"
        facts.append(f"{paper}: {what}, {NORMS.get(row.norm, row.norm)}{eps}, n = {row.n}{trained}.")
    return Table(f"MNIST, seed 0, 95 % Wilson intervals. {' '.join(facts)}", tuple(cells)), " ".join(facts)


def _percent(row: Row) -> float | None:
    return None if row.reported is None else 100 * row.reported
