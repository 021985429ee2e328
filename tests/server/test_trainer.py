"""The trainers' processes: every request ends, whatever happens to a process, and no process or file is left."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from lrcore.data import DATASETS
from lrcore.optimizers import SGD
from lrcore.recipes.article import ARTICLE
from lrcore.recipes.recipe import Recipe
from lrcore.schedules.catalogue import Constant
from lrcore.server import fast, keras, open_files, trainer
from lrcore.server.process import ROOT, Process, command
from lrcore.server.queue import Request
from lrcore.server.trainer import Trainer
from lrcore.training import experiments, keras_run
from lrcore.training.run import Run
from tests.conftest import is_alive, until

DATA = DATASETS["ionosphere"]

pytestmark = pytest.mark.server
STAND_IN = command("tests.server.stand_in")
SHORT = Recipe(epochs=2)
LONG = 20_000


@pytest.fixture
def started():
    """Makes trainers that are closed at the end."""
    trainers = []

    def make(program=STAND_IN, **settings) -> Trainer:
        trainers.append(Trainer("The stand-in", program, {}, advice="Mend it.", **settings))
        return trainers[-1]

    yield make
    for each in trainers:
        each.close()


@pytest.fixture(scope="module")
def numpy_trainer():
    """A fast trainer of this file's own."""
    own = fast.new_trainer()
    yield own
    own.close()


@pytest.fixture(scope="module")
def keras_trainer(tmp_path_factory):
    """A Keras process of this file's own, started from a foreign directory."""
    own, home = keras.new_trainer(), os.getcwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    own.start()
    os.chdir(home)
    yield own
    own.close()


def counting(epochs=3, what="count", seconds=1.0, **more) -> Request:
    """A request that the stand-in counts its epochs for."""
    return Request((what, epochs), epochs, seconds, **more)


def over(request: Request) -> Request:
    """The request once it has ended."""
    assert request.over.wait(120)
    return request


def begun(request: Request) -> Request:
    """The request once it has news."""
    until(lambda: request.news)
    return request


def silent(own: Trainer, seconds: float) -> None:
    """Waits until the trainer's process has been silent for longer than that, as the trainer counts it."""
    until(lambda: own._silence > seconds)


def wanted() -> None:
    """The wait of a reader who stays."""


# Any trainer.


def test_news_and_result_of_each_epoch_come_in_order(started):
    done = over(started().submit(counting(50)))
    assert (done.status, done.news, done.result, done.message) == (
        "finished",
        list(range(50)),
        "countcount",
        "",
    )
    assert done.spent > 0


@pytest.mark.parametrize(
    ("what", "why", "news"),
    [("fail", "ValueError: this one fails", 2), ("no network", "MemoryError: no net", 0)],
)
def test_a_request_that_fails_says_why_and_harms_no_other(started, what, why, news, capfd):
    own = started()
    failed = over(own.submit(counting(3, what)))
    assert failed.status == "failed"
    assert failed.message.startswith(why)
    assert len(failed.news) == news
    pid = own.pid
    assert over(own.submit(counting())).status == "finished"
    assert own.pid == pid


def test_a_request_without_waiters_ends_between_two_epochs_and_keeps_its_news(started):
    own = started()
    left = begun(own.submit(counting(LONG, "slow")))
    own.leave(left)
    assert left.status == "stopped"
    assert over(own.submit(counting())).status == "finished"
    assert 0 < len(left.news) < LONG


def test_what_the_reader_does_meanwhile_ends_the_wait_and_the_request(started):
    class MovedOnError(BaseException):
        pass

    def move_on():
        raise MovedOnError

    own, request = started(), counting(LONG, "slow")
    with pytest.raises(MovedOnError):
        own.train(request, move_on)
    assert request.status == "stopped"
    assert own.train(counting(), wanted).status == "finished"


def test_a_cheap_request_interrupts_a_dear_one_which_then_goes_on_where_it_was(started):
    own = started()
    dear = begun(own.submit(counting(400, "slow", seconds=9)))
    cheap = over(own.submit(counting(3, seconds=0.1)))
    assert dear.is_open
    assert cheap.status == "finished"
    assert over(dear).news == list(range(400))


def test_all_who_ask_at_once_get_their_own(started):
    own = started()
    with ThreadPoolExecutor(20) as threads:
        asked = [threads.submit(own.train, counting(5 + n, seconds=0.1 * n), wanted) for n in range(20)]
        assert [each.result(60).news for each in asked] == [list(range(5 + n)) for n in range(20)]


def test_a_process_that_is_killed_fails_its_run_and_the_others_go_on_with_a_new_one(started):
    own = started()
    interrupted = begun(own.submit(counting(300, "slow", seconds=9)))
    killed = begun(own.submit(counting(LONG, "slow", seconds=1)))
    waiting = own.submit(counting(seconds=20))
    before = own.pid
    os.kill(before, signal.SIGKILL)
    assert over(killed).message == (
        "The stand-in's process was ended by the signal SIGKILL during this run. The next run starts it anew."
    )
    assert killed.news
    assert over(interrupted).news == list(range(300))
    assert over(waiting).status == "finished"
    assert own.pid != before


def test_a_run_is_trained_again_if_it_may_be_and_fails_the_second_time(started):
    own = started(attempts=2)
    request = begun(own.submit(counting(LONG, "slow")))
    before, seen = own.pid, len(request.news)
    os.kill(before, signal.SIGKILL)
    until(lambda: len(request.news) > seen + 10)
    assert request.news == list(range(len(request.news)))
    os.kill(own.pid, signal.SIGKILL)
    assert over(request).status == "failed"
    assert over(own.submit(counting())).status == "finished"


@pytest.mark.parametrize("size", [1, 10**7], ids=["small", "more than a pipe holds"])
def test_a_process_that_is_stopped_is_replaced(started, size):
    own = started(silence_limit=0.5)
    over(own.submit(counting()))
    before = own.pid
    os.kill(before, signal.SIGSTOP)
    request = Request(("count" + size * " ", 3), 3, 1.0)
    failed = over(own.submit(request))
    assert failed.message.startswith("The stand-in's process was silent for too long during this run.")
    assert over(own.submit(counting())).status == "finished"
    assert own.pid != before


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_is_lost_while_it_starts_is_started_once_more(started, sent):
    own = started(
        [sys.executable, "-c", f"import os; os.kill(os.getpid(), {int(sent)})"], attempts=2, start_limit=5
    )
    request = own.submit(counting())
    own.command = STAND_IN
    assert over(request).status == "finished"


def test_a_start_that_fails_again_and_again_ends_and_a_later_one_has_as_many_attempts(started, tmp_path):
    attempts = tmp_path / "attempts"
    code = f"open({str(attempts)!r}, 'a').write('.'); raise SystemExit(3)"
    own = started([sys.executable, "-c", code], attempts=2)
    for _ in range(2):
        assert over(own.submit(counting())).status == "failed"
        assert own.state == "unavailable"
    assert attempts.read_text() == 4 * "."


def test_a_clock_that_runs_on_while_everything_is_suspended_makes_no_silence(started, monkeypatch):
    own, clock = started(), time.monotonic
    request, before = begun(own.submit(counting(150, "slow"))), own.pid
    monkeypatch.setattr(time, "monotonic", lambda: 10_000 * clock())  # as if suspended at every moment
    assert over(request).status == "finished"
    assert own.pid == before


def test_a_task_that_has_ended_before_the_server_knows_is_not_trained_on():
    received: queue.SimpleQueue[tuple] = queue.SimpleQueue()
    process = Process(STAND_IN, {}, lambda _, *message: received.put(message), lambda *_: received.put(()))
    process.send("train", 1, (("count", 2),))
    for number in (1, 2):
        while (message := received.get(timeout=60))[-1] in (None, "ready"):
            pass
        assert message[1] == number
        process.send("train", 1, None)
        process.send("train", 2, (("other", 1),))
    process.kill()


def test_what_a_training_prints_is_no_message(started, capfd):
    own = started()
    assert over(own.submit(counting(3, "print"))).news == [0, 1, 2]
    assert capfd.readouterr().err.count("printed") == 3


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGRTMIN + 6])
def test_any_signal_that_ends_a_process_is_named(started, sent):
    own = started()
    request = begun(own.submit(counting(LONG, "slow")))
    os.kill(own.pid, sent)
    name = getattr(sent, "name", sent)
    assert f"was ended by the signal {name} during" in over(request).message


def test_ctrl_c_in_the_terminal_is_for_the_server(started):
    own = started()
    request = begun(own.submit(counting(150, "slow")))
    before = own.pid
    os.kill(before, signal.SIGINT)
    assert over(request).status == "finished"
    assert own.pid == before


def test_an_idle_process_is_not_replaced_for_its_silence(started):
    own = started(silence_limit=0.2)
    over(own.submit(counting()))
    before = own.pid
    silent(own, 0.6)
    assert over(own.submit(counting())).status == "finished"
    assert own.pid == before


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (["no-such-command"], "No such file"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "its process ended with exit code 3"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], "its process was silent for too long"),
        (command("tests.no_such_module"), "No module named 'tests.no_such_module'"),
    ],
)
def test_a_process_that_does_not_start_fails_the_requests_with_the_reason(started, program, why, capfd):
    own = started(program, start_limit=5 if "tests" in program[-1] else 0.5)
    failed = over(own.submit(counting()))
    assert (own.state, failed.status) == ("unavailable", "failed")
    assert failed.message == own.message
    assert why in own.message
    assert own.message.endswith("Mend it.")


def test_a_process_that_has_grown_is_renewed_in_a_quiet_moment(started, monkeypatch):
    monkeypatch.setattr(trainer, "QUIET", 0.2)
    own = started()
    over(own.submit(counting(90)))
    before = own.pid
    silent(own, 0.6)
    assert own.pid == before
    over(own.submit(counting(20)))
    until(lambda: own.pid != before)
    assert over(own.submit(counting())).status == "finished"


def test_a_process_that_has_grown_too_much_is_renewed_between_two_runs_without_a_quiet_moment(started):
    own = started()
    long, short = own.submit(counting(250)), own.submit(counting(3, seconds=9))
    before = own.pid
    assert over(long).news == list(range(250))
    assert over(short).news == [0, 1, 2]
    assert own.pid != before


def test_start_twice_is_one_process(started):
    own = started()
    own.start()
    before = own.pid
    own.start()
    assert own.pid == before


def test_close_ends_the_process_and_its_requests(started):
    own = started()
    requests = [begun(own.submit(counting(LONG, "slow"))), own.submit(counting(seconds=9))]
    pid = own.pid
    own.close()
    assert [each.status for each in requests] == ["stopped"] * 2
    assert (own.state, own.pid) == ("stopped", None)
    until(lambda: not is_alive(pid))


SERVER = """
import sys, time
from lrcore.recipes.recipe import Recipe
from lrcore.server import fast, keras
fast.run([Recipe(epochs=2)], [0], lambda: None)
run = keras.trainer().submit(keras.request(Recipe(epochs=2), 0))
assert run.over.wait(120) and run.status == "finished", run.message
print(fast.trainer().pid, keras.trainer().pid, *({"tensorflow", "keras"} & set(sys.modules)), flush=True)
if len(sys.argv) > 1:
    time.sleep(60)
"""


@pytest.mark.parametrize(
    "ends", [None, signal.SIGKILL, signal.SIGHUP], ids=["by itself", "killed", "hung up"]
)
def test_both_processes_end_with_their_server_and_leave_nothing(ends, tmp_path):
    shared = set(os.listdir("/dev/shm"))
    wait = ["wait"] if ends else []
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, *wait],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        pids = [int(word) for word in server.stdout.readline().split()]  # and no word more: no TensorFlow
        assert len(pids) == 2
        if ends:
            server.send_signal(ends)
    until(lambda: not any(map(is_alive, pids)))
    assert list(tmp_path.iterdir()) == []
    assert set(os.listdir("/dev/shm")) <= shared


# The fast trainer.


def assert_equal(histories, others) -> None:
    """The same runs, bit for bit."""
    for history, other in zip(histories, others, strict=True):
        for name, values in history.curves().items():
            np.testing.assert_array_equal(values, getattr(other, name))


def test_it_trains_the_runs_that_a_call_trains(numpy_trainer):
    recipes = [ARTICLE["constant"], ARTICLE["step"]]
    done = numpy_trainer.train(fast.request(recipes, range(3)), wanted)
    assert_equal(done.result, experiments.train(recipes, range(3)))


def test_the_servers_own_one_is_asked_by_run():
    assert_equal(fast.run([SHORT], [1], wanted), experiments.train([SHORT], [1]))
    fast.trainer().close()


def test_a_broken_rule_is_reported_as_by_a_call():
    with pytest.raises(ValueError, match="`seeds` must be"):
        fast.run([SHORT], [], wanted)
    with pytest.raises(ValueError, match="`recipes` must be"):
        fast.run([], [0], wanted)


def test_interrupted_runs_are_the_runs_that_each_would_be_alone(numpy_trainer):
    dear = Recipe(epochs=200, batch_size=4, optimizer=SGD(0.9))
    cheap = [Recipe(Constant(0.01 * rate), epochs=3) for rate in range(1, 10)]
    asked = numpy_trainer.submit(fast.request([dear], range(3)))
    until(lambda: asked.status == "running")
    for recipe in cheap:
        done = numpy_trainer.train(fast.request([recipe], [0, 1]), wanted)
        assert_equal(done.result, experiments.train([recipe], [0, 1]))
    assert_equal(over(asked).result, experiments.train([dear], range(3)))


def test_what_waits_and_is_alike_is_trained_together_and_everybody_gets_their_own(numpy_trainer):
    alike = [[Recipe(Constant(0.1 * rate), epochs=2)] for rate in range(1, 5)]
    works = [
        *((recipes, [0, 1]) for recipes in alike),
        ([Recipe(epochs=2, batch_size=14)], [0, 1]),
        (alike[0], [2, 3, 4]),
    ]
    numpy_trainer.train(fast.request([SHORT], [0]), wanted)
    with numpy_trainer._lock:
        asked = [numpy_trainer._queue.add(fast.request(*work), time.monotonic()) for work in works]
        task = numpy_trainer._queue.next(time.monotonic())
        assert task.requests == asked[:4]
        numpy_trainer._advance()
    for request, work in zip(asked, works, strict=True):
        assert_equal(over(request).result, experiments.train(*work))


def test_dear_or_unlike_requests_do_not_go_together():
    dear, cheap = (fast.request([Recipe(epochs=epochs)], range(20)) for epochs in (500, 10))
    assert dear.seconds > fast.TOGETHER / 2
    assert not fast.go_together([dear, dear])
    assert fast.go_together([cheap, cheap])
    assert not fast.go_together([cheap, fast.request([Recipe(epochs=11)], range(20))])
    assert not fast.go_together([cheap, fast.request([Recipe(epochs=10)], range(19))])
    assert not fast.go_together([cheap] * (fast.MOST + 1))


def test_a_lost_process_is_reported_to_the_reader_in_a_sentence(monkeypatch):
    broken = Trainer(
        "The fast trainer", [sys.executable, "-c", "raise SystemExit(3)"], {}, advice="Try again."
    )
    monkeypatch.setattr(fast, "trainer", lambda: broken)
    with pytest.raises(
        fast.TrainerLostError, match="could not be started: its process ended with exit code 3"
    ):
        fast.run([SHORT], [0], wanted)


# Keras.


def alone(request: Request) -> list[list[float]]:
    """The epochs of the same run in this process."""
    recipe, seed, until = request.work
    return list(keras_run.epochs(Run((recipe,), (seed,), until=until)))


def test_keras_trains_the_run_that_a_call_trains_and_reports_its_progress(keras_trainer):
    run = over(
        keras_trainer.submit(
            keras.request(Recipe(epochs=40, hidden_units=7, optimizer=SGD(nesterov=True)), 1)
        )
    )
    assert run.news == alone(run)
    progress = keras.progress(run)
    assert (progress.status, progress.epochs, progress.place, progress.message) == ("finished", 40, 0, "")
    assert tuple(progress.history) == keras.SERIES
    assert progress.history["learning_rate"] == [0.1] * 40
    assert progress.seconds > 0


def test_keras_runs_that_take_turns_are_the_runs_that_each_would_be_alone(keras_trainer):
    dear = keras_trainer.submit(keras.request(Recipe(epochs=300, batch_size=8, optimizer=SGD(0.5)), 1))
    begun(dear)
    cheap = over(keras_trainer.submit(keras.request(Recipe(epochs=10, optimizer=SGD(0.9)), 3)))
    assert dear.is_open
    assert cheap.news == alone(cheap)
    assert over(dear).news == alone(dear)


def test_a_run_is_lost_whose_loss_stops_being_finite_and_ends_with_that_epoch(keras_trainer):
    wild = Recipe(Constant(1000.0), optimizer=SGD(0.99))
    progress = keras.progress(over(keras_trainer.submit(keras.request(wild, 0))))
    assert progress.status == "lost"
    assert len(progress.history["loss"]) == len(progress.history["learning_rate"]) < wild.epochs
    assert not np.isfinite(progress.history["loss"][-1])


def test_a_run_is_lost_that_ends_above_its_untrained_network_and_one_that_is_cut_short_may_not_be(
    keras_trainer,
):
    lost = Recipe(Constant(10.0), epochs=3)
    progress = keras.progress(over(keras_trainer.submit(keras.request(lost, 1))))
    assert (progress.status, len(progress.history["loss"])) == ("lost", 3)
    cut = keras.progress(over(keras_trainer.submit(keras.request(SHORT, 1, until=1))))
    assert (cut.status, cut.epochs, len(cut.history["loss"])) == ("finished", 1, 1)


def test_wrong_arguments_are_refused_before_they_are_sent():
    with pytest.raises(ValueError, match="`seed` must be"):
        keras.request(SHORT, -1)


def test_a_tensorflow_that_is_broken_is_reported_and_tried_again(tmp_path, monkeypatch, capfd):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('this one is broken')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    own = keras.new_trainer()
    failed = over(own.submit(keras.request(SHORT, 1)))
    assert (own.state, failed.status) == ("unavailable", "failed")
    assert "Keras could not be started: ImportError: this one is broken" in failed.message
    assert "pip install -r requirements.txt" in failed.message
    monkeypatch.delenv("PYTHONPATH")
    again = own.submit(keras.request(SHORT, 1))
    assert (own.state, own.message, again.status) == ("starting", "", "waiting")
    own.close()


def test_the_process_says_how_many_networks_it_has_compiled(keras_trainer):
    over(keras_trainer.submit(keras.request(replace(SHORT, hidden_units=11), 1)))
    before = keras_trainer._burden
    over(keras_trainer.submit(keras.request(replace(SHORT, hidden_units=12), 1)))
    assert keras_trainer._burden == pytest.approx(before + 1 / keras.NETWORKS)


# The server's own limits.


def test_the_limit_of_open_files_is_raised_and_never_lowered():
    code = (
        "import resource, sys\nfrom lrcore.server import open_files\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))\n"
        "open_files.allow_many()\nprint(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    cases = {
        (256, 1000): (1000, 1000),
        (256, 10_000): (open_files.MANY, 10_000),
        (9000, 10_000): (9000, 10_000),
    }
    for limits, expected in cases.items():
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, limits)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert tuple(map(int, done.stdout.split())) == expected
