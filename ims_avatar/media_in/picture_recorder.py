"""Received H.264 into a file as it came, with a list of when each picture came."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ims_avatar.flow import VIDEO_CLOCK_RATE
from ims_avatar.media_in.reorder_buffer import Gap, InOrder, ReorderBuffer
from ims_avatar.media_in.sound_recorder import recording_error
from ims_avatar.rtp.h264 import Depacketiser
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.sequence import timestamp_unwrapper


@dataclass(frozen=True, slots=True)
class RecordedPicture:
    """One complete access unit in the file."""

    offset: int
    """Where it begins in the file."""
    size: int
    keyframe: bool
    timestamp: int
    """RTP timestamp of 32 bits; sender reports tell its capture instant."""
    media_time: float
    """Seconds since the first picture, by RTP timestamps."""
    arrival: float
    """Monotonic seconds of its last packet."""


class PictureRecorder:
    """Annex B byte stream of complete pictures, beginning with a key frame. Playable by anything.

    After a `RecordingError` the file is closed and further pictures are counted only.
    """

    def __init__(self, path: Path) -> None:
        """Raises `RecordingError`."""
        self.path = path
        self.pictures: list[RecordedPicture] = []
        self.lost_packets = 0
        self.wants_keyframe = True
        """A picture was lost or nothing came yet: ask the sender (PLI)."""
        self._buffer = ReorderBuffer(depth=16, wait=0.1)
        self._depacketiser = Depacketiser()
        self._clock = timestamp_unwrapper()
        self._size = 0
        self._first: int | None = None
        try:
            self._file: BinaryIO | None = path.open("wb", buffering=0)
        except OSError as error:
            raise recording_error(path, error) from error

    @property
    def broken_pictures(self) -> int:
        """Pictures that missed packets and were left out."""
        return self._depacketiser.broken

    def push(self, packet: RtpPacket, arrival: float) -> None:
        """Raises `RecordingError` once."""
        self._take(self._buffer.push(packet, arrival), arrival)

    def close(self) -> None:
        """Idempotent."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _take(self, items: list[InOrder], arrival: float) -> None:
        for item in items:
            if isinstance(item, RtpPacket):
                broken = self._depacketiser.broken
                for picture in self._depacketiser.push(item):
                    if picture.keyframe or self.pictures:
                        self.wants_keyframe &= not picture.keyframe
                        self._write(picture.data, picture.timestamp, arrival, keyframe=picture.keyframe)
                self.wants_keyframe |= self._depacketiser.broken > broken
            elif isinstance(item, Gap):
                self.lost_packets += item.packets
                self.wants_keyframe = True

    def _write(self, data: bytes, timestamp: int, arrival: float, *, keyframe: bool) -> None:
        if self._file is None:
            return
        try:
            written = self._file.write(data)
        except OSError as error:
            self.close()
            raise recording_error(self.path, error) from error
        if written != len(data):
            self.close()
            raise recording_error(self.path, OSError("no space left"))
        extended = self._clock.unwrap(timestamp)
        if self._first is None:
            self._first = extended
        media_time = (extended - self._first) / VIDEO_CLOCK_RATE
        self.pictures.append(RecordedPicture(self._size, len(data), keyframe, timestamp, media_time, arrival))
        self._size += len(data)
