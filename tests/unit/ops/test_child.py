from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from ims_avatar.ops.child import Child, RestartPolicy, describe_status

SLEEPER = [sys.executable, "-S", "-c", "import signal; print('up', flush=True); signal.pause()"]


@pytest.mark.parametrize(("failures", "delay"), [(1, 0.1), (2, 0.2), (4, 0.8), (50, 10.0)])
def test_waiting_grows_and_is_bounded(failures: int, delay: float) -> None:
    assert RestartPolicy().delay(failures) == pytest.approx(delay)


def test_a_long_life_starts_the_waiting_over() -> None:
    assert RestartPolicy().failures(before=6, lived=60.0) == 1
    assert RestartPolicy().failures(before=6, lived=1.0) == 7


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "exit status 0"), (3, "exit status 3"), (-9, "killed by SIGKILL"), (-200, "killed by signal 200")],
)
def test_an_exit_status_in_words(status: int, words: str) -> None:
    assert describe_status(status) == words


async def test_a_process_that_dies_is_started_again_until_it_is_stopped() -> None:
    deaths: list[int] = []
    third = asyncio.Event()

    def on_exit(child: Child, status: int) -> None:
        deaths.append(status)
        if len(deaths) == 3:
            third.set()

    child = Child(
        "short",
        [sys.executable, "-S", "-c", "raise SystemExit(3)"],
        policy=RestartPolicy(0.001, 0.001),
        on_exit=on_exit,
    )
    life = asyncio.create_task(child.keep_running())
    await third.wait()
    child.stop()
    await life
    assert deaths[:3] == [3, 3, 3]
    assert child.restarts >= 2


async def test_a_killed_process_comes_back_with_another_pid() -> None:
    died = asyncio.Event()
    child = Child("sleeper", SLEEPER, policy=RestartPolicy(0.001), on_exit=lambda child, status: died.set())
    life = asyncio.create_task(child.keep_running())
    first = await _pid(child)
    child.send_signal(signal.SIGKILL)
    await died.wait()
    second = await _pid(child)
    assert second != first
    child.stop(signal.SIGKILL)
    await life
    assert child.pid is None


async def _pid(child: Child) -> int:
    while child.pid is None:
        await asyncio.sleep(0)
    return child.pid
