rows = np.arange(len(x))
n_train = int(len(x) * (1 - 0.33))
train, validation = train_test_split(rows, train_size=n_train, stratify=y, random_state=SEED)
updates_per_epoch = math.ceil(n_train / BATCH_SIZE)  # the last batch may be short
