import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from lrcore import keras_run, keras_worker
from lrcore.keras_worker import SERIES, KerasWorker

ROOT = Path(__file__).parents[1]
STAND_IN = """
import pickle, sys

def send(*message):
    pickle.dump(message, sys.stdout.buffer)
    sys.stdout.buffer.flush()

epoch = dict.fromkeys(["loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"], 0.5)
send("ready")
while True:
    try:
        kind, run_id, *_ = pickle.load(sys.stdin.buffer)
    except EOFError:
        break
    if kind == "train":
        send("trained", run_id, [epoch], 0.001, "finished" if sys.argv[1] == "quick" else "running", "")
    else:
        send("trained", run_id, [], 0.001, "stopped", "")
"""
"""A worker process without TensorFlow: each run is one epoch, and "endless" ones end only when stopped."""


def python(program, *arguments):
    return [sys.executable, "-c", program, *arguments]


@pytest.fixture
def started():
    """Makes workers that are closed at the end."""
    workers = []

    def make(command, **limits):
        workers.append(KerasWorker(command, **limits))
        return workers[-1]

    yield make
    for worker in workers:
        worker.close()


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    """A real worker, started from a foreign directory."""
    worker, home = KerasWorker(), Path.cwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    worker.start()
    os.chdir(home)
    yield worker
    worker.close()


def small_run(epochs=3, rate=0.1, updates=9, **changed):
    """Arguments of a run on random rows: 18 to train on, 6 to validate on."""
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (24, 34)).astype(np.float32)
    rows = (np.arange(18), np.arange(18, 24))
    rates = np.full((epochs, updates), rate)
    settings = {"momentum": 0.9, "seed": 1, "batch_size": -(-18 // updates)}
    return (
        {"x": x, "y": (x[:, 0] > 0).astype(np.float32), "split": rows, "learning_rates": rates}
        | settings
        | changed
    )


def until(condition, seconds=120):
    """Waits for `condition`, and says if it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this never came"
        time.sleep(0.005)


def ended(worker, run_id):
    """The run's progress once it is over."""
    until(lambda: worker.progress(run_id).status not in ("waiting", "running"))
    return worker.progress(run_id)


def has_begun(worker, run_id):
    return lambda: worker.progress(run_id).history["loss"]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:  # it has gone, perhaps while it was read
        return False


def test_same_epochs_as_keras_run_bit_for_bit(worker):
    run = small_run(epochs=40, hidden_units=7, nesterov=True)
    assert list(worker.train(**run)) == list(keras_run.train(**run))


def test_finished_run_is_told_in_full_and_from_any_epoch(worker):
    run_id = worker.submit(**small_run(epochs=5, rate=0.3))
    progress = ended(worker, run_id)
    assert (progress.status, progress.epochs, progress.place, progress.message) == ("finished", 5, 0, "")
    assert progress.seconds > 0
    assert tuple(progress.history) == SERIES
    assert progress.history["learning_rate"] == [0.3] * 5
    later = worker.progress(run_id, since=3).history
    assert later == {name: values[3:] for name, values in progress.history.items()}
    assert worker.state == "ready"


def test_diverged_run_says_where(worker):
    rates = np.full((6, 9), 0.1)
    rates[2:] = 1e38
    progress = ended(worker, worker.submit(**small_run(learning_rates=rates)))
    assert progress.status == "diverged"
    assert len(progress.history["loss"]) == 3
    assert not np.isfinite(progress.history["loss"][-1])
    assert progress.message.endswith("in epoch 3, where the learning rate was 1e+38.")


def test_cancelled_run_keeps_its_epochs_and_the_next_one_goes_on(worker):
    run_id = worker.submit(**small_run(epochs=20_000, updates=18))
    until(has_begun(worker, run_id))
    worker.cancel(run_id)
    progress = worker.progress(run_id)
    assert progress.status == "stopped"
    assert 0 < len(progress.history["loss"]) < 20_000
    assert ended(worker, worker.submit(**small_run())).status == "finished"
    assert worker.progress(run_id) == progress


def test_closing_the_iterator_ends_the_run(worker):
    epochs = worker.train(**small_run(epochs=20_000, updates=18))
    next(epochs)
    epochs.close()
    assert len(list(worker.train(**small_run()))) == 3


def test_run_that_raises_fails_with_its_error_and_harms_nobody(worker, capfd):
    progress = ended(worker, worker.submit(**small_run(hidden_units=10**15)))
    assert progress.status == "failed"
    assert "MemoryError" in progress.message
    pid = worker.pid
    assert ended(worker, worker.submit(**small_run())).status == "finished"
    assert worker.pid == pid


def test_killed_mid_run_fails_that_run_and_the_waiting_one_gets_a_new_process(worker):
    killed = worker.submit(**small_run(epochs=20_000, updates=18))
    waiting = worker.submit(**small_run())
    until(has_begun(worker, killed))
    pid = worker.pid
    os.kill(pid, signal.SIGKILL)
    progress = ended(worker, killed)
    assert progress.status == "failed"
    assert progress.message.startswith("The Keras process ended with exit code -9 during this run.")
    assert progress.history["loss"]
    assert ended(worker, waiting).status == "finished"
    assert worker.pid != pid


def test_runs_wait_in_order_and_know_their_place(started):
    worker = started(python(STAND_IN, "endless"))
    first, second, third, fourth = (worker.submit(**small_run()) for _ in range(4))
    until(has_begun(worker, first))
    assert [worker.progress(run).place for run in (first, second, third, fourth)] == [0, 1, 2, 3]
    worker.cancel(third)
    assert (worker.progress(third).status, worker.progress(fourth).place) == ("stopped", 2)
    worker.cancel(first)
    until(has_begun(worker, second))
    assert (worker.progress(fourth).status, worker.progress(fourth).place) == ("waiting", 1)
    worker.forget(second)
    until(has_begun(worker, fourth))
    assert worker.progress(second).status == "unknown"


def test_waiting_for_a_run_ends_with_it_or_after_the_time_given(started):
    worker = started(python(STAND_IN, "endless"))
    run_id, queued = worker.submit(**small_run()), worker.submit(**small_run())
    begin = time.monotonic()
    worker.wait(queued, 0.05)
    worker.wait("never heard of", 30)
    assert 0.05 <= time.monotonic() - begin < 30
    assert worker.progress(queued).status == "waiting"
    threading.Timer(0.05, worker.cancel, [run_id]).start()
    worker.wait(run_id, 60)
    assert worker.progress(run_id).status == "stopped"


def test_only_the_last_runs_are_kept(started):
    worker = started(python(STAND_IN, "quick"), kept=3)
    runs = [worker.submit(**small_run()) for _ in range(8)]
    ended(worker, runs[-1])
    assert [worker.progress(run).status for run in runs] == ["unknown"] * 5 + ["finished"] * 3


@pytest.mark.parametrize("epochs", [3, 20_000])
def test_stopped_process_is_killed_and_the_next_run_gets_a_new_one(started, epochs):
    """20,000 epochs of rates are more than a pipe holds: writing them may not hang either."""
    worker = started(python(STAND_IN, "quick"), silence_limit=0.5)
    ended(worker, worker.submit(**small_run()))
    pid = worker.pid
    os.kill(pid, signal.SIGSTOP)
    progress = ended(worker, worker.submit(**small_run(epochs=epochs)))
    assert progress.status == "failed"
    assert progress.message.startswith("The Keras process was silent for too long during this run.")
    assert ended(worker, worker.submit(**small_run())).status == "finished"
    assert worker.pid != pid


def test_idle_process_is_not_killed_for_its_silence(started):
    worker = started(python(STAND_IN, "quick"), start_limit=0.2, silence_limit=0.2)
    ended(worker, worker.submit(**small_run()))
    pid = worker.pid
    time.sleep(0.6)
    assert ended(worker, worker.submit(**small_run())).status == "finished"
    assert worker.pid == pid


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["no-such-command"], "No such file"),
        (python("raise SystemExit(3)"), "ended with exit code 3"),
        (python("import time; time.sleep(60)"), "was silent for too long"),
    ],
)
def test_process_that_does_not_start_is_unavailable_and_fails_the_runs(started, command, why):
    worker = started(command, start_limit=0.5)
    progress = ended(worker, worker.submit(**small_run()))
    assert (worker.state, progress.status) == ("unavailable", "failed")
    assert progress.message == worker.message
    assert why in worker.message
    assert "pip install -r requirements.txt" in worker.message


def test_broken_tensorflow_is_told_and_tried_again(started, tmp_path, monkeypatch, capfd):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('this one is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    worker = started(keras_worker.COMMAND)
    progress = ended(worker, worker.submit(**small_run()))
    assert (worker.state, progress.status) == ("unavailable", "failed")
    assert "ImportError: this one is broken" in progress.message
    until(lambda: "this one is broken" in capfd.readouterr().err)
    monkeypatch.delenv("PYTHONPATH")
    again = worker.submit(**small_run())
    assert (worker.state, worker.message, worker.progress(again).status) == ("starting", "", "waiting")


def test_failed_run_raises_from_the_iterator_after_its_epochs(started):
    worker = started(python(STAND_IN, "endless"))
    epochs = worker.train(**small_run())
    assert next(epochs) == dict.fromkeys(SERIES, 0.5)
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="ended with exit code -9"):
        next(epochs)


def test_wrong_arguments_raise_at_once_and_start_nothing(started):
    worker = started(python(STAND_IN, "quick"))
    for run in (worker.submit, worker.train):
        with pytest.raises(ValueError, match="`batch_size` must be"):
            run(**small_run(batch_size=0))
    assert (worker.state, worker.pid) == ("stopped", None)


def test_close_ends_the_process_and_its_runs(started):
    worker = started(python(STAND_IN, "endless"))
    training, waiting = (worker.submit(**small_run()) for _ in range(2))
    until(has_begun(worker, training))
    pid = worker.pid
    worker.close()
    assert [worker.progress(run).status for run in (training, waiting)] == ["stopped"] * 2
    assert worker.state == "stopped"
    until(lambda: not is_alive(pid))


def test_start_twice_is_one_process(started):
    worker = started(python(STAND_IN, "quick"))
    worker.start()
    pid = worker.pid
    worker.start()
    assert worker.pid == pid


def test_process_ends_when_its_server_is_killed():
    program = """
import time
from lrcore.keras_worker import KerasWorker
worker = KerasWorker()
worker.start()
print(worker.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen(python(program), cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        pid = int(server.stdout.readline())
        assert is_alive(pid)
        server.kill()
    until(lambda: not is_alive(pid))


def test_server_never_imports_tensorflow_and_ends_its_process():
    program = """
import sys
import numpy as np
from lrcore import keras_worker
x, rows = np.zeros((2, 34), np.float32), np.arange(2)
run = keras_worker.train(x, x[:, 0], (rows, rows), np.full((2, 1), 0.1), 0.9, seed=0, batch_size=2)
print(len(list(run)), sorted({"tensorflow", "keras"} & set(sys.modules)), keras_worker.shared().pid)
"""
    done = subprocess.run(python(program), cwd=ROOT, capture_output=True, text=True, check=True)
    epochs, imported, pid = done.stdout.split()
    assert (epochs, imported, done.stderr) == ("2", "[]", "")
    until(lambda: not is_alive(int(pid)))
