def load_data(path):
    """The features, the labels 0 and 1, and the names of the two classes; with or without a header row."""
    try:
        table = pd.read_csv(path, header=None, dtype=str, skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path} cannot be read: {str(error).strip()}") from None
    classes = table.iloc[:, -1].fillna("(empty)").str.strip()
    if classes[0] not in set(classes[1:]):  # the first row is a header
        table, classes = table[1:], classes[1:]
    numbers = table.iloc[:, :-1].apply(pd.to_numeric, errors="coerce").to_numpy("float32")
    encoder = LabelEncoder()
    labels = encoder.fit_transform(classes).astype("float32")
    found = ", ".join(encoder.classes_[:4]) or "nothing"
    rows = {name: int((classes == name).sum()) for name in ROWS}
    if table.shape[1] != COLUMNS:
        fault = f"it does not have {COLUMNS} columns between commas, but {table.shape[1]}"
    elif encoder.classes_.tolist() != list(ROWS):
        fault = f"its last column says {found:.60}, not {' and '.join(ROWS)}"
    elif rows != ROWS:
        (first, second), (n, m) = ROWS, ROWS.values()
        fault = f"it has {rows[first]} rows of {first} and {rows[second]} of {second}, not {n} and {m}"
    elif not ((numbers >= LOW) & (numbers <= HIGH)).all():
        fault = f"a feature is missing, not a number, or outside [{LOW}, {HIGH}]"
    elif hashlib.sha256(numbers.tobytes() + labels.tobytes()).hexdigest() != DIGEST:
        fault = "a value was changed, or the rows stand in another order"
    else:
        return numbers, labels, encoder.classes_
    raise SystemExit(f"{path} is not the data set: {fault}.")


x, y, class_names = load_data(DATA_FILE)
