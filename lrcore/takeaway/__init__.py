"""What a reader takes home: a recipe as a program for Keras, as a notebook, as a PyTorch scheduler; runs as tables."""
