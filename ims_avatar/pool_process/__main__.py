"""Main of the pool process: `python -m ims_avatar.pool_process --name pool --config FILE --endpoint ipc://...`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import structlog

from ims_avatar.clock import SystemClock
from ims_avatar.config import Config, load_config
from ims_avatar.errors import ImsAvatarError
from ims_avatar.ops.log import set_up_log
from ims_avatar.pool_process.library import avatar_loader
from ims_avatar.pool_process.loader import Load
from ims_avatar.pool_process.server import PoolServer
from ims_avatar.pool_process.studio import FRAME_LATENCY

_log = structlog.get_logger(__name__)

NICENESS = 5
"""The pool gives way: on a full machine pictures come late before a word of the call workers' voice does."""


def main() -> int:
    arguments = _arguments()
    os.nice(NICENESS)
    try:
        config = load_config(arguments.config)
        set_up_log(config.log, arguments.name)
        run_pool(config, arguments.endpoint, avatar_loader(config))
    except ImsAvatarError as error:
        _log.error("pool cannot run", error=str(error))
        return 1
    return 0


def run_pool(config: Config, endpoint: str, load: Load) -> None:
    """Run the pool until SIGTERM or SIGINT. Raises `PoolError` when `endpoint` cannot be bound."""
    server = PoolServer(
        endpoint,
        load,
        latency=FRAME_LATENCY,
        capacity=config.pool.capacity,
        encoder_threads=config.pool.encoder_threads,
        clock=SystemClock(),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    server.preload(config.avatars.default)
    _log.info("pool runs", capacity=config.pool.capacity)
    server.run()
    _log.info("pool ends")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ims_avatar.pool_process", description=__doc__)
    parser.add_argument("--name", default="pool")
    parser.add_argument("--config", type=Path, default=None)
    parser.add_argument("--endpoint", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
