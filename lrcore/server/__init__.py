"""Who waits for whom: the two trainers' processes beside the server's, and the fair queue before each.

`queue.py` decides who is next; `trainer.py` is the server's side of a process, `process.py` its pipes, `child.py` the
process's own side. `fast.py` and `keras.py` are the two trainers: each says how its process starts and trains, and
how a page asks for a run. A third one is one more module like these.
"""
