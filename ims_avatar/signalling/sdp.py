"""SDP (RFC 4566) as typed values: `parse` what a peer sent, `str()` what we send.

offer = parse(body)
audio = offer.first("audio")
offer.rtp_address(audio), offer.direction(audio), [audio.rtpmap(pt) for pt in audio.payload_types]
"""

from ims_avatar.signalling.sdp_lines import Attribute, Bandwidth, Connection, Fmtp, Origin, Rtpmap
from ims_avatar.signalling.sdp_parser import parse
from ims_avatar.signalling.sdp_types import MediaDescription, SessionDescription, revised

__all__ = [
    "Attribute",
    "Bandwidth",
    "Connection",
    "Fmtp",
    "MediaDescription",
    "Origin",
    "Rtpmap",
    "SessionDescription",
    "parse",
    "revised",
]
