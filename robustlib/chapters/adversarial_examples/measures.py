"""How the two networks of the page are judged: by the standard suite, inside the radius of the training and beyond."""

from robustlib.chapters.adversarial_examples.runs import EXPERIMENTS
from robustlib.experiments import Measurement
from robustlib.experiments.standard_suite import IMAGES, StandardSuite

RADII = (0.1, 0.2, 0.3)
MEASUREMENTS = tuple(
    Measurement(e.name, "standard", StandardSuite(RADII), IMAGES[e.dataset][0], e.seeds, e.priority)
    for e in EXPERIMENTS
)
