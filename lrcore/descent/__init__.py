"""Gradient descent on a quadratic loss, where all that a learning rate does can be seen and computed.

`quadratic.py` descends, `noise.py` says what noise in the slope does, `outcome.py` measures a path, `landmarks.py`
finds rates worth a visit, `scenes.py` declares the bowl and the ravine with their settings. To add a scene, derive
one from `Scene`. The loss is L(w) = (c_1 w_1^2 + ... + c_d w_d^2) / 2. Its minimum is w = 0, and c_i is its curvature
along w_i: one dimension is a bowl, two of unlike curvature are a ravine. Positions are (..., d), curvatures (d,).
"""

from lrcore.descent.noise import draws, expected_loss, floor, lower_bound
from lrcore.descent.outcome import ARRIVED, SEEN, Outcome, outcome
from lrcore.descent.quadratic import (
    contour,
    descend,
    gradient,
    loss,
    stability_limit,
    theory,
)
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
    "descend",
    "draws",
    "expected_loss",
    "floor",
    "gradient",
    "loss",
    "lower_bound",
    "outcome",
    "stability_limit",
    "theory",
]
