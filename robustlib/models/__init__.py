"""Models: a body, a head, and what is put between or instead. Weights are kept in safetensors files."""

from robustlib.models.classifier import Classifier as Classifier
from robustlib.models.classifier import Negate as Negate
from robustlib.models.classifier import Normalize as Normalize
from robustlib.models.classifier import StopGradient as StopGradient
from robustlib.models.convnet import convnet as convnet
from robustlib.models.distance_network import Frozen as Frozen
from robustlib.models.distance_network import UnitLength as UnitLength
from robustlib.models.distance_network import distance_network as distance_network
from robustlib.models.distance_network import frozen_parts as frozen_parts
from robustlib.models.feinman import feinman_cifar_cnn as feinman_cifar_cnn
from robustlib.models.feinman import feinman_cnn as feinman_cnn
from robustlib.models.heads import NearestMeans as NearestMeans
from robustlib.models.heads import NearestNeighbours as NearestNeighbours
from robustlib.models.heads import class_means as class_means
from robustlib.models.lenet import lenet1 as lenet1
from robustlib.models.lenet import lenet4 as lenet4
from robustlib.models.lenet import lenet5 as lenet5
from robustlib.models.oracles import NearestOracles as NearestOracles
from robustlib.models.oracles import draw_oracles as draw_oracles
from robustlib.models.preactivation import preactivation_resnet as preactivation_resnet
from robustlib.models.resnet import resnet as resnet
from robustlib.models.two_step import TwoStep as TwoStep
from robustlib.models.vgg import vgg16 as vgg16
from robustlib.models.weights import load_weights as load_weights
from robustlib.models.weights import save_weights as save_weights
