model.compile(optimizer=optimizer, loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(
    batches(),
    steps_per_epoch=updates_per_epoch,
    epochs=EPOCHS,
    validation_data=(x[validation], y[validation]),
    callbacks=[set_rate],
    shuffle=False,  # batches() has done it
    verbose=2,
)
