"""The engine under the chapters: experiments, measurements, results as rows, printed numbers. It knows no paper."""

from robustlib.experiments.checkpoints import load_model as load_model
from robustlib.experiments.experiment import Crafting as Crafting
from robustlib.experiments.experiment import Experiment as Experiment
from robustlib.experiments.measurement import Findings as Findings
from robustlib.experiments.measurement import Measurement as Measurement
from robustlib.experiments.measurement import Subject as Subject
from robustlib.experiments.pictures import stored_pictures as stored_pictures
from robustlib.experiments.plan import missing as missing
from robustlib.experiments.printed import printed as printed
from robustlib.experiments.readings import evidence as evidence
from robustlib.experiments.registry import Chapter as Chapter
from robustlib.experiments.relations import holds as holds
from robustlib.experiments.results import checkpoint_path as checkpoint_path
from robustlib.experiments.results import load_result as load_result
from robustlib.experiments.results import result_path as result_path
from robustlib.experiments.rows import Row as Row
from robustlib.experiments.rows import maybe as maybe
from robustlib.experiments.rows import one as one
from robustlib.experiments.rows import select as select
from robustlib.experiments.running import run as run
from robustlib.experiments.scale import run_at as run_at
from robustlib.experiments.sentences import said as said
from robustlib.experiments.sentences import said_if_run as said_if_run
from robustlib.experiments.single_images import one_image as one_image
from robustlib.experiments.stored import stored_rows as stored_rows
from robustlib.experiments.stored import training as training
