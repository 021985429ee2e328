model = keras.Sequential(
    [
        keras.Input((x.shape[1],)),
        keras.layers.Dense(HIDDEN_UNITS, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.set_weights(initial_weights(SEED, x.shape[1], HIDDEN_UNITS))
