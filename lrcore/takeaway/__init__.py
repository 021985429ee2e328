"""What a reader takes home: a recipe as a program for Keras, as a notebook, as a PyTorch scheduler; runs as tables."""

from lrcore.takeaway.export import keras_script, notebook, pytorch_scheduler

__all__ = ["keras_script", "notebook", "pytorch_scheduler"]
