"""The paths of the real network's weights over its loss surface, computed in float64.

`loss.py` has the loss at any weights, `plane.py` the plane that holds most of a path and the loss over it, `path.py`
measures of how a path moves, `seeds.py` the same for many seeds, `curvature.py` the curvature along a path,
`picture.py` the picture of some paths, `views.py` ready-made pictures, `wording.py` the findings in words.

A weight vector is flat and in the order of `model.get_weights()`: kernel (features, units), bias (units,), output
kernel (units, 1), output bias (1,). A path is (..., points, parameters). Rows are `x` (rows, features) with the
labels `y` (rows,), each 0 or 1.
"""
