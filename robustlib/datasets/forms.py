"""What each dataset is: the shape of its images, its classes, how many of each part."""

from dataclasses import dataclass

DIGITS = tuple("0123456789")
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_FINE = (
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can "
    "castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin "
    "elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster "
    "man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck "
    "pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk "
    "skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger "
    "tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm"
)
CIFAR100 = tuple(_FINE.split())


@dataclass(frozen=True)
class Form:
    """What the archive of one dataset holds."""

    name: str
    shape: tuple[int, int, int]  # channels, rows, columns
    classes: tuple[str, ...]  # in the order of the labels
    sizes: tuple[int, int]  # images for training and testing
    fingerprint: str | None = None  # of the official images in any order, see `archive.fingerprint`


# Taken from archives whose channel means and deviations are the well-known ones to eight digits.
_MNIST = "f61a719b6fd94f4e04811e53dda3c78f5cd07b2d48f36c353dd0b453aab660e0"
_CIFAR10 = "02b08bb3c5cd086db7dbd8688a7733490212612d85e3fe9de1b4c4800acc271c"

FORMS = {
    "mnist": Form("mnist", (1, 28, 28), DIGITS, (60_000, 10_000), _MNIST),
    "cifar10": Form("cifar10", (3, 32, 32), CIFAR10, (50_000, 10_000), _CIFAR10),
    "cifar100": Form("cifar100", (3, 32, 32), CIFAR100, (50_000, 10_000)),
}
EMBEDDED = Form("mnist_5k", (1, 28, 28), DIGITS, (5_000, 0))
