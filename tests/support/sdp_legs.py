"""The two legs of a call, for tests of offer/answer."""

from __future__ import annotations

from ims_avatar.signalling.profiles import PeerProfile, load_profile
from ims_avatar.signalling.sdp import SessionDescription
from ims_avatar.signalling.sdp_leg import SdpLeg

OURS = "198.51.100.1"
GENERIC = load_profile("generic")


def leg_a(profile: PeerProfile = GENERIC, address: str = OURS) -> SdpLeg:
    return SdpLeg(profile, address, 20000, 20002, 111)


def leg_b(profile: PeerProfile = GENERIC, address: str = OURS) -> SdpLeg:
    return SdpLeg(profile, address, 20004, 20006, 222)


def with_video(profile: PeerProfile = GENERIC, /, **fields: object) -> PeerProfile:
    """`profile` with other video fields, checked as in a file."""
    video = type(profile.video).model_validate({**profile.video.model_dump(), **fields}, strict=False)
    return profile.model_copy(update={"video": video})


def with_audio(profile: PeerProfile = GENERIC, /, **fields: object) -> PeerProfile:
    audio = type(profile.audio).model_validate({**profile.audio.model_dump(), **fields}, strict=False)
    return profile.model_copy(update={"audio": audio})


def lines(description: SessionDescription, index: int) -> list[str]:
    """Lines of the m= section at `index`."""
    return str(description.media[index]).splitlines()
