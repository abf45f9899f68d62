"""Figures: everything the book draws, and the controls; a notebook cell only calls what is here.

`import robustlib` imports nothing of this room: it needs matplotlib, and some functions scikit-learn or ipywidgets.
"""

from robustlib.figures.bars import bars as bars
from robustlib.figures.budget_toy import budget_toy as budget_toy
from robustlib.figures.curves import Reading as Reading
from robustlib.figures.curves import reading as reading
from robustlib.figures.curves import robust_accuracy_curves as robust_accuracy_curves
from robustlib.figures.curves import training_curves as training_curves
from robustlib.figures.detection import gamma_figure as gamma_figure
from robustlib.figures.detection import roc_figure as roc_figure
from robustlib.figures.embedding import embedding as embedding
from robustlib.figures.embedding import lda as lda
from robustlib.figures.embedding import pca as pca
from robustlib.figures.embedding import tsne as tsne
from robustlib.figures.exercise import Verdict as Verdict
from robustlib.figures.exercise import check as check
from robustlib.figures.family import family_tree as family_tree
from robustlib.figures.fragment import Fragment as Fragment
from robustlib.figures.fragment import caption as caption
from robustlib.figures.frames import Frame as Frame
from robustlib.figures.frames import fate as fate
from robustlib.figures.frames import fates as fates
from robustlib.figures.frames import frames as frames
from robustlib.figures.images import Picture as Picture
from robustlib.figures.images import figure as figure
from robustlib.figures.images import gallery as gallery
from robustlib.figures.isolines import NearestErrors as NearestErrors
from robustlib.figures.isolines import isolines as isolines
from robustlib.figures.isolines import nearest_errors as nearest_errors
from robustlib.figures.layouts import layouts as layouts
from robustlib.figures.layouts import placed as placed
from robustlib.figures.lines import lines as lines
from robustlib.figures.manifold_toy import Attacked as Attacked
from robustlib.figures.manifold_toy import ManifoldToy as ManifoldToy
from robustlib.figures.manifold_toy import manifold_toy as manifold_toy
from robustlib.figures.maps import distance_bars as distance_bars
from robustlib.figures.maps import maps as maps
from robustlib.figures.oracle_map import oracle_map as oracle_map
from robustlib.figures.source import show as show
from robustlib.figures.strength import cost_curves as cost_curves
from robustlib.figures.strength import distance_curves as distance_curves
from robustlib.figures.style import ATTACKS as ATTACKS
from robustlib.figures.style import COLOURS as COLOURS
from robustlib.figures.style import METHODS as METHODS
from robustlib.figures.style import colour_of as colour_of
from robustlib.figures.style import look_of as look_of
from robustlib.figures.style import use as use
from robustlib.figures.tables import paper_beside_ours as paper_beside_ours
from robustlib.figures.tables import words as words
from robustlib.figures.threshold import threshold_slider as threshold_slider
from robustlib.figures.toys import distance_toy as distance_toy
from robustlib.figures.toys import triplet_toy as triplet_toy
from robustlib.figures.widgets import panel as panel
from robustlib.figures.widgets import retrain_panel as retrain_panel
