def batches():
    """Yields the training rows in batches, epoch after epoch."""
    for order in batch_order(SEED, EPOCHS, n_train):
        for start in range(0, n_train, BATCH_SIZE):
            batch = train[order[start : start + BATCH_SIZE]]
            yield x[batch], y[batch]
