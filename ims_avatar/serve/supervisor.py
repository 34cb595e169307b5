"""Starts the processes, keeps them running, and ends them in order."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path

import structlog

from ims_avatar.config import Config, load_config
from ims_avatar.errors import ImsAvatarError, StartError
from ims_avatar.inference.client import PoolClient
from ims_avatar.ops.child import Child, describe_status
from ims_avatar.ops.runtime_dir import runtime_directory
from ims_avatar.serve.control_hub import ControlHub
from ims_avatar.serve.ports import settle_sip_port
from ims_avatar.serve.preflight import check
from ims_avatar.serve.processes import CALM, POOL, RuntimeFiles, worker_names
from ims_avatar.serve.reload import changed_sections, merge
from ims_avatar.serve.switchboard import FRONT, Switchboard

log = structlog.get_logger()

START_LIMIT_S = 60.0
"""All processes must be up by then."""
START_ATTEMPTS = 3
"""A process that dies so often before the service is ready will not come up."""
RELOAD_LIMIT_S = 5.0
BYE_LIMIT_S = 5.0
"""After the grace period: time for the BYEs of the calls that are left."""
STOP_LIMIT_S = 5.0
"""After Stop or SIGTERM: then the process is killed."""
POLL_S = 0.05


async def serve(config: Config, config_path: Path | None = None) -> int:
    """Run the service until a signal ends it; the exit status. Raises `ImsAvatarError` when it cannot start.

    SIGTERM or SIGINT drains (a second one ends at once), SIGHUP reads `config_path` again.
    """
    port = settle_sip_port(config.sip.address, config.sip.port)
    check(config)
    config = config.model_copy(update={"sip": config.sip.model_copy(update={"port": port})})
    with runtime_directory() as directory:
        supervisor = Supervisor(config, config_path, RuntimeFiles(directory))
        return await supervisor.run()


class Supervisor:
    """One running service. `run` is its life."""

    def __init__(self, config: Config, config_path: Path | None, files: RuntimeFiles) -> None:
        self._config = config
        self._config_path = config_path
        self._files = files
        self._board = Switchboard(worker_names(config.sip.workers))
        argv = {name: files.worker_argv(name) for name in self._board.worker_names}
        self._workers = [Child(name, argv[name], on_exit=self._on_exit) for name in argv]
        self._front = Child(FRONT, files.front_argv(), on_exit=self._on_exit)
        self._pool = Child(POOL, files.pool_argv(), environment=CALM, on_exit=self._on_exit)
        self._children = [self._pool, self._front, *self._workers]
        self._pool_client = PoolClient(files.pool)
        self._write_config()
        self._hub = ControlHub(files.control, self._board)
        self._asked_to_end = asyncio.Event()
        self._end_at_once = asyncio.Event()
        self._was_ready = False
        self._failed: StartError | None = None

    async def run(self) -> int:
        self._listen_to_signals()
        self._pool_client.start()
        lives = [asyncio.create_task(child.keep_running(), name=child.name) for child in self._children]
        try:
            await self._come_up()
            await self._asked_to_end.wait()
            await self._unless_ended_at_once(self._drain())
            return 0
        finally:
            await self._end(lives)
            self._pool_client.close()
            self._hub.close()

    async def _come_up(self) -> None:
        deadline = asyncio.get_running_loop().time() + START_LIMIT_S
        while not (self._board.ready and self._pool_client.available):
            if self._asked_to_end.is_set():
                return
            if self._failed:
                raise self._failed
            if asyncio.get_running_loop().time() > deadline:
                raise StartError(
                    f"not ready after {START_LIMIT_S:.0f} s: {self._missing()}", remedy="see the log above"
                )
            await asyncio.sleep(POLL_S)
        self._was_ready = True
        front = self._board.front
        log.info(
            "ready",
            sip_host=self._config.sip.address,
            sip_port=front.sip_port if front else self._config.sip.port,
            calls=self._board.capacity,
            front_pid=self._front.pid,
            worker_pids=[worker.pid for worker in self._workers],
            pool_pid=self._pool.pid,
            supervisor_pid=os.getpid(),
        )

    def _missing(self) -> str:
        missing = [name for name in self._board.worker_names if name not in self._board.workers]
        missing += [] if self._board.front else [FRONT]
        missing += [] if self._pool_client.available else [POOL]
        return f"nothing heard of {', '.join(missing)}"

    def _on_exit(self, child: Child, status: int) -> None:
        self._hub.send(self._board.gone(child.name))
        if not self._was_ready and child.restarts + 1 >= START_ATTEMPTS and not self._asked_to_end.is_set():
            how = describe_status(status)
            self._failed = StartError(
                f"process {child.name} died {child.restarts + 1} times while starting ({how})",
                remedy="see what it logged above; 'ims-avatar doctor' shows what is missing",
            )

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_end_signal, number)
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)

    def _on_end_signal(self, number: signal.Signals) -> None:
        if self._asked_to_end.is_set():
            log.warning("ending at once", signal=number.name, calls=self._board.running_calls)
            self._end_at_once.set()
        self._asked_to_end.set()

    def _on_hangup(self) -> None:
        self._reloading = asyncio.ensure_future(self._reload())

    async def _reload(self) -> None:
        if self._config_path is None:
            log.warning("no configuration to read again", remedy="start with --config FILE")
            return
        try:
            wanted = load_config(self._config_path)
            merged, needs_restart = merge(self._config, wanted)
            check(merged)
        except ImsAvatarError as error:
            log.error("new configuration refused, the old one stays", cause=str(error))
            return
        changed = changed_sections(self._config, merged)
        self._config = merged
        self._write_config()
        self._hub.send(self._board.reload())
        if not await self._until(lambda: self._board.ready and self._board.reloaded, RELOAD_LIMIT_S):
            log.warning("not every process has read the configuration again")
        log.info("configuration read again", changed=changed, needs_restart=needs_restart)

    def _write_config(self) -> None:
        """Whole or not at all: a process that starts at this moment reads either the old or the new one."""
        fresh = self._files.config.with_suffix(".new")
        fresh.write_text(self._config.model_dump_json(), encoding="utf-8")
        fresh.replace(self._files.config)

    async def _drain(self) -> None:
        """No new calls; what runs may finish within the grace period, then gets its BYE."""
        grace = self._config.sip.drain_grace_s
        log.info("draining", calls=self._board.running_calls, grace_s=grace)
        for worker in self._workers:
            worker.let_end()
        self._hub.send(self._board.drain())
        if not await self._until(lambda: self._board.drained, grace):
            log.warning("grace period over, calls get their BYE", calls=self._board.running_calls)
            self._hub.send(self._board.end_calls())
            await self._until(lambda: self._board.drained, BYE_LIMIT_S)

    async def _until(self, condition: Callable[[], bool], limit: float) -> bool:
        """Whether `condition` came to hold within `limit` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while not condition():
                    await asyncio.sleep(POLL_S)
        return condition()

    async def _unless_ended_at_once(self, work: Coroutine[None, None, None]) -> None:
        tasks = [asyncio.ensure_future(work), asyncio.ensure_future(self._end_at_once.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    async def _end(self, lives: list[asyncio.Task[None]]) -> None:
        for child in self._children:
            child.let_end()
        if not self._end_at_once.is_set():
            # Workers first: until they are gone they want the pool, and their calls' last messages the front.
            self._hub.send(self._board.stop_workers())
            await asyncio.wait(lives[2:], timeout=STOP_LIMIT_S)
            self._hub.send(self._board.stop_front())
            self._pool.send_signal(signal.SIGTERM)
            await asyncio.wait(lives, timeout=STOP_LIMIT_S)
        for child in self._children:
            if child.pid is not None:
                if not self._end_at_once.is_set():
                    log.warning("process killed, it did not end", child=child.name)
                child.send_signal(signal.SIGKILL)
        await asyncio.gather(*lives, return_exceptions=True)
        log.info("ended")
