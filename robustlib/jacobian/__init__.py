r"""How far an embedding moves when its image moves: norms of the Jacobian, exact and estimated, one value per example.

z is what a model made of x, which has to require grad: `x.requires_grad_(); jacobian_norm(model.features(x), x)`.
Norms are Frobenius norms of :math:`J_i = \partial z_i / \partial x_i`, a matrix of d rows and one column a pixel.

Batch-norm that is training couples examples: z_j then hangs on x_i too. What is computed there from draws that are
independent between examples (`signed`, `projected_jacobian_norm`) is still an unbiased square, of
:math:`\sum_j \|\partial z_j / \partial x_i\|^2`: what the whole batch feels of image i. Without them the sum over j is
taken inside of the norm, and batch-norm makes just that sum a constant. In eval mode both are the norm of J_i.
"""

from robustlib.jacobian.backward import jacobian_norm as jacobian_norm
from robustlib.jacobian.backward import projected_jacobian_norm as projected_jacobian_norm
from robustlib.jacobian.backward import released_jacobian_norm as released_jacobian_norm
from robustlib.jacobian.differences import differenced_jacobian_norm as differenced_jacobian_norm
from robustlib.jacobian.differences import finite_difference as finite_difference
from robustlib.jacobian.directions import unit_directions as unit_directions
