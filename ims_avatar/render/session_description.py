"""The SDP by which a player opens a film that is sent as RTP (RFC 8866)."""

from __future__ import annotations

from urllib.parse import urlsplit

from ims_avatar.driving.moment import SOUND_RATE
from ims_avatar.flow import VIDEO_CLOCK_RATE
from ims_avatar.render.codec import VIDEO_CODECS
from ims_avatar.render.output import SOUND_PAYLOAD_TYPE, VIDEO_PAYLOAD_TYPE, Output


def session_description(output: Output, codec: str) -> str:
    """For an `Output` of two RTP tracks. Parameter sets come in band, with every key frame.

    Opus is always announced with two channels (RFC 7587 section 7), however many are sent.
    """
    picture, sound = (urlsplit(track.url) for track in output.tracks)
    host = picture.hostname or ""
    kind = "IP6" if ":" in host else "IP4"
    name = VIDEO_CODECS[codec].rtp_name
    lines = [
        "v=0",
        f"o=- 0 0 IN {kind} {host}",
        "s=ims-avatar",
        f"c=IN {kind} {host}",
        "t=0 0",
        f"m=video {picture.port} RTP/AVP {VIDEO_PAYLOAD_TYPE}",
        f"a=rtpmap:{VIDEO_PAYLOAD_TYPE} {name}/{VIDEO_CLOCK_RATE}",
        *([f"a=fmtp:{VIDEO_PAYLOAD_TYPE} packetization-mode=1"] if name == "H264" else []),
        f"m=audio {sound.port} RTP/AVP {SOUND_PAYLOAD_TYPE}",
        f"a=rtpmap:{SOUND_PAYLOAD_TYPE} opus/{SOUND_RATE}/2",
        "",
    ]
    return "\r\n".join(lines)
