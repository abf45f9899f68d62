"""What every public entrance checks, once: images, labels, precision, and what the model answers.

A wrong input is an error that says what was found, what was expected and the way out; it is never a number.
"""

from robustlib.door.answers import LOOK as LOOK
from robustlib.door.answers import OF_A_SCORE as OF_A_SCORE
from robustlib.door.answers import check_answer as check_answer
from robustlib.door.answers import check_gradient as check_gradient
from robustlib.door.answers import check_logits as check_logits
from robustlib.door.answers import check_loss as check_loss
from robustlib.door.inputs import PRECISE as PRECISE
from robustlib.door.inputs import check_batch as check_batch
from robustlib.door.inputs import check_images as check_images
from robustlib.door.inputs import check_inputs as check_inputs
from robustlib.door.inputs import check_labels as check_labels
from robustlib.door.inputs import check_model as check_model
from robustlib.door.inputs import check_size as check_size
from robustlib.door.inputs import submodules as submodules
