"""What a call's media tells its owner."""

from __future__ import annotations

from typing import Protocol

from ims_avatar.config import Side
from ims_avatar.flow import AudioChunk


class MediaListener(Protocol):
    """Called on the asyncio loop; must return at once. What it raises is logged and never reaches the relay."""

    def on_audio(self, speaker: Side, chunk: AudioChunk) -> None:
        """Speech of `speaker`, in order, while somebody sees that side's avatar. Chunks touch to within 1 ms; a gap in
        `pts` is silence (DTX, hold) or a loss too long to conceal."""
        ...

    def on_keyframe_request(self, viewer: Side) -> None:
        """`viewer` asks for a key frame of the avatar shown to it (RTCP PLI or FIR), at most one per 150 ms; also once
        after each `LegMedia.apply` that starts or redirects its video."""
        ...

    def on_digit(self, side: Side) -> None:
        """`side` finished a DTMF event (RFC 4733). Which digit is not told: it is personal data and relayed anyway."""
        ...
