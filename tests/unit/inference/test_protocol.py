"""Messages survive the wire; anything else is refused whole."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_avatar.errors import PoolProtocolError
from ims_avatar.flow import AudioChunk, NegotiatedVideo
from ims_avatar.inference import protocol
from ims_avatar.inference.protocol import Message, StreamSpec, decode, encode

SPEC = StreamSpec("clara", 320, 240, 15, 200_000, "42e00c", 1188, 1.5)
STATISTICS = protocol.Statistics("s", 1.5, 16, 2, 0, 1, 100, 1, 1, 50.0, 2.0, {"p50": 8.0})
MESSAGES: list[Message] = [
    protocol.Hello(),
    protocol.Attach(7, SPEC),
    protocol.Attach(0, StreamSpec("clara")),
    protocol.Detach(7),
    protocol.PushAudio(7, 12.25, b"\x01\x00\xff\x7f"),
    protocol.WantKeyframe(7),
    protocol.ResetLips(7),
    protocol.WantStatistics(),
    protocol.Alive("session"),
    protocol.Attached(7, 320, 240, 12.5),
    protocol.Picture(7, 12.0, True, b"\x00\x00\x00\x01\x67"),
    protocol.Ended(7, "AvatarNotFound", "no avatar 'x'", "name one of: clara"),
    STATISTICS,
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.type)
def test_every_message_survives_the_wire(message: Message) -> None:
    assert decode(encode(message)) == message


def test_every_message_type_is_tried_here() -> None:
    assert {type(message) for message in MESSAGES} == set(Message.__args__)


def test_a_dead_pool_is_noticed_within_half_a_second() -> None:
    assert protocol.SILENCE_LIMIT + protocol.HEARTBEAT <= 0.5
    assert protocol.SILENCE_LIMIT >= 3 * protocol.HEARTBEAT


def test_sound_keeps_its_samples_and_instant() -> None:
    chunk = AudioChunk(3.5, np.array([0, -32768, 32767], np.int16))
    message = decode(encode(protocol.PushAudio.of(1, chunk)))
    assert isinstance(message, protocol.PushAudio)
    assert message.chunk.pts == 3.5
    assert message.chunk.samples.tolist() == [0, -32768, 32767]


def test_a_picture_becomes_an_access_unit() -> None:
    unit = protocol.Picture(1, 2.5, True, b"abc").unit
    assert (unit.pts, unit.keyframe, unit.data) == (2.5, True, b"abc")


def _header(**fields: object) -> list[bytes]:
    return [protocol.VERSION, json.dumps(fields).encode(), b""]


@pytest.mark.parametrize(
    ("parts", "cause"),
    [
        ([], "0 parts"),
        ([protocol.VERSION, b"{}"], "2 parts"),
        ([b"ims-avatar-pool/0", *encode(protocol.Hello())[1:]], "restart `ims-avatar serve`"),
        ([protocol.VERSION, b"{", b""], "malformed"),
        ([protocol.VERSION, b"\xff", b""], "malformed"),
        ([protocol.VERSION, b"[]", b""], "malformed"),
        (_header(type="no such type"), "malformed"),
        (_header(type="detach"), "detach.stream"),
        (_header(type="detach", stream="7"), "detach.stream"),
        (_header(type="detach", stream=-1), "detach.stream"),
        (_header(type="detach", stream=True), "detach.stream"),
        (_header(type="detach", stream=7, more=1), "detach.more"),
        (_header(type="picture", stream=7, pts=1.0, keyframe=1), "keyframe"),
        ([protocol.VERSION, b'{"type":"audio","stream":7,"pts":NaN}', b""], "malformed"),
        (_header(type="attach", stream=1, spec={"avatar": ""}), "avatar"),
        (_header(type="attach", stream=1, spec={"avatar": "a", "width": 321}), "width"),
        (_header(type="attach", stream=1, spec={"avatar": "a", "profile_level_id": "42e0"}), "profile_level_id"),
        (_header(type="attach", stream=1, spec={"avatar": "a", "slice_max_size": 1}), "slice_max_size"),
        ([*encode(protocol.Hello())[:2], b"body"], "has a body"),
        ([*encode(protocol.PushAudio(1, 0.0, b"ab"))[:2], b"abc"], "no int16 sound"),
        ([*encode(protocol.PushAudio(1, 0.0, b"ab"))[:2], bytes(protocol.MAX_AUDIO + 2)], "no int16 sound"),
        ([*encode(protocol.Picture(1, 0.0, True, b""))[:2], bytes(protocol.MAX_BODY + 1)], "too long"),
        ([protocol.VERSION, b" " * (protocol.MAX_HEADER + 1), b""], "too long"),
    ],
)
def test_anything_else_is_refused_with_its_cause(parts: list[bytes], cause: str) -> None:
    with pytest.raises(PoolProtocolError, match=cause):
        decode(parts)


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_no_bytes_raise_anything_but_the_protocol_error(parts: list[bytes]) -> None:
    with pytest.raises(PoolProtocolError):
        decode([protocol.VERSION, *parts])


def test_the_stream_follows_from_what_was_negotiated() -> None:
    video = NegotiatedVideo(
        "H264", 99, ("127.0.0.1", 1), ("127.0.0.1", 2), "sendonly", 0, "42e00c", width=320, height=240,
        frame_rate=15, bit_rate=200_000, mtu=1200,
    )  # fmt: skip
    assert StreamSpec.for_video("clara", video, 1.5) == SPEC


def test_packetization_mode_1_needs_no_small_slices() -> None:
    video = NegotiatedVideo("H264", 99, ("127.0.0.1", 1), ("127.0.0.1", 2), "sendonly", 1)
    assert StreamSpec.for_video("clara", video).slice_max_size is None


def test_what_a_receiver_takes_beyond_its_level_reaches_the_encoder() -> None:
    video = NegotiatedVideo("H264", 99, ("127.0.0.1", 1), ("127.0.0.1", 2), "sendonly", profile_level_id="42e00c")
    spec = StreamSpec.for_video("clara", replace(video, max_mbps=25_600, max_fs=1024, max_br=600))
    assert (spec.max_mbps, spec.max_fs, spec.max_br) == (25_600, 1024, 600)
