"""Exports: a recipe as a program for Keras, as a notebook or as a PyTorch scheduler, and runs as tables."""

from lrcore.takeaway.export import keras_script, notebook, pytorch_scheduler

__all__ = ["keras_script", "notebook", "pytorch_scheduler"]
