"""One log set-up for every process: structured, to standard error, personal data only if the operator wants it."""

from __future__ import annotations

import logging
import os
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from ims_avatar.config import LogConfig

PERSONAL_PREFIX = "personal_"
"""A log field with this prefix holds personal data (URI, number, digit): it is written only with log.personal_data."""


def set_up_log(config: LogConfig, process: str, stream: TextIO | None = None) -> None:
    """Direct structlog and the standard library's logging to `stream` (standard error), each line naming `process`."""
    out = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _named(process),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not config.personal_data:
        shared.append(drop_personal_fields)
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if config.format == "json"
        else [structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=28)]
    )
    level = logging.getLevelNamesMapping()[config.level.upper()]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_tidy, *last]))
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def drop_personal_fields(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Processor: the event without its marked fields."""
    return {key: value for key, value in event.items() if not key.startswith(PERSONAL_PREFIX)}


def _named(process: str) -> Processor:
    def add(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)
        event.setdefault("pid", os.getpid())
        return event

    return add


def _tidy(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    return structlog.stdlib.ProcessorFormatter.remove_processors_meta(logger, method, event)
