"""Where the weights of the real network go, and what the loss is there: NumPy in float64, whatever it is handed.

`loss.py` has the loss at any weights, `plane.py` the plane that holds most of a path and the loss over it, `path.py`
how a path moves, `seeds.py` how those of many seeds do, `curvature.py` how steep its walls are, `picture.py` what is
drawn, `views.py` three pictures worth a look, `wording.py` what follows, in words.

A weight vector is flat and in the order of `model.get_weights()`: kernel (features, units), bias (units,), output
kernel (units, 1), output bias (1,). A path is (..., points, parameters). Rows are `x` (rows, features) with the
labels `y` (rows,), each 0 or 1.
"""
