"""What call workers and the pool say to each other over ZeroMQ: one frozen dataclass a message.

On the wire a message has three parts: protocol version, header (JSON of the dataclass without `body`), body (bytes).
Decoding is strict: an unknown type or field, a wrong type, a number out of range or an oversized part is refused whole.

    client (DEALER)                              pool (ROUTER)
    Hello every HEARTBEAT                        Alive every HEARTBEAT, with the session it keeps for this client
    Attach, Detach, PushAudio, WantKeyframe,     Attached, Picture ..., Ended (with its cause)
    ResetLips
    WantStatistics                               Statistics
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, TypeAlias

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ims_avatar.errors import PoolProtocolError
from ims_avatar.flow import AUDIO_RATE, AccessUnit, AudioChunk, NegotiatedVideo

VERSION = b"ims-avatar-pool/1"
HEARTBEAT = 0.1
"""Seconds between two heartbeats, both ways."""
SILENCE_LIMIT = 0.4
"""Seconds without any message after which a client takes the pool for dead."""
CLIENT_SILENCE_LIMIT = 2.0
"""Seconds without any message after which the pool drops a client and frees its places."""
MAX_HEADER = 8_192
MAX_BODY = 4 << 20
MAX_AUDIO = 2 * AUDIO_RATE * 10
"""Bytes of sound in one message: ten seconds."""
RTP_HEADER = 12
"""Fixed RTP header in bytes (RFC 3550 section 5.1)."""

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

StreamId: TypeAlias = Annotated[int, Field(ge=0, lt=1 << 53)]
Seconds: TypeAlias = float
Raised: TypeAlias = Annotated[int, Field(ge=0, lt=10**9)]
Body: TypeAlias = Annotated[bytes, Field(exclude=True)]


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """The pictures that one call wants."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    avatar: Annotated[str, Field(min_length=1, max_length=128)]
    width: Annotated[int, Field(ge=32, le=1920, multiple_of=2)] = 512
    height: Annotated[int, Field(ge=32, le=1920, multiple_of=2)] = 512
    frame_rate: Annotated[int, Field(ge=1, le=60)] = 25
    """Frames a second at most; the pool sends every n-th of its 25 ticks a second so that this is not exceeded."""
    bit_rate: Annotated[int, Field(ge=16_000, le=20_000_000)] = 400_000
    profile_level_id: Annotated[str, Field(pattern="^[0-9a-fA-F]{6}$")] = "42e01f"
    """RFC 6184 section 8.1. The level caps size, frame rate and bit rate."""
    slice_max_size: Annotated[int, Field(ge=200, le=65_000)] | None = None
    """Bytes that no NAL unit may exceed (packetization-mode 0); None: one slice a picture."""
    keyframe_interval: Annotated[float, Field(ge=0.2, le=60)] = 2.0
    max_mbps: Raised = 0
    """With `max_fs` and `max_br`: what the receiver takes beyond its level (RFC 6184 section 8.1); 0: no more."""
    max_fs: Raised = 0
    max_br: Raised = 0

    @classmethod
    def for_video(cls, avatar: str, video: NegotiatedVideo, keyframe_interval: float = 2.0) -> StreamSpec:
        """The stream that fits what one leg negotiated."""
        return cls(
            avatar=avatar,
            width=video.width,
            height=video.height,
            frame_rate=video.frame_rate,
            bit_rate=video.bit_rate,
            profile_level_id=video.profile_level_id,
            max_mbps=video.max_mbps,
            max_fs=video.max_fs,
            max_br=video.max_br,
            slice_max_size=video.mtu - RTP_HEADER if video.packetization_mode == 0 else None,
            keyframe_interval=keyframe_interval,
        )


@dataclass(frozen=True, slots=True)
class Hello:
    """Client to pool: I am alive, and I want heartbeats."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["hello"] = "hello"


@dataclass(frozen=True, slots=True)
class Attach:
    """Client to pool: start a stream. `stream` is the client's own number; the same Attach again changes nothing."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    stream: StreamId
    spec: StreamSpec
    type: Literal["attach"] = "attach"


@dataclass(frozen=True, slots=True)
class Detach:
    """Client to pool: end a stream; no picture of it leaves the pool after this is read."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    stream: StreamId
    type: Literal["detach"] = "detach"


@dataclass(frozen=True, slots=True)
class PushAudio:
    """Client to pool: speech. `body` is int16 little endian, mono, 16 kHz; `pts` that of the first sample."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    stream: StreamId
    pts: Seconds
    body: Body = b""
    type: Literal["audio"] = "audio"

    @classmethod
    def of(cls, stream: int, chunk: AudioChunk) -> PushAudio:
        return cls(stream, chunk.pts, chunk.samples.astype("<i2", copy=False).tobytes())

    @property
    def chunk(self) -> AudioChunk:
        return AudioChunk(self.pts, np.frombuffer(self.body, "<i2").astype(np.int16, copy=False))


@dataclass(frozen=True, slots=True)
class WantKeyframe:
    """Client to pool: the next picture of the stream shall be an IDR picture (PLI, FIR, INFO, new far end)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    stream: StreamId
    type: Literal["keyframe"] = "keyframe"


@dataclass(frozen=True, slots=True)
class ResetLips:
    """Client to pool: the speech pushed so far is void (barge-in); the mouth closes."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    stream: StreamId
    type: Literal["reset"] = "reset"


@dataclass(frozen=True, slots=True)
class WantStatistics:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    type: Literal["statistics?"] = "statistics?"


@dataclass(frozen=True, slots=True)
class Alive:
    """Pool to client. Another `session` than before: the pool knows none of the client's streams (it was restarted)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    session: Annotated[str, Field(min_length=1, max_length=64)]
    type: Literal["alive"] = "alive"


@dataclass(frozen=True, slots=True)
class Attached:
    """Pool to client: the avatar is loaded and pictures follow, in this size and at this rate."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    stream: StreamId
    width: int
    height: int
    frame_rate: float
    type: Literal["attached"] = "attached"


@dataclass(frozen=True, slots=True)
class Picture:
    """Pool to client: one access unit, an Annex B byte stream in `body`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    stream: StreamId
    pts: Seconds
    keyframe: bool
    body: Body = b""
    type: Literal["picture"] = "picture"

    @property
    def unit(self) -> AccessUnit:
        return AccessUnit(self.pts, self.body, self.keyframe)


@dataclass(frozen=True, slots=True)
class Ended:
    """Pool to client: this stream is over, for a cause of its own; the call goes on as voice."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    stream: StreamId
    error: str
    """Class name in `ims_avatar.errors`."""
    cause: str
    remedy: str = ""
    type: Literal["ended"] = "ended"


@dataclass(frozen=True, slots=True)
class Statistics:
    """Pool to client: what the pool did since it started, and in the last few seconds."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    session: str
    uptime: Seconds
    capacity: int
    streams: int
    loading: int
    clients: int
    frames: int
    """Access units sent since the start."""
    late_frames: int
    """Frames that were due in a step that was skipped."""
    skipped_steps: int
    frame_rate: float
    """Access units a second, all streams, over the last seconds."""
    batch: float
    """Streams a step, mean."""
    step_ms: dict[str, float]
    """Milliseconds of a step: p50, p99, and the mean of each stage."""
    type: Literal["statistics"] = "statistics"


Message: TypeAlias = (
    Hello | Attach | Detach | PushAudio | WantKeyframe | ResetLips | WantStatistics
    | Alive | Attached | Picture | Ended | Statistics
)  # fmt: skip
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def encode(message: Message) -> list[bytes]:
    """The three parts of `message`."""
    body = message.body if isinstance(message, PushAudio | Picture) else b""
    return [VERSION, _MESSAGE.dump_json(message), body]


def decode(parts: Sequence[bytes]) -> Message:
    """The message in `parts`. Raises `PoolProtocolError` naming what is wrong with it."""
    if len(parts) != 3:
        raise PoolProtocolError(f"a pool message has {len(parts)} parts instead of 3")
    version, header, body = parts
    if version != VERSION:
        raise PoolProtocolError(
            f"the other side speaks {version[:40]!r}, this one {VERSION!r}",
            remedy="run the same ims-avatar release in all processes; restart `ims-avatar serve`",
        )
    if len(header) > MAX_HEADER or len(body) > MAX_BODY:
        raise PoolProtocolError(f"a pool message of {len(header)} + {len(body)} bytes is too long")
    try:
        message = _MESSAGE.validate_json(header)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "header"
        raise PoolProtocolError(f"malformed pool message: {where}: {first['msg']}") from None
    return _with_body(message, body)


def _with_body(message: Message, body: bytes) -> Message:
    if isinstance(message, PushAudio):
        if len(body) % 2 or len(body) > MAX_AUDIO:
            raise PoolProtocolError(f"{len(body)} bytes are no int16 sound of at most 10 s")
        return replace(message, body=body)
    if isinstance(message, Picture):
        return replace(message, body=body)
    if body:
        raise PoolProtocolError(f"a {message.type} message has a body")
    return message
