"""Losses: pure functions of logits or features, one value per example, never reduced."""

from robustlib.losses.contrastive import contrastive as contrastive
from robustlib.losses.cross_entropy import cross_entropy as cross_entropy
from robustlib.losses.margin import dlr as dlr
from robustlib.losses.margin import logit as logit
from robustlib.losses.margin import margin as margin
from robustlib.losses.margin import targeted_dlr as targeted_dlr
from robustlib.losses.mining import batch_hard as batch_hard
from robustlib.losses.mining import random_triplets as random_triplets
from robustlib.losses.mining import semi_hard as semi_hard
from robustlib.losses.reverse_bounds import boundary_confidence as boundary_confidence
from robustlib.losses.reverse_bounds import reverse_difference_bound as reverse_difference_bound
from robustlib.losses.reverse_bounds import reverse_error_bound as reverse_error_bound
from robustlib.losses.reverse_bounds import smoothed_difference as smoothed_difference
from robustlib.losses.reverse_bounds import worst_difference_logits as worst_difference_logits
from robustlib.losses.reverse_bounds import worst_error_logits as worst_error_logits
from robustlib.losses.reverse_cross_entropy import reverse_cross_entropy as reverse_cross_entropy
from robustlib.losses.reverse_cross_entropy import smoothed_cross_entropy as smoothed_cross_entropy
from robustlib.losses.reverse_cross_entropy import smoothed_label as smoothed_label
from robustlib.losses.shortfall import reached as reached
from robustlib.losses.shortfall import shortfall as shortfall
from robustlib.losses.sigmoid_triplet import discrepancy as discrepancy
from robustlib.losses.sigmoid_triplet import sigmoid_triplet as sigmoid_triplet
from robustlib.losses.triplet import distances as distances
from robustlib.losses.triplet import triplet as triplet
