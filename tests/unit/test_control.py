from __future__ import annotations

import pytest

from ims_avatar.control import (
    CallSummary,
    ControlError,
    ControlMessage,
    Drain,
    FrontHello,
    WorkerHello,
    WorkerStatus,
    decode,
    encode,
)

SUMMARY = CallSummary(call="w-1", call_id="c", state="up", age_s=1.5, video=True, media={"caller_audio_lost": 0})


@pytest.mark.parametrize(
    "message",
    [
        WorkerHello(worker="w", pid=1, sip_host="192.0.2.1", sip_port=6001, calls=2),
        WorkerStatus(worker="w", calls=(SUMMARY,), ended=("d",), draining=True),
        FrontHello(pid=2, sip_host="192.0.2.1", sip_port=5060),
        Drain(),
    ],
)
def test_messages_cross_whole(message: ControlMessage) -> None:
    assert decode(encode(message)) == message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"kind":"new"}',
        b'{"kind":"drain","more":1}',
        b'{"kind":"worker-hello","worker":"w"}',
    ],
)
def test_what_is_not_understood_names_the_remedy(data: bytes) -> None:
    with pytest.raises(ControlError, match="same version"):
        decode(data)
