"""A call worker: one process, one SIP thread, one asyncio loop with the media of its calls.

`python -m ims_avatar.call_worker --name worker-1 --config FILE.json --control ipc://... --pool ipc://...`
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import secrets
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import structlog
import uvloop

from ims_avatar.call import AvatarCall, CallSite
from ims_avatar.call.avatar_call import CallHooks
from ims_avatar.clock import SystemClock
from ims_avatar.config import load_config
from ims_avatar.control import (
    CallSummary,
    ControlMessage,
    Drain,
    Drained,
    EndAll,
    Reload,
    Reloaded,
    Stop,
    WorkerHello,
    WorkerStatus,
)
from ims_avatar.control_link import ControlLink
from ims_avatar.errors import ConfigError, ImsAvatarError
from ims_avatar.flow import Address
from ims_avatar.inference.client import PoolClient
from ims_avatar.ops.log import set_up_log
from ims_avatar.rtp.ports import PortPool
from ims_avatar.signalling import port as sip
from ims_avatar.signalling.causes import Cause
from ims_avatar.signalling.pj_config import TimersOf
from ims_avatar.signalling.user_agent import PjUserAgent, UserAgentSettings

log = structlog.get_logger()

STATUS_EVERY_S: Final = 1.0
LEGS_A_CALL: Final = 2
STOPPED: Final = Cause(503, "Service stops")


class CallWorker:
    """Runs on one loop. Its calls are its own: what ends it ends them and nothing else."""

    def __init__(self, name: str, config_path: Path, control: str, pool: str) -> None:
        self._name = name
        self._config_path = config_path
        self._config = load_config(config_path)
        self._control_endpoint = control
        self._pool_endpoint = pool
        self._clock = SystemClock()
        self._calls: dict[str, AvatarCall] = {}
        self._by_leg: dict[sip.SipLeg, AvatarCall] = {}
        self._numbers = itertools.count(1)
        self._ended: list[str] = []
        self._draining = False
        self._timers_of: TimersOf = lambda caller: sip.DialogTimers()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        self._pool = PoolClient(self._pool_endpoint, clock=self._clock)
        self._pool.start()
        self._agent = self._start_agent(loop)
        self._site = self._make_site()
        self._timers_of = self._site.timers_of
        self._link = ControlLink(self._control_endpoint, self._name, self._on_control)
        host, port = self._agent.address
        calls = self._agent.capacity // LEGS_A_CALL
        self._link.send(
            WorkerHello(
                worker=self._name, pid=os.getpid(), sip_host=host, sip_port=port, calls=calls,
                message_size=self._agent.message_size,
            )
        )  # fmt: skip
        log.info("worker ready", sip_port=port, calls=calls, message_size=self._agent.message_size)
        await self._until_stopped()
        await self._close()

    async def _until_stopped(self) -> None:
        while not self._stopped.is_set():
            for call in tuple(self._calls.values()):
                call.check_activity()
            self._report()
            try:
                await asyncio.wait_for(self._stopped.wait(), STATUS_EVERY_S)
            except TimeoutError:
                continue

    async def _close(self) -> None:
        """BYEs leave before the process does."""
        self._end_all()
        for _ in range(20):
            if not self._calls:
                break
            await asyncio.sleep(0.05)
        self._report()
        await asyncio.get_running_loop().run_in_executor(None, self._agent.stop)
        self._pool.close()
        self._link.close()

    # SIP --------------------------------------------------------------------------------------------------------------

    def _start_agent(self, loop: asyncio.AbstractEventLoop) -> PjUserAgent:
        """On a free port of the configured range. Raises `ConfigError` when there is none."""
        sip_config = self._config.sip
        low, high = sip_config.worker_ports
        ports = random.sample(range(low, high + 1), high + 1 - low) if high else [0]
        trusted: frozenset[Address] = frozenset({(sip_config.address, sip_config.port)})
        failure: ConfigError | None = None
        for port in ports:
            settings = UserAgentSettings(
                sip_config.address, port, trusted, timers_of=lambda caller: self._timers_of(caller)
            )
            agent = PjUserAgent(settings, self._on_sip_event, loop)
            try:
                agent.start()
            except ConfigError as error:
                failure = error
                continue
            return agent
        raise failure or ConfigError("sip.worker_ports is empty", remedy="write a range or [0, 0]")

    def _make_site(self) -> CallSite:
        config = self._config
        ids = itertools.count(secrets.randbelow(2**30))
        low, high = config.media.rtp_ports
        return CallSite(
            config=config,
            own_addresses=frozenset({(config.sip.address, config.sip.port), self._agent.address}),
            user_agent=self._agent,
            pool=self._pool,
            ports=PortPool(config.media_address, (low, high), self._clock, start=random.randrange(low, high)),
            clock=self._clock,
            random=random.random,
            session_ids=lambda: next(ids),
        )

    def _on_sip_event(self, event: sip.SipEvent) -> None:
        """Outermost: a fault in one call ends that call only."""
        call = self._by_leg.get(event.leg)
        try:
            if isinstance(event, sip.IncomingCall):
                self._begin(event)
            elif call is not None:
                call.on_sip_event(event)
        except Exception:
            log.exception("call failed", call=call.name if call else None, leg=event.leg.name)
            if call is not None:
                call.abandon()
            else:
                event.leg.reject(500)
        if isinstance(event, sip.Ended):
            self._by_leg.pop(event.leg, None)

    def _begin(self, incoming: sip.IncomingCall) -> None:
        call_id = next((value for name, value in incoming.headers if name.lower() == "call-id"), "")
        if self._draining:
            incoming.leg.reject(503, (("Retry-After", str(self._config.sip.retry_after_s)),))
            self._ended.append(call_id)
            return
        name = f"{self._name}-{next(self._numbers)}"
        try:
            call = AvatarCall(self._site, incoming, CallHooks(self._on_placed, self._on_finished), name)
        except ImsAvatarError as error:
            log.warning("call refused", call=name, status=error.sip_status, cause=str(error))
            incoming.leg.reject(error.sip_status, self._refusal_headers(error))
            self._ended.append(call_id)
            self._report()
            return
        self._calls[name] = call
        self._report()
        call.start()

    def _refusal_headers(self, error: ImsAvatarError) -> sip.Headers:
        return (("Retry-After", str(self._config.sip.retry_after_s)),) if error.retry else ()

    def _on_placed(self, leg: sip.SipLeg, call: AvatarCall) -> None:
        self._by_leg[leg] = call

    def _on_finished(self, call: AvatarCall) -> None:
        self._calls.pop(call.name, None)
        self._ended.append(call.call_id)
        self._report()
        if self._draining and not self._calls:
            self._link.send(Drained(worker=self._name))

    # Control ----------------------------------------------------------------------------------------------------------

    def _on_control(self, message: ControlMessage) -> None:
        match message:
            case Drain():
                self._draining = True
                self._report()
                if not self._calls:
                    self._link.send(Drained(worker=self._name))
            case EndAll():
                self._end_all()
            case Reload():
                self._reload()
            case Stop():
                self._stopped.set()
            case _:
                log.warning("control message not for a worker", kind=message.kind)

    def _reload(self) -> None:
        try:
            self._config = load_config(self._config_path)
        except ConfigError as error:
            log.error("configuration not read again, the old one stays", cause=str(error))
            return
        self._site.reload(self._config)
        self._link.send(Reloaded())
        log.debug("new configuration in force")

    def _end_all(self) -> None:
        for call in tuple(self._calls.values()):
            call.end(STOPPED)

    def _report(self) -> None:
        now = self._clock.monotonic()
        ended, self._ended = tuple(self._ended), []
        calls = tuple(_summary(call, now) for call in self._calls.values())
        self._link.send(WorkerStatus(worker=self._name, calls=calls, ended=ended, draining=self._draining))


def _summary(call: AvatarCall, now: float) -> CallSummary:
    statistics = call.statistics()
    media: dict[str, float | int | str | None] = {}
    for side, leg in (("caller", statistics.caller), ("callee", statistics.callee)):
        for kind, counters in (("audio", leg.audio), ("video", leg.video)):
            for name, value in asdict(counters).items():
                if not isinstance(value, dict):
                    media[f"{side}_{kind}_{name}"] = value
        media[f"{side}_pictures_sent"] = leg.pictures_sent
        media[f"{side}_added_delay_p50_ms"] = leg.added_delay_quantile(0.5)
        media[f"{side}_added_delay_p99_ms"] = leg.added_delay_quantile(0.99)
    for side, pts in call.first_pictures().items():
        media[f"{side}_first_picture_s"] = round(pts - call.began, 3)
    return CallSummary(
        call=call.name,
        call_id=call.call_id,
        state="ending" if call.ending else "up" if call.up else "early",
        age_s=round(now - call.began, 3),
        video=call.video,
        media=media,
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="call_worker")
    parser.add_argument("--name", required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--control", required=True)
    parser.add_argument("--pool", required=True)
    options = parser.parse_args(argv)
    try:
        set_up_log(load_config(options.config).log, options.name)
        uvloop.run(_run(options))
    except ImsAvatarError as error:
        log.error("worker cannot run", cause=str(error))
        return 1
    return 0


async def _run(options: argparse.Namespace) -> None:
    await CallWorker(options.name, options.config, options.control, options.pool).run()


if __name__ == "__main__":
    sys.exit(main())
