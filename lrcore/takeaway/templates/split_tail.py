rows = np.arange(len(x))
n_train = int(len(x) * (1 - 0.33))
train, validation = rows[:n_train], rows[n_train:]
updates_per_epoch = math.ceil(n_train / BATCH_SIZE)  # the last batch may be short
