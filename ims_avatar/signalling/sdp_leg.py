"""What offer/answer must know of one leg, and how a leg's description is put together from its m= lines."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from ims_avatar.errors import NotAcceptable
from ims_avatar.flow import Direction
from ims_avatar.signalling.h264 import Picture
from ims_avatar.signalling.profiles import PeerProfile
from ims_avatar.signalling.sdp_lines import Connection, Origin, address_type_of
from ims_avatar.signalling.sdp_sections import MAX_MEDIA
from ims_avatar.signalling.sdp_types import MediaDescription, SessionDescription, revised

VideoRole: TypeAlias = Literal["none", "relay", "avatar"]
"""Where the picture towards a leg comes from: nowhere, the other leg, or us."""

DEFAULT_PICTURE: Final = Picture(512, 512, 25)


@dataclass(frozen=True, slots=True)
class SdpLeg:
    """One leg as offer/answer sees it. Frozen: `sent` and `agreed` give the next one.

    RTCP is received on the port after RTP's.
    """

    profile: PeerProfile
    address: str
    """Of our media, an IP literal."""
    audio_port: int
    video_port: int
    session_id: int
    """Of o=: unique among our sessions, below 2**31 (some peers store it in an int)."""
    picture: Picture = DEFAULT_PICTURE
    """Of our video, before the level cuts it."""
    bit_rate: int = 400_000
    """Of our video in bit/s, before profile, level and b= cut it."""
    local: SessionDescription | None = None
    """Ours of the last completed offer/answer."""
    remote: SessionDescription | None = None
    """Theirs of the last completed offer/answer."""
    last_sent: SessionDescription | None = None
    """The last that left, refused ones included: the version counts on from it."""

    def sent(self, local: SessionDescription) -> SdpLeg:
        return replace(self, last_sent=local)

    def agreed(self, local: SessionDescription, remote: SessionDescription) -> SdpLeg:
        """After an answer, whoever gave it."""
        return replace(self, local=local, remote=remote, last_sent=local)

    def describe(self, media: tuple[MediaDescription, ...]) -> SessionDescription:
        origin = Origin(self.session_id, self.session_id, self.address, address_type=address_type_of(self.address))
        fresh = SessionDescription(origin, media, Connection.of(self.address))
        return revised(self.last_sent, fresh)

    def reaches(self, remote: SessionDescription, media: MediaDescription) -> bool:
        """Whether media can be sent there: an IP literal of our family (names are not looked up while a call waits)."""
        connection = remote.connection_of(media)
        try:
            return connection.unspecified or ipaddress.ip_address(connection.address).version == (
                ipaddress.ip_address(self.address).version
            )
        except ValueError:
            return False


def refused(media: MediaDescription) -> MediaDescription:
    """The answer that refuses this section, in place (RFC 3264 section 6)."""
    return MediaDescription(media.media, 0, media.protocol, media.formats or ("0",))


def with_slots(leg: SdpLeg, *sections: MediaDescription) -> tuple[MediaDescription, ...]:
    """Our sections in the slots of the running session, all other slots refused (RFC 3264 section 8: none goes away).

    A section takes the live slot of its medium, else one of its medium that was refused, else a new one; any refused
    slot when the description is full.
    """
    slots = [refused(media) for media in leg.local.media] if leg.local else []
    free = [True] * len(slots)
    for section in sections:
        live = [i for i, _ in enumerate(slots) if free[i] and is_live(leg, i)]
        dead = [i for i, _ in enumerate(slots) if free[i] and not is_live(leg, i)]
        same = [i for i in live + dead if slots[i].media == section.media]
        if not same and len(slots) >= MAX_MEDIA:
            same = dead
        if same:
            slots[same[0]], free[same[0]] = section, False
        elif len(slots) < MAX_MEDIA:
            slots.append(section)
            free.append(False)
        else:
            raise NotAcceptable("no m= line is left for another medium", remedy=f"SDP holds at most {MAX_MEDIA}")
    return tuple(slots)


def is_live(leg: SdpLeg, index: int) -> bool:
    """Whether both sides accepted the m= line at `index`."""
    if leg.local is None or leg.remote is None or index >= len(leg.remote.media):
        return False
    return not leg.local.media[index].rejected and not leg.remote.media[index].rejected


def live_section(leg: SdpLeg, kind: str) -> tuple[MediaDescription, MediaDescription] | None:
    """(ours, theirs) of the running stream of this medium."""
    if leg.local is None or leg.remote is None:
        return None
    pairs = zip(leg.local.media, leg.remote.media, strict=False)
    return next(((a, b) for a, b in pairs if a.media == kind and not a.rejected and not b.rejected), None)


# Directions (RFC 3264 sections 5.1, 6.1, 8.4), as (sends, receives) ---------------------------------------------------

_FLAGS: Final[dict[Direction, tuple[bool, bool]]] = {
    "sendrecv": (True, True),
    "sendonly": (True, False),
    "recvonly": (False, True),
    "inactive": (False, False),
}
_NAMES: Final[dict[tuple[bool, bool], Direction]] = {flags: name for name, flags in _FLAGS.items()}


def reverse(direction: Direction) -> Direction:
    """The same stream seen from the other end."""
    sends, receives = _FLAGS[direction]
    return _NAMES[receives, sends]


def both(one: Direction, other: Direction) -> Direction:
    """What both allow, seen from the same end."""
    (sends, receives), (also_sends, also_receives) = _FLAGS[one], _FLAGS[other]
    return _NAMES[sends and also_sends, receives and also_receives]


def direction_of(description: SessionDescription, media: MediaDescription) -> Direction:
    """As its sender means it: an unspecified address receives nothing, as with a=sendonly (RFC 3264 section 8.4)."""
    direction = description.direction(media)
    return both(direction, "sendonly") if description.connection_of(media).unspecified else direction
