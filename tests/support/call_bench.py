"""One `CallMedia` between two bare far ends, in virtual time: the set-up of most of its tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ims_avatar.call_media import CallMedia
from ims_avatar.config import MediaConfig, Side
from ims_avatar.flow import AudioChunk, Direction, NegotiatedAudio, NegotiatedMedia, NegotiatedVideo
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.ports import PortPool
from tests.support.media_peer import LOOPBACK, MediaPeer
from tests.support.virtual_time import LoopClock

PTIME = 0.02
SILENCE = b"\xff" * 160


@dataclass
class Heard:
    """A `MediaListener` that keeps what it is told."""

    chunks: list[tuple[Side, AudioChunk]] = field(default_factory=list)
    keyframe_requests: list[tuple[float, Side]] = field(default_factory=list)
    digits: list[Side] = field(default_factory=list)

    def on_audio(self, speaker: Side, chunk: AudioChunk) -> None:
        self.chunks.append((speaker, chunk))

    def on_keyframe_request(self, viewer: Side) -> None:
        self.keyframe_requests.append((asyncio.get_running_loop().time(), viewer))

    def on_digit(self, side: Side) -> None:
        self.digits.append(side)


class CallBench:
    """Use as an async context manager on a virtual loop."""

    def __init__(self, settings: MediaConfig | None = None, heard: Heard | None = None) -> None:
        self.settings = settings or MediaConfig(rtp_ports=(30_000, 60_000))
        self.heard = heard or Heard()

    async def __aenter__(self) -> CallBench:
        self.clock = LoopClock()
        self.ports = PortPool(LOOPBACK, self.settings.rtp_ports, self.clock, kernel_time=False)
        self.media = CallMedia(self.ports, self.settings, self.clock, self.heard, call="test")
        self.peers: dict[Side, MediaPeer] = {"caller": MediaPeer(), "callee": MediaPeer()}
        self.video_peers: dict[Side, MediaPeer] = {"caller": MediaPeer(), "callee": MediaPeer()}
        return self

    async def __aexit__(self, *error: object) -> None:
        self.media.close()
        self.ports.close()
        for peer in [*self.peers.values(), *self.video_peers.values()]:
            peer.close()

    def audio(self, side: Side, codec: str = "PCMU", payload_type: int = 0, rate: int = 8000) -> NegotiatedAudio:
        peer = self.peers[side]
        return NegotiatedAudio(
            codec, payload_type, rate, 1, peer.rtp_address, peer.rtcp_address, "sendrecv", telephone_event=101
        )

    def video(self, side: Side, direction: Direction = "sendrecv") -> NegotiatedVideo:
        peer = self.video_peers[side]
        return NegotiatedVideo(
            "H264",
            96,
            peer.rtp_address,
            peer.rtcp_address,
            direction,
            feedback=frozenset({"nack", "nack pli", "ccm fir"}),
        )

    def apply(self, caller: NegotiatedAudio | None = None, callee: NegotiatedAudio | None = None) -> None:
        """Sound on both legs; PCMU unless told otherwise."""
        self.media.caller.apply(NegotiatedMedia(caller or self.audio("caller")))
        self.media.callee.apply(NegotiatedMedia(callee or self.audio("callee")))

    def add_video(self, side: Side, video: NegotiatedVideo | None = None) -> None:
        leg = self.media.leg(side)
        leg.apply(replace(leg.negotiated, video=video or self.video(side)))

    async def play(self, side: Side, packets: Iterable[RtpPacket | None], spacing: float = PTIME) -> None:
        """One packet every `spacing`; None: a pause of that length."""
        for packet in packets:
            if packet is not None:
                self.peers[side].send(bytes(packet), self.media.leg(side).audio_port)
            await asyncio.sleep(spacing)


def voice(count: int, *, start: int = 100, ssrc: int = 0x1111, timestamp: int = 5000) -> list[RtpPacket]:
    """PCMU packets of 20 ms whose payload tells their number (two bytes, then silence)."""
    return [
        RtpPacket(
            0,
            index == 0,
            (start + index) & 0xFFFF,
            (timestamp + 160 * index) & 0xFFFFFFFF,
            ssrc,
            index.to_bytes(2, "big") + SILENCE[2:],
        )
        for index in range(count)
    ]


def numbers(packets: Iterable[RtpPacket]) -> list[int]:
    """Which of `voice` these are."""
    return [int.from_bytes(packet.payload[:2], "big") for packet in packets]
