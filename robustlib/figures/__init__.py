"""Figures: everything the book draws, and the controls; a notebook cell only calls what is here.

`page` is what becomes HTML, `plots` what matplotlib draws from given numbers, `toys` what computes what it shows.

`import robustlib` imports nothing of this room: it needs matplotlib, and some functions scikit-learn or ipywidgets.
"""

from robustlib.figures.page.answer import read_answer as read_answer
from robustlib.figures.page.exercise import Verdict as Verdict
from robustlib.figures.page.exercise import check as check
from robustlib.figures.page.fragment import Fragment as Fragment
from robustlib.figures.page.fragment import caption as caption
from robustlib.figures.page.frames import Frame as Frame
from robustlib.figures.page.frames import fate as fate
from robustlib.figures.page.frames import fates as fates
from robustlib.figures.page.frames import frames as frames
from robustlib.figures.page.gallery import gallery as gallery
from robustlib.figures.page.image_rows import image_rows as image_rows
from robustlib.figures.page.live_attack import live_attack as live_attack
from robustlib.figures.page.network import packed as packed
from robustlib.figures.page.picture import Picture as Picture
from robustlib.figures.page.predict import predict as predict
from robustlib.figures.page.result_box import Evidence as Evidence
from robustlib.figures.page.result_box import result_box as result_box
from robustlib.figures.page.run_cell import run_cell as run_cell
from robustlib.figures.page.run_cell import try_attack as try_attack
from robustlib.figures.page.sortable import sortable as sortable
from robustlib.figures.page.source import show as show
from robustlib.figures.page.tables import paper_beside_ours as paper_beside_ours
from robustlib.figures.page.threshold import threshold_slider as threshold_slider
from robustlib.figures.page.triptych import triptych as triptych
from robustlib.figures.page.widgets import panel as panel
from robustlib.figures.page.widgets import retrain_panel as retrain_panel
from robustlib.figures.page.word_tables import words as words
from robustlib.figures.plots import style as style
from robustlib.figures.plots.bars import bars as bars
from robustlib.figures.plots.boundary_slices import boundary_slices as boundary_slices
from robustlib.figures.plots.canvas import figure as figure
from robustlib.figures.plots.cost import cost_curves as cost_curves
from robustlib.figures.plots.curves import robust_accuracy_curves as robust_accuracy_curves
from robustlib.figures.plots.curves import training_curves as training_curves
from robustlib.figures.plots.detection import gamma_figure as gamma_figure
from robustlib.figures.plots.detection import roc_figure as roc_figure
from robustlib.figures.plots.distances import distance_bars as distance_bars
from robustlib.figures.plots.distances import distance_curves as distance_curves
from robustlib.figures.plots.dots import dot_plot as dot_plot
from robustlib.figures.plots.embedding import embedding as embedding
from robustlib.figures.plots.embedding import lda as lda
from robustlib.figures.plots.embedding import pca as pca
from robustlib.figures.plots.embedding import tsne as tsne
from robustlib.figures.plots.embedding_frames import embedding_frames as embedding_frames
from robustlib.figures.plots.embedding_maps import maps as maps
from robustlib.figures.plots.falls import fall_plot as fall_plot
from robustlib.figures.plots.forest import forest as forest
from robustlib.figures.plots.heat_map import heat_map as heat_map
from robustlib.figures.plots.iteration_frames import iteration_frames as iteration_frames
from robustlib.figures.plots.iterations import Rounds as Rounds
from robustlib.figures.plots.iterations import iteration_curves as iteration_curves
from robustlib.figures.plots.layouts import layouts as layouts
from robustlib.figures.plots.layouts import placed as placed
from robustlib.figures.plots.lines import lines as lines
from robustlib.figures.plots.looks import ATTACKS as ATTACKS
from robustlib.figures.plots.looks import METHODS as METHODS
from robustlib.figures.plots.reading import Reading as Reading
from robustlib.figures.plots.reading import reading as reading
from robustlib.figures.plots.scatter import scatter as scatter
from robustlib.figures.plots.series_styles import COLOURS as COLOURS
from robustlib.figures.plots.series_styles import colour_of as colour_of
from robustlib.figures.plots.series_styles import style_of as style_of
from robustlib.figures.plots.series_styles import styles_of as styles_of
from robustlib.figures.plots.stacked import stacked as stacked
from robustlib.figures.plots.staged_maps import staged_maps as staged_maps
from robustlib.figures.plots.style import use as use
from robustlib.figures.plots.way_frames import way_frames as way_frames
from robustlib.figures.toys.attack_family import family_tree as family_tree
from robustlib.figures.toys.attacked_triplet import attacked_triplet_toy as attacked_triplet_toy
from robustlib.figures.toys.budget import budget_toy as budget_toy
from robustlib.figures.toys.feature_distance import distance_toy as distance_toy
from robustlib.figures.toys.isolines import NearestErrors as NearestErrors
from robustlib.figures.toys.isolines import isolines as isolines
from robustlib.figures.toys.isolines import nearest_errors as nearest_errors
from robustlib.figures.toys.loss_surface import loss_surface as loss_surface
from robustlib.figures.toys.manifold import Attacked as Attacked
from robustlib.figures.toys.manifold import ManifoldToy as ManifoldToy
from robustlib.figures.toys.manifold import manifold_toy as manifold_toy
from robustlib.figures.toys.oracle_map import oracle_map as oracle_map
from robustlib.figures.toys.steep_margin import margin_toy as margin_toy
from robustlib.figures.toys.triplet import triplet_toy as triplet_toy

look_of = style_of  # the older name
