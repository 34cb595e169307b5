"""Whatever a peer writes, offer/answer ends in a description that we may hand over, or in 488 or 400."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ims_avatar.errors import BadRequest, NotAcceptable
from ims_avatar.signalling.offer_answer import relayed_answer, relayed_offer, reoffer, settled
from ims_avatar.signalling.own_media import own_answer
from ims_avatar.signalling.profiles import PeerProfile, load_profile, profile_names
from ims_avatar.signalling.sdp import SessionDescription, parse
from ims_avatar.signalling.sdp_leg import VideoRole
from tests.support.sdp_fixtures import NAMES, raw
from tests.support.sdp_legs import leg_a, leg_b

ROLES: tuple[VideoRole, ...] = ("none", "relay", "avatar")
PROFILES = [load_profile(name) for name in profile_names()]
LINES = sorted(
    {line for name in NAMES for line in raw(name).split(b"\r\n") if line[:2] in (b"a=", b"b=", b"m=", b"c=")}
)


@st.composite
def descriptions(draw: st.DrawFn) -> SessionDescription | None:
    """A recorded description with lines of other peers put in, taken out, swapped, and some bytes changed."""
    lines = raw(draw(st.sampled_from(NAMES))).removesuffix(b"\r\n").split(b"\r\n")
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(5, len(lines)))
        match draw(st.sampled_from(["insert", "remove", "swap", "change"])):
            case "insert":
                lines.insert(at, draw(st.sampled_from(LINES)))
            case "remove" if at < len(lines):
                del lines[at]
            case "swap" if at + 1 < len(lines):
                lines[at], lines[at + 1] = lines[at + 1], lines[at]
            case "change" if at < len(lines):
                place = draw(st.integers(2, max(2, len(lines[at]) - 1)))
                lines[at] = lines[at][:place] + draw(st.sampled_from(DIGITS)) + lines[at][place + 1 :]
            case _:
                pass
    try:
        return parse(b"\r\n".join(lines))
    except BadRequest:
        return None


DIGITS = [b"0", b"1", b"9", b" ", b";", b"=", b"/", b"-", b"*", b"x", b""]


@settings(max_examples=300)
@given(descriptions(), descriptions(), st.sampled_from(PROFILES), st.sampled_from(ROLES))
def test_it_ends_well(
    one: SessionDescription | None, other: SessionDescription | None, profile: PeerProfile, video: VideoRole
) -> None:
    a, b = leg_a(profile), leg_b()
    if one is None or other is None:
        return
    try:
        offer = relayed_offer(a, b, one, video)
        assert parse(str(offer)) == offer
        own = own_answer(b, one, codecs=["PCMU", "AMR-WB"], video="sendrecv")
        assert parse(str(own.description)) == own.description
        assert len(own.description.media) == len(one.media)
        answer = relayed_answer(a, one, other, video)
        assert parse(str(answer.description)) == answer.description
        assert [m.media for m in answer.description.media] == [m.media for m in one.media]
        later = reoffer(a.agreed(answer.description, one), "avatar")
        assert parse(str(later)) == later
        assert settled(b, offer, other).audio
    except (NotAcceptable, BadRequest) as error:
        assert error.remedy
