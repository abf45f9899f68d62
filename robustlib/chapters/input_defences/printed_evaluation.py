"""What AT²L attacked each defence with, put before the report card, and beside it the attackers who know the defence.

Of a defence with a search or with draws a pass is dear: the attacks have fewer steps here than in the tables.
"""

from collections.abc import Callable, Mapping

from robustlib.attacks import BPDA, EOT, FGSM, LSPGA, PGD, Restarts, Transfer
from robustlib.chapters.input_defences.defense_gan_attacks import DEFENCE as BEHIND_GAN
from robustlib.chapters.input_defences.defense_gan_attacks import generator_of
from robustlib.chapters.input_defences.measures import CIFAR
from robustlib.chapters.input_defences.on_manifold import FromManifold, OnManifold, WarmBPDA
from robustlib.chapters.input_defences.randomisation_attacks import DEFENCE as VIEWS
from robustlib.chapters.input_defences.randomisation_attacks import ENSEMBLE, VANILLA, RandomisationAttacks
from robustlib.chapters.input_defences.runs import BEHIND, EPS, GAN, LEVELS
from robustlib.chapters.input_defences.thermometer_attacks import ONE_STEP, SEVEN
from robustlib.experiments.card_rows import SUITE, Card
from robustlib.experiments.measurement import Measurement, Subject
from robustlib.interfaces import Attack
from robustlib.losses import margin
from robustlib.models import Classifier, Search, SigmoidThermometer, Thermometer, defense_gan, randomised

Attackers = Callable[[Subject, float], Mapping[str, Attack]]
SHORT = Search(
    50, 2, precision="fast"
)  # L and R of the cards: a twentieth of the passes of the 200 and 10 of the source
MODEL_A = BEHIND[0].name


def logit_space(on: Subject, eps: float) -> dict[str, Attack]:
    """LS-PGA of one step and of seven, known to the defence."""
    return {ONE_STEP: LSPGA(eps, 1), SEVEN: LSPGA(eps, 7)}


def through_thermometer(on: Subject, eps: float) -> dict[str, Attack]:
    """T3 with two restarts: BPDA on the margin, and LS-PGA on it."""
    pgd = PGD(eps, 50, eps / 10, loss=margin, stop_early=True)
    bpda = BPDA(pgd, Thermometer, SigmoidThermometer(LEVELS))
    return {
        "BPDA margin PGD": Restarts(bpda, 2),
        "margin LS-PGA": Restarts(LSPGA(eps, 50, anneal=1.1, loss=margin), 2),
    }  # fmt: skip


def of_other_views(on: Subject, eps: float) -> dict[str, Attack]:
    """FGSM in the vanilla and in the ensemble-pattern scenario."""
    ensemble = RandomisationAttacks().ensemble(on.model)
    return {
        f"FGSM, {VANILLA}": Transfer(on.model, FGSM(eps)), f"FGSM, {ENSEMBLE}": Transfer(ensemble, FGSM(eps)),
    }  # fmt: skip


def over_views(on: Subject, eps: float) -> dict[str, Attack]:
    """T4 with ten draws a step and twenty steps."""
    return {"EOT margin PGD": EOT(PGD(eps, 20, loss=margin), 10)}


def made_without(on: Subject, eps: float) -> dict[str, Attack]:
    """FGSM on the classifier alone."""
    return {"FGSM": Transfer(on.model, FGSM(eps))}


def through_projection(on: Subject, eps: float) -> dict[str, Attack]:
    """T5 with 40 steps, and 5 of the search at each."""
    pgd, start = PGD(eps, 40, loss=margin), OnManifold(eps, 100)
    return {"BPDA margin PGD": WarmBPDA(pgd, 5), "on-manifold": start, "from the manifold": FromManifold(start, pgd, 5)}


def with_views(on: Subject) -> Classifier:
    """The network behind random resizing and padding."""
    sizes = RandomisationAttacks()
    return randomised(on.model, sizes.size, sizes.low, sizes.high)


def behind_generator(on: Subject) -> Classifier:
    """The classifier behind the generator, with the short search."""
    return defense_gan(on.model, generator_of(GAN, on.seed, on.dataset.test.x.device), SHORT)


NOT_FOLLOWED = ("unavailable gradients",)  # the gradient of the pixels: zero by design, and no attack here follows it
OF_THE_TARGET = ("binarisation", "unavailable gradients", "unstable predictions")
MANY_PASSES = ("binarisation", "lower envelope")  # more than a thousand runs of the defence for each image
WHY = "what asks for the target's gradient, which is not followed"
SEARCHED = f"; the defence searches with L = {SHORT.steps}, R = {SHORT.restarts}, not 200 and 10"


def thermometer_cards(dataset: str, printed: str) -> tuple[Measurement, Measurement]:
    """Of the thermometer trained with one-step LS-PGA."""
    of, eps = f"input-{dataset}-thermometer-1", EPS[dataset]
    left = "the gradient of the pixels, which no attack here follows"
    return (
        Measurement(of, "card", Card(logit_space, eps, printed, left, unasked=NOT_FOLLOWED), n=20),
        Measurement(
            of, "adaptive-card",
            Card(through_thermometer, eps, "", left, SUITE, unasked=NOT_FOLLOWED, passes=200), n=20,
        ),
    )  # fmt: skip


CARDS = (
    *thermometer_cards("mnist", "Li et al. 2019, supplement, table 8"),
    *thermometer_cards("cifar10", "Li et al. 2019, table 1"),
    Measurement(
        CIFAR.name, "card",
        Card(
            of_other_views, EPS["cifar10"], "Li et al. 2019, tables 2 and 13, on CIFAR-10",
            f"DeepFool and C&W, which have no radius; {WHY}", defense=VIEWS, target=with_views, unasked=OF_THE_TARGET,
        ), n=20,
    ),
    Measurement(
        CIFAR.name, "adaptive-card",
        Card(over_views, EPS["cifar10"], "", "binarisation", SUITE, defense=VIEWS, target=with_views,
             unasked=("binarisation",), passes=400), n=20,
    ),
    Measurement(
        MODEL_A, "card",
        Card(
            made_without, EPS["mnist"], "Li et al. 2019, table 3", f"C&W, which has no radius; {WHY}{SEARCHED}",
            defense=BEHIND_GAN, target=behind_generator, unasked=(*OF_THE_TARGET, "lower envelope"),
        ), n=20, needs=(GAN,),
    ),
    Measurement(
        MODEL_A, "adaptive-card",
        Card(
            through_projection, EPS["mnist"], "",
            "the gradient through the search, which is zero; binarisation and the lower envelope, which take over a "
            f"thousand searches an image{SEARCHED}",
            SUITE, defense=BEHIND_GAN, target=behind_generator, unasked=(*NOT_FOLLOWED, *MANY_PASSES),
        ), n=20, needs=(GAN,),
    ),
)  # fmt: skip
