"""What each dataset is: the shape of its images, its classes, how many of each part."""

from dataclasses import dataclass

DIGITS = tuple("0123456789")
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR100 = tuple(
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle "
    "caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish "
    "forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle "
    "mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine "
    "possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar "
    "sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale "
    "willow_tree wolf woman worm".split()
)


@dataclass(frozen=True)
class Form:
    """What the archive of one dataset holds."""

    name: str
    shape: tuple[int, int, int]  # channels, rows, columns
    classes: tuple[str, ...]  # in the order of the labels
    sizes: tuple[int, int]  # images for training and testing
    fingerprint: str | None = None  # of the official images in any order, see `archive.fingerprint`


FORMS = {
    form.name: form
    for form in (
        Form("mnist", (1, 28, 28), DIGITS, (60_000, 10_000)),
        Form("cifar10", (3, 32, 32), CIFAR10, (50_000, 10_000)),
        Form("cifar100", (3, 32, 32), CIFAR100, (50_000, 10_000)),
    )
}
EMBEDDED = Form("mnist_5k", (1, 28, 28), DIGITS, (5_000, 0))
