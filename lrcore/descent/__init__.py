"""Gradient descent on a quadratic loss, where every effect of a learning rate can be seen and computed.

`quadratic.py` has the loss and the descent, `noise.py` the effects of noise in the slope, `outcome.py` measures of a
path, `landmarks.py` rates worth trying, `scenes.py` the bowl and the ravine with their settings. To add a scene,
subclass `Scene`. The loss is L(w) = (c_1 w_1^2 + ... + c_d w_d^2) / 2. Its minimum is w = 0, and c_i is its curvature
along w_i: one dimension is a bowl, two of unequal curvature are a ravine. Positions are (..., d), curvatures (d,).
"""

from lrcore.descent.outcome import ARRIVED, SEEN, Outcome
from lrcore.descent.quadratic import contour, loss, theory
from lrcore.descent.scenes import DECAYS, DRAWS, Bowl, Ravine, Scene

__all__ = [
    "ARRIVED",
    "DECAYS",
    "DRAWS",
    "SEEN",
    "Bowl",
    "Outcome",
    "Ravine",
    "Scene",
    "contour",
    "loss",
    "theory",
]
