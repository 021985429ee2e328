def optimizer_and_scheduler(model):
    """The optimizer for `model`, and the scheduler that sets its rate; after the run the last rate stays."""
    run_length = EPOCHS
    # here: rates, optimizer
    # LambdaLR multiplies lr by what its function returns: with lr=1.0 that is the learning rate itself.
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: float(rates[min(t, run_length - 1)]))
    return optimizer, scheduler


def train(model, loss_function, batches):
    """Trains `model`; `batches` holds pairs of inputs and labels, as a DataLoader does."""
    optimizer, scheduler = optimizer_and_scheduler(model)
    for _ in range(EPOCHS):
        for inputs, labels in batches:
            optimizer.zero_grad()
            loss_function(model(inputs), labels).backward()
            optimizer.step()
        scheduler.step()
