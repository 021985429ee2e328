def rate_of_epoch(epoch):
    """The learning rate of an epoch, counted from 0."""
    return float(rates[epoch])


set_rate = keras.callbacks.LearningRateScheduler(rate_of_epoch)
