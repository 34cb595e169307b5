"""Where a film may go, by the look of what was given for `-o`: a file, an RTMP server, or RTP to an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from ims_avatar.errors import OutputError

FILE_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
MTU = 1200
"""Bytes of an RTP packet at most, headers included."""
VIDEO_PAYLOAD_TYPE, SOUND_PAYLOAD_TYPE = 96, 97
SOUND_PORT_OFFSET = 2
"""RTP of the sound goes to this many ports after that of the picture; the odd ports between are RTCP's."""
_REMEDY = "name a file (.mp4, .mov, .mkv), rtmp://HOST/APP/KEY or rtp://HOST:PORT"


@dataclass(frozen=True, slots=True)
class Track:
    """What FFmpeg opens for writing: a URL (or path) and the options of its muxer."""

    url: str
    options: dict[str, str]


@dataclass(frozen=True, slots=True)
class Output:
    """One place for a film."""

    name: str
    """For people; without the key of a live stream."""
    format: str
    """FFmpeg's name of the muxer."""
    tracks: tuple[Track, ...]
    """One for picture and sound together, or one each."""
    sound_codec: str
    live: bool
    """Somebody watches while it is made: it is sent in real time."""
    path: Path | None = None
    """Of a file."""


def output_of(target: str, inputs: Sequence[str] = ()) -> Output:
    """Raises `OutputError` when `target` names nothing that can be written to, or one of the `inputs`."""
    if "://" not in target:
        path = Path(target)
        if any(path.exists() and Path(name).exists() and path.samefile(name) for name in inputs):
            raise OutputError(f"{target} is what the film is made from", remedy="name another path for the film")
        return _file(path)
    try:
        parts = urlsplit(target)
        port = parts.port
    except ValueError as error:
        raise OutputError(f"{target} is no URL ({error})", remedy=_REMEDY) from error
    if parts.scheme in ("rtmp", "rtmps") and parts.hostname:
        return _rtmp(target, parts)
    if parts.scheme == "rtp" and parts.hostname and port:
        return _rtp(parts.hostname, port)
    raise OutputError(f"nothing can be sent to {target}", remedy=_REMEDY)


def _file(path: Path) -> Output:
    format_name = FILE_FORMATS.get(path.suffix.lower())
    if format_name is None:
        raise OutputError(f"{path} names no kind of film", remedy=_REMEDY)
    options = {} if format_name == "matroska" else {"movflags": "+faststart"}
    return Output(str(path), format_name, (Track(str(path), options),), "aac", False, path)


def _rtmp(url: str, parts: SplitResult) -> Output:
    application = parts.path.strip("/").split("/")[0]
    name = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}/{application}/..."
    return Output(name, "flv", (Track(url, {"flvflags": "no_duration_filesize"}),), "aac", True)


def _rtp(host: str, port: int) -> Output:
    if port % 2 or not 1024 <= port <= 65_532:
        raise OutputError(f"RTP cannot go to port {port}", remedy="name an even port from 1024 to 65532")
    shown = f"[{host}]" if ":" in host else host
    tracks = tuple(
        Track(f"rtp://{shown}:{number}?pkt_size={MTU}", {"payload_type": str(kind), "packetsize": str(MTU)})
        for number, kind in ((port, VIDEO_PAYLOAD_TYPE), (port + SOUND_PORT_OFFSET, SOUND_PAYLOAD_TYPE))
    )
    return Output(f"rtp://{shown}:{port}", "rtp", tracks, "libopus", True)
