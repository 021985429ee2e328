"""The order of training: cheap before dear, one request a reader, a turn for every request."""

from __future__ import annotations

import pytest

from lrcore.server.queue import AWAY, KEPT, TURN, TURN_EVERY, WAITS, Priority, Queue, Request

BEHIND, PREVIEW = Priority.BEHIND, Priority.PREVIEW


def request(seconds=1.0, priority=Priority.READER, **more) -> Request:
    """A request of ten epochs."""
    return Request(("work",), 10, seconds, priority, **more)


def queue_of(*requests: Request, together=lambda requests: False) -> Queue:
    """They came in this order, at the time 0."""
    queue = Queue(together)
    for each in requests:
        queue.add(each, 0.0)
    return queue


def served(queue: Queue, until: float, step: float = 0.01) -> list[Request]:
    """Whose turn it is, at every step until then; nothing ends."""
    return [queue.next(number * step).requests[0] for number in range(round(until / step))]


def order_of(queue: Queue) -> list[Request]:
    """The order in which they are trained, each to its end at once."""
    order = []
    while task := queue.next(0.0):
        order += task.requests
        for each in task.requests:
            each.end("finished")
        queue.tidy(0.0)
    return order


def order_of_ranks(queue: Queue) -> list[Request]:
    """The requests, turns left out."""
    return [task.requests[0] for task in sorted(queue.tasks, key=lambda task: task.rank)]


def test_an_empty_queue_has_no_next():
    assert Queue(lambda requests: False).next(0.0) is None


def test_cheap_comes_before_dear_and_of_equals_the_first():
    dear, cheap, cheap_too = request(5.0), request(0.1), request(0.1)
    assert order_of(queue_of(dear, cheap, cheap_too)) == [cheap, cheap_too, dear]


def test_what_a_reader_waits_for_comes_before_what_fills_in_behind_and_that_before_previews():
    preview, behind, waited_for = request(0.1, PREVIEW), request(0.2, BEHIND), request(9.0)
    assert order_of(queue_of(preview, behind, waited_for)) == [waited_for, behind, preview]


def test_what_has_almost_ended_is_cheap():
    begun, other = request(5.0), request(1.0)
    queue = queue_of(begun)
    task = queue.next(0.0)
    task.done = 9
    queue.add(other, 0.0)
    assert queue.next(0.0) is task


def test_the_dear_one_gets_a_share_of_the_time_while_cheap_ones_keep_coming():
    dear, cheap = request(100.0), request(0.1)
    turns = served(queue_of(dear, cheap), until=20)
    assert turns.count(dear) / len(turns) == pytest.approx(TURN / TURN_EVERY, rel=0.15)
    longest = max(len(run) for run in "".join("d" if each is dear else "c" for each in turns).split("d"))
    assert longest * 0.01 <= TURN_EVERY + 0.02


def test_all_dear_ones_get_turns():
    dear = [request(100.0 + number) for number in range(10)]
    assert set(served(queue_of(*dear, request(0.1)), until=2 * 10 * TURN_EVERY)) >= set(dear)


def test_a_preview_gets_no_turn_before_others():
    preview, dear = request(0.1, PREVIEW), request(100.0)
    assert preview not in served(queue_of(preview, dear), until=5)


def test_equal_requests_are_one_until_the_last_who_waits_has_left():
    queue = queue_of()
    first = queue.add(request(key="same", priority=BEHIND), 0.0)
    second = queue.add(request(key="same"), 0.0)
    other = queue.add(request(key="other"), 0.0)
    assert second is first
    assert other is not first
    assert first.priority == Priority.READER
    queue.leave(first)
    assert first.status == "waiting"
    queue.leave(first)
    assert first.status == "stopped"
    assert queue.add(request(key="same"), 0.0) is not first


def test_what_two_wait_for_is_neither_replaced_by_one_of_them_nor_dropped_with_a_browser():
    queue = queue_of()
    first = queue.add(request(key="same", priority=PREVIEW, reader="A", is_here=lambda: False), 0.0)
    assert queue.add(request(key="same"), 0.0) is first
    queue.add(request(key="other", priority=PREVIEW, reader="A"), 0.0)
    queue.tidy(KEPT + 1)
    assert (first.status, first.is_away) == ("waiting", False)


def test_a_reader_who_joins_an_equal_request_leaves_the_one_before():
    queue = queue_of(request(key="same", reader="B"), request(key="other", reader="A"))
    shared, before = (task.requests[0] for task in queue.tasks)
    assert queue.add(request(key="same", reader="A"), 0.0) is shared
    assert (shared.status, before.status) == ("waiting", "stopped")


def test_requests_without_a_key_are_never_one():
    queue = queue_of()
    assert queue.add(request(), 0.0) is not queue.add(request(), 0.0)


def test_a_new_request_of_a_reader_takes_the_place_of_the_one_before():
    before, running, others = request(reader="A"), request(reader="B"), request(reader="C")
    queue = queue_of(before, running, others)
    running.status = "running"
    for reader in "AB":
        queue.add(request(reader=reader), 0.0)
    assert [before.status, running.status, others.status] == ["stopped", "stopped", "waiting"]
    assert sum(task.is_open for task in queue.tasks) == 3


def test_whose_browser_is_gone_comes_last_and_is_dropped_if_it_has_not_begun():
    here, gone, begun = request(9.0), request(1.0, is_here=lambda: False), request(2.0, is_here=lambda: False)
    queue = queue_of(gone, begun, here)
    begun.status = "running"
    queue.tidy(AWAY / 2)
    assert order_of_ranks(queue) == [gone, begun, here]
    queue.tidy(2 * AWAY)
    assert order_of_ranks(queue) == [here, gone, begun]
    queue.tidy(WAITS + 1)
    assert [each.status for each in (here, gone, begun)] == ["waiting", "stopped", "running"]
    queue.tidy(KEPT + 1)
    assert begun.status == "stopped"


def test_a_browser_that_comes_back_in_time_keeps_its_request():
    is_there = []
    request_ = request(is_here=lambda: bool(is_there))
    queue = queue_of(request_)
    queue.tidy(WAITS - 1)
    is_there.append(True)
    queue.tidy(WAITS)
    is_there.clear()
    queue.tidy(2 * WAITS - 1)
    assert request_.status == "waiting"


def test_the_place_counts_what_comes_before():
    dear, cheap, behind = request(5.0), request(0.1), request(0.1, BEHIND)
    queue = queue_of(dear, cheap, behind)
    assert [queue.place(each) for each in (cheap, dear, behind)] == [0, 1, 2]
    cheap.end("stopped")
    assert queue.place(dear) == 0


def test_of_equals_the_earlier_ones_are_ahead():
    equals = [request(reader=reader) for reader in "ABC"]
    queue = queue_of(*equals)
    assert [queue.place(each) for each in equals] == [0, 1, 2]


def test_what_waits_and_goes_together_is_one_task():
    few = [request(0.1), request(0.1), request(0.3), request(0.1)]
    queue = queue_of(*few, together=lambda requests: sum(each.seconds for each in requests) < 0.35)
    few[1].end("stopped")
    assert queue.next(0.0).requests == [few[0], few[3]]
    assert len(queue.tasks) == 3
    queue.tidy(0.0)
    assert [task.requests for task in queue.tasks] == [[few[0], few[3]], [few[2]]]


def test_nothing_is_added_to_a_task_that_has_begun():
    first, second = request(), request()
    queue = queue_of(first, together=lambda requests: True)
    task = queue.next(0.0)
    task.begin()
    queue.add(second, 0.0)
    assert queue.next(0.0).requests == [first]


def test_a_task_that_is_trained_again_reports_nothing_twice():
    one = request()
    task = queue_of(one).next(0.0)
    task.begin()
    task.take(3, [0, 1, 2], 0.3)
    task.begin()
    task.take(2, [0, 1], 0.1)
    task.take(4, [2, 3], 0.4)
    assert one.news == [0, 1, 2, 3]
    assert one.spent == 0.4


def test_what_has_ended_stays_as_it_is():
    one = request()
    task = queue_of(one).next(0.0)
    one.end("stopped")
    task.take(1, ["late"], 1.0)
    task.end("finished", results=["late"])
    assert (one.status, one.news, one.result) == ("stopped", [], None)
    assert one.over.is_set()
