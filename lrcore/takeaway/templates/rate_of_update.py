class RateOfUpdate(keras.callbacks.Callback):
    """Sets the learning rate of every update before it is made."""

    def on_train_begin(self, logs=None):
        self.rates = iter(rates)

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = next(self.rates)


set_rate = RateOfUpdate()
