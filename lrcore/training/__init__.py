"""How a run is made: by the fast trainer, many at once in NumPy, or by Keras, one by one."""
