"""Somebody else's stream sent on as ours: payload untouched, SSRC, sequence numbers and timestamps our own."""

from __future__ import annotations

from ims_avatar.media_out.outgoing_stream import OutgoingStream, Timeline
from ims_avatar.rtp.packet import RtpPacket
from ims_avatar.rtp.sequence import signed_difference

MAX_DROPOUT = 3000
MAX_MISORDER = 100
"""A jump of the sequence number beyond these is a source that began anew (RFC 3550 A.1)."""
STRAGGLERS = 0.2
"""Seconds after a change of source during which packets of the former one are dropped."""


class RelayTimeline:
    """A source's timeline, moved by what the relay adds to its timestamps."""

    def __init__(self, source: Timeline) -> None:
        self._source = source
        self.offset = 0

    def timestamp_at(self, pts: float) -> int | None:
        timestamp = self._source.timestamp_at(pts)
        return None if timestamp is None else (timestamp + self.offset) & 0xFFFFFFFF


class Relay:
    """Rewrites packets of one medium of one leg for the other leg. Pure.

    A packet that the source lost stays a hole in our numbers, disorder stays disorder. A source that changes, begins
    anew, or resumes after packets were withheld (hold) goes on where our stream stood.
    """

    def __init__(self, stream: OutgoingStream, source: Timeline, *, mark_new_source: bool) -> None:
        """`mark_new_source`: set the marker on the first packet of a source (sound: a new talkspurt, RFC 3551 4.1)."""
        self.stream = stream
        self._timeline = RelayTimeline(source)
        self._mark = mark_new_source
        self._ssrc: int | None = None
        self._former: tuple[int, float] | None = None
        self._highest = 0
        self._floor = 0
        """Numbers before this one would meet those of the source before."""
        self._sequence_offset = 0
        self._withheld = False

    def withhold(self) -> None:
        """Packets are not sent on for a while; the next one that is continues the numbers."""
        self._withheld = True

    def rewrite(self, packet: RtpPacket, payload_type: int, arrival: float, now: float) -> bytes | None:
        """The datagram to send. None: a straggler of what was before a change of source.

        `payload_type`: as the receiver knows it. `arrival`: when the packet came; it may have been delayed since.
        """
        number = packet.sequence_number
        step = signed_difference(number, self._highest, 16)
        begins = (
            packet.ssrc != self._ssrc
            or self.stream.timeline is not self._timeline
            or not -MAX_MISORDER <= step <= MAX_DROPOUT
        )
        if begins:
            if self._is_straggler(packet, arrival):
                return None
            self._begin(packet, arrival, now)
        elif self._withheld:
            self._continue_numbers(number)
        elif step > 0:
            self._advance(number)
        elif signed_difference(number, self._floor, 16) < 0:
            return None
        return self.stream.packet(
            payload_type,
            packet.payload,
            (packet.timestamp + self._timeline.offset) & 0xFFFFFFFF,
            now,
            marker=packet.marker or (begins and self._mark),
            sequence=(number + self._sequence_offset) & 0xFFFF,
        )

    def _is_straggler(self, packet: RtpPacket, arrival: float) -> bool:
        return self._former is not None and packet.ssrc == self._former[0] and arrival < self._former[1]

    def _begin(self, packet: RtpPacket, arrival: float, now: float) -> None:
        """A source begins, or has the stream again: its timestamps continue ours by the time that passed."""
        if self._ssrc is not None and self._ssrc != packet.ssrc:
            self._former = (self._ssrc, arrival + STRAGGLERS)
        self._ssrc = packet.ssrc
        self._timeline.offset = (self.stream.continued_timestamp(now) - packet.timestamp) & 0xFFFFFFFF
        self.stream.timeline = self._timeline
        self._continue_numbers(packet.sequence_number)

    def _continue_numbers(self, number: int) -> None:
        self._withheld = False
        self._highest = number
        self._floor = number if self.stream.packets else (number - MAX_MISORDER) & 0xFFFF
        self._sequence_offset = self.stream.next_sequence - number

    def _advance(self, number: int) -> None:
        self._highest = number
        if signed_difference(number, self._floor, 16) > MAX_MISORDER:
            self._floor = (number - MAX_MISORDER) & 0xFFFF
