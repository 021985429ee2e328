"""The two trainers' processes and the fair queue before each.

`queue.py` decides what is trained next; it knows no process and no clock. `trainer.py` runs one process and enforces
its time limits; `process.py` has its pipes, `child.py` the program inside it. `fast.py` and `keras.py` are the two
trainers: how each starts, trains and is requested to. To add a third one, add a module like these. `second.py`
trains half of what the fast one does beside it. What the server asks of the system: `cores.py`, `open_files.py` and
`connections.py`.
"""
