from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from ims_avatar.config import LogConfig
from ims_avatar.ops.log import set_up_log


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


def _logged(config: LogConfig, **fields: object) -> dict[str, object]:
    stream = io.StringIO()
    set_up_log(config, "front", stream)
    structlog.get_logger().info("call", **fields)
    line: dict[str, object] = json.loads(stream.getvalue())
    return line


def test_a_json_line_names_event_process_level_and_time() -> None:
    line = _logged(LogConfig(format="json"), call_id="7")
    assert (line["event"], line["process"], line["level"], line["call_id"]) == ("call", "front", "info", "7")
    assert str(line["timestamp"]).endswith("Z")


def test_marked_fields_are_dropped_by_default() -> None:
    assert "personal_uri" not in _logged(LogConfig(format="json"), personal_uri="sip:alice@example.org")


def test_marked_fields_are_kept_when_the_operator_wants_them() -> None:
    config = LogConfig(format="json", personal_data=True)
    assert _logged(config, personal_uri="sip:alice@example.org")["personal_uri"] == "sip:alice@example.org"


def test_lines_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    set_up_log(LogConfig(level="warning"), "front", stream)
    structlog.get_logger().info("quiet")
    assert stream.getvalue() == ""


def test_bound_call_ids_are_in_every_line() -> None:
    with structlog.contextvars.bound_contextvars(call="a1"):
        assert _logged(LogConfig(format="json"))["call"] == "a1"


def test_the_standard_library_logs_in_the_same_shape() -> None:
    stream = io.StringIO()
    set_up_log(LogConfig(format="json"), "front", stream)
    logging.getLogger("asyncio").warning("slow %s", "callback")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["process"]) == ("slow callback", "warning", "front")


def test_an_exception_is_written_with_its_traceback() -> None:
    stream = io.StringIO()
    set_up_log(LogConfig(format="json"), "front", stream)
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "ValueError: broken" in json.loads(stream.getvalue())["exception"]
