"""The recorded session descriptions, and small ones to build tables from."""

from __future__ import annotations

from pathlib import Path

from ims_avatar.signalling.sdp import SessionDescription, parse

FOLDER = Path(__file__).parents[1] / "fixtures" / "sdp"
NAMES = sorted(
    path.relative_to(FOLDER).as_posix().removesuffix(".sdp")
    for path in FOLDER.rglob("*.sdp")
    if not path.name.endswith(".broken.sdp")
)
"""`<peer>/<name>` of every good one."""


def raw(name: str) -> bytes:
    return (FOLDER / f"{name}.sdp").read_bytes()


def recorded(name: str) -> SessionDescription:
    return parse(raw(name))


def described(*media: str, address: str = "192.0.2.1", session: str = "") -> SessionDescription:
    """A description of these m= sections, each a text with lines separated by ` | `."""
    lines = ["v=0", f"o=- 7 7 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0"]
    lines += [line for text in (session, *media) for line in text.split(" | ") if line]
    return parse("\n".join(lines) + "\n")


AUDIO = "m=audio 4000 RTP/AVP 0 8 101 | a=rtpmap:101 telephone-event/8000 | a=fmtp:101 0-15"
VIDEO = "m=video 5000 RTP/AVP 97 | a=rtpmap:97 H264/90000 | a=fmtp:97 profile-level-id=42e01f;packetization-mode=1"
