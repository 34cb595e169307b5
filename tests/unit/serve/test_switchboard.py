from __future__ import annotations

from ims_avatar.control import (
    CallSummary,
    Drain,
    Drained,
    EndAll,
    FrontHello,
    Reload,
    Reloaded,
    Stop,
    WorkerGone,
    WorkerHello,
    WorkerStatus,
)
from ims_avatar.serve.switchboard import FRONT, Outgoing, Switchboard

FRONT_HELLO = FrontHello(pid=1, sip_host="127.0.0.1", sip_port=5060)


def _hello(name: str) -> WorkerHello:
    return WorkerHello(worker=name, pid=2, sip_host="127.0.0.1", sip_port=6000, calls=2)


def _status(name: str, calls: int = 1, ended: tuple[str, ...] = ()) -> WorkerStatus:
    running = tuple(CallSummary(call=f"c{n}", call_id=f"x{n}", state="up", age_s=1, video=True) for n in range(calls))
    return WorkerStatus(worker=name, calls=running, ended=ended)


def _running(*names: str) -> Switchboard:
    board = Switchboard(names)
    board.receive(FRONT, FRONT_HELLO)
    for name in names:
        board.receive(name, _hello(name))
    return board


def test_ready_needs_the_front_and_every_worker() -> None:
    board = Switchboard(("worker-1", "worker-2"))
    board.receive("worker-1", _hello("worker-1"))
    board.receive("worker-2", _hello("worker-2"))
    assert not board.ready
    board.receive(FRONT, FRONT_HELLO)
    assert board.ready and board.capacity == 4
    board.gone("worker-2")
    assert not board.ready


def test_what_workers_say_reaches_the_front() -> None:
    board = _running("worker-1")
    status = _status("worker-1", ended=("gone-call",))
    assert board.receive("worker-1", status) == [Outgoing(FRONT, status)]
    assert board.running_calls == 1


def test_nothing_is_sent_to_a_front_that_is_not_there() -> None:
    board = Switchboard(("worker-1",))
    assert board.receive("worker-1", _hello("worker-1")) == []


def test_a_front_that_comes_back_is_told_what_it_missed() -> None:
    board = _running("worker-1")
    board.receive("worker-1", _status("worker-1", ended=("old",)))
    board.gone(FRONT)
    told = [outgoing.message for outgoing in board.receive(FRONT, FRONT_HELLO)]
    assert told == [_hello("worker-1"), _status("worker-1")]


def test_a_dead_worker_has_no_calls_and_the_front_is_told() -> None:
    board = _running("worker-1", "worker-2")
    board.receive("worker-1", _status("worker-1"))
    assert board.gone("worker-1") == [Outgoing(FRONT, WorkerGone(worker="worker-1"))]
    assert board.running_calls == 0


def test_a_dead_pool_concerns_nobody_here() -> None:
    assert _running("worker-1").gone("pool") == []


def test_drain_goes_to_all_and_ends_when_every_worker_said_so_or_died() -> None:
    board = _running("worker-1", "worker-2")
    assert [(o.to, o.message) for o in board.drain()] == [(n, Drain()) for n in (FRONT, "worker-1", "worker-2")]
    assert not board.drained
    board.receive("worker-1", Drained(worker="worker-1"))
    assert not board.drained
    board.gone("worker-2")
    assert board.drained


def test_a_process_that_comes_up_while_draining_is_told_to_drain() -> None:
    board = _running("worker-1")
    board.drain()
    board.gone("worker-1")
    assert Outgoing("worker-1", Drain()) in board.receive("worker-1", _hello("worker-1"))
    board.gone(FRONT)
    assert Outgoing(FRONT, Drain()) in board.receive(FRONT, FRONT_HELLO)


def test_end_stop_and_reload_reach_those_concerned() -> None:
    board = _running("worker-1")
    assert board.end_calls() == [Outgoing("worker-1", EndAll())]
    assert board.reload() == [Outgoing(FRONT, Reload()), Outgoing("worker-1", Reload())]
    assert board.stop_workers() == [Outgoing("worker-1", Stop())]
    assert board.stop_front() == [Outgoing(FRONT, Stop())]


def test_a_message_that_does_not_fit_its_sender_changes_nothing() -> None:
    board = Switchboard(("worker-1",))
    assert board.receive("worker-1", FRONT_HELLO) == []
    assert board.receive("stranger", _hello("worker-1")) == []
    assert board.receive("worker-1", _status("worker-1")) == []
    assert not board.workers and board.front is None and not board.statuses


def test_a_reload_is_done_when_all_that_were_told_have_answered_or_died() -> None:
    board = _running("worker-1", "worker-2")
    board.reload()
    board.receive(FRONT, Reloaded())
    board.receive("worker-1", Reloaded())
    assert not board.reloaded
    board.gone("worker-2")
    assert board.reloaded


def test_a_process_that_comes_up_around_a_reload_is_told_to_read_again() -> None:
    board = _running("worker-1", "worker-2")
    board.gone("worker-1")
    board.reload()
    board.receive(FRONT, Reloaded())
    board.receive("worker-2", Reloaded())
    assert board.reloaded
    assert Outgoing("worker-1", Reload()) in board.receive("worker-1", _hello("worker-1"))
    assert not board.reloaded
    board.gone(FRONT)
    assert Outgoing(FRONT, Reload()) in board.receive(FRONT, FRONT_HELLO)
