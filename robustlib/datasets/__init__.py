"""Datasets: device-resident splits, samplers, loading with checksums, augmentation."""

from robustlib.datasets.augment import Augment as Augment
from robustlib.datasets.augment import crop as crop
from robustlib.datasets.augment import flip as flip
from robustlib.datasets.augment import random_crop as random_crop
from robustlib.datasets.augment import random_flip as random_flip
from robustlib.datasets.batches import Balanced as Balanced
from robustlib.datasets.batches import Batches as Batches
from robustlib.datasets.crafted import Crafted as Crafted
from robustlib.datasets.crafted import CraftedSplit as CraftedSplit
from robustlib.datasets.dataset import Dataset as Dataset
from robustlib.datasets.feature_split import FeatureSplit as FeatureSplit
from robustlib.datasets.folders import archive_folders as archive_folders
from robustlib.datasets.folders import data_folder as data_folder
from robustlib.datasets.image_folder import read_image_folder as read_image_folder
from robustlib.datasets.loader import Loader as Loader
from robustlib.datasets.loading import load as load
from robustlib.datasets.siamese_pairs import SiamesePairs as SiamesePairs
from robustlib.datasets.split import Split as Split
from robustlib.datasets.tuples import Pairs as Pairs
from robustlib.datasets.tuples import Triplets as Triplets
