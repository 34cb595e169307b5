"""The front as a process: the public SIP port of a service.

`python -m ims_avatar.front_process --name front --config FILE.json --control ipc://...`
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog
import uvloop

from ims_avatar.clock import SystemClock
from ims_avatar.config import Config, load_config
from ims_avatar.control import (
    ControlMessage,
    Drain,
    FrontHello,
    Reload,
    Reloaded,
    Stop,
    WorkerGone,
    WorkerHello,
    WorkerStatus,
)
from ims_avatar.control_link import ControlLink
from ims_avatar.errors import ConfigError, ImsAvatarError
from ims_avatar.ops.log import set_up_log
from ims_avatar.signalling.front import Front
from ims_avatar.signalling.front_routing import FrontRouting, FrontSettings
from ims_avatar.signalling.worker_places import WorkerPlaces

log = structlog.get_logger()


class FrontProcess:
    def __init__(self, name: str, config_path: Path, control: str) -> None:
        self._config_path = config_path
        self._config = load_config(config_path)
        self._clock = SystemClock()
        self._places = WorkerPlaces()
        self._routing = FrontRouting(
            FrontSettings(
                address=(self._config.sip.address, self._config.sip.port),
                peers=_networks(self._config),
                retry_after_s=self._config.sip.retry_after_s,
            ),
            self._places,
        )
        self._front = Front(self._routing, self._clock)
        self._link = ControlLink(control, name, self._on_control)
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Raises `ConfigError` when the port is in use."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        host, port = await self._front.start((self._config.sip.address, self._config.sip.port))
        self._link.send(FrontHello(pid=os.getpid(), sip_host=host, sip_port=port))
        log.info("front listens", sip_host=host, sip_port=port)
        await self._stopped.wait()
        await self._front.stop()
        self._link.close()

    def _on_control(self, message: ControlMessage) -> None:
        match message:
            case WorkerHello():
                address = (message.sip_host, message.sip_port)
                self._places.add(message.worker, address, message.calls, message.message_size)
            case WorkerStatus():
                active = (call.call_id for call in message.calls)
                self._places.report(message.worker, active, message.ended, self._clock.monotonic())
            case WorkerGone():
                self._places.remove(message.worker)
            case Drain():
                self._routing.settings.draining = True
                log.info("front drains")
            case Reload():
                self._reload()
            case Stop():
                self._stopped.set()
            case _:
                log.warning("control message not for the front", kind=message.kind)

    def _reload(self) -> None:
        try:
            self._config = load_config(self._config_path)
        except ConfigError as error:
            log.error("configuration not read again, the old one stays", cause=str(error))
            return
        self._routing.allow(_networks(self._config))
        self._routing.settings.retry_after_s = self._config.sip.retry_after_s
        self._link.send(Reloaded())
        log.debug("new configuration in force")


def _networks(config: Config) -> tuple[str, ...]:
    return tuple(network for peer in config.peers for network in peer.networks)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="front_process")
    parser.add_argument("--name", required=True)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--control", required=True)
    options = parser.parse_args(argv)
    try:
        set_up_log(load_config(options.config).log, options.name)
        uvloop.run(_run(options))
    except ImsAvatarError as error:
        log.error("front cannot run", cause=str(error))
        return 1
    return 0


async def _run(options: argparse.Namespace) -> None:
    await FrontProcess(options.name, options.config, options.control).run()


if __name__ == "__main__":
    sys.exit(main())
