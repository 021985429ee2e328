"""The learning rate laboratory without its pages: schedules, data, trainers, measurements, figures.

Nothing below this package imports Streamlit, and only `keras_network` imports TensorFlow.
"""
