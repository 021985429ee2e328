"""The two trainers' processes and the fair queue before each.

`queue.py` decides what is trained next; it knows no process and no clock. `trainer.py` runs one process and enforces
its time limits; `process.py` has its pipes, `child.py` the program inside it. `fast.py` and `keras.py` are the two
trainers: how each starts, trains and is requested to. To add a third one, add a module like these.
"""
