"""Bytes to `SessionDescription`, or `BadRequest` that names the line.

Everything that comes out can be handed to a SIP stack: pjsip's limits and its wish for a c= line per media are checked
here, because it aborts on what it cannot parse. Well-kept SDP readers exist (aiosipua, aiortc), but they mend or skip
wrong lines in silence and regroup attributes; a gateway must refuse the first and keep the second.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from ims_avatar.errors import BadRequest
from ims_avatar.signalling.sdp_lines import (
    DIRECTIONS,
    Attribute,
    Bandwidth,
    Connection,
    Origin,
    address_type_of,
    parse_fmtp,
    parse_rtpmap,
    payload_type_text,
    positive,
)
from ims_avatar.signalling.sdp_sections import Section, fail, sections_of
from ims_avatar.signalling.sdp_types import MediaDescription, SessionDescription

MAX_FORMATS: Final = 32
"""PJMEDIA_MAX_SDP_FMT."""
MAX_ATTRIBUTES: Final = 68
"""PJMEDIA_MAX_SDP_ATTR, per section."""
MAX_BANDWIDTHS: Final = 4
"""PJMEDIA_MAX_SDP_BANDW, per section."""

_TOKEN: Final = re.compile(r"[!#-'*+\-.0-9A-Z^-~]+")
"""RFC 4566 section 9, `token`."""
_PROTOCOL: Final = re.compile(r"[!#-'*+\-.0-9A-Z^-~]+(/[!#-'*+\-.0-9A-Z^-~]+)*")
_NUMBER: Final = re.compile(r"[0-9]{1,20}")
_HOST: Final = re.compile(r"[0-9A-Za-z]([0-9A-Za-z.\-]*[0-9A-Za-z])?")
_PTIME: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,5})?")


def parse(body: bytes | str) -> SessionDescription:
    """Bytes must be UTF-8. Lines may end in CRLF or LF. Raises `BadRequest` and nothing else."""
    session, media = sections_of(body)
    for kind in "vos":
        if not session.all(kind):
            raise BadRequest(
                f"SDP has no {kind}= line", remedy="the description is truncated or not SDP; mend the peer"
            )
    number, version = session.one("v") or (1, "")
    if version.strip() != "0":
        fail(number, "v", version, "the version must be 0")
    name = session.one("s")
    description = SessionDescription(
        origin=_origin(session),
        connection=_connection(session),
        attributes=_attributes(session),
        bandwidths=_bandwidths(session),
        name=name[1] if name else "-",
        about=_verbatim(session, "iuep"),
        timing=_verbatim(session, "trzk") or ("t=0 0",),
        media=tuple(_media(section) for section in media),
    )
    for section, described in zip(media, description.media, strict=True):
        _check_address(section, description, described)
    return description


def _verbatim(section: Section, kinds: str) -> tuple[str, ...]:
    lines = sorted((number, f"{kind}={value}") for kind in kinds for number, value in section.all(kind))
    return tuple(line for _, line in lines)


def _origin(section: Section) -> Origin:
    number, value = section.one("o") or (1, "")
    words = value.split()
    if len(words) != 6 or not (_NUMBER.fullmatch(words[1]) and _NUMBER.fullmatch(words[2])):
        fail(number, "o", value, "o= needs username, numeric id, numeric version, IN, IP4 or IP6, address")
    if words[3] != "IN" or words[4] not in ("IP4", "IP6"):
        fail(number, "o", value, "only 'IN IP4' and 'IN IP6' are known")
    return Origin(int(words[1]), int(words[2]), words[5], words[0], words[4], words[3])


def _connection(section: Section) -> Connection | None:
    found = section.one("c")
    if found is None:
        return None
    number, value = found
    words = value.split()
    if len(words) != 3 or words[0] != "IN" or words[1] not in ("IP4", "IP6"):
        fail(number, "c", value, "c= needs 'IN IP4 address' or 'IN IP6 address'")
    _check_host(number, "c", value, words[1], words[2])
    return Connection(words[2], words[1])


def _check_host(number: int, kind: str, value: str, address_type: str, host: str) -> None:
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        if not _HOST.fullmatch(host) or host.replace(".", "").isdigit():
            fail(number, kind, value, "no valid address (multicast with a TTL is not supported)")
        return
    if literal.is_multicast:
        fail(number, kind, value, "multicast is not supported")
    if address_type != address_type_of(host):
        fail(number, kind, value, f"{address_type} contradicts the address")


def _bandwidths(section: Section) -> tuple[Bandwidth, ...]:
    found = list[Bandwidth]()
    for number, value in section.all("b"):
        modifier, _, amount = value.strip().partition(":")
        if not _TOKEN.fullmatch(modifier) or not _NUMBER.fullmatch(amount):
            fail(number, "b", value, "b= needs 'modifier:number'")
        if any(modifier == other.modifier and int(amount) != other.value for other in found):
            fail(number, "b", value, "contradicts an earlier b= line")
        if len(found) == MAX_BANDWIDTHS:
            fail(number, "b", value, f"more than {MAX_BANDWIDTHS} b= lines in one section")
        found.append(Bandwidth(modifier, int(amount)))
    return tuple(found)


def _attributes(section: Section) -> tuple[Attribute, ...]:
    found = list[Attribute]()
    for number, line in section.all("a"):
        name, colon, value = line.partition(":")
        name = name.strip()
        if not _TOKEN.fullmatch(name):
            fail(number, "a", line, "a= needs a name")
        if len(found) == MAX_ATTRIBUTES:
            fail(number, "a", line, f"more than {MAX_ATTRIBUTES} a= lines in one section")
        if name in DIRECTIONS and any(a.name in DIRECTIONS and a.name != name for a in found):
            fail(number, "a", line, "contradicts an earlier direction")
        found.append(Attribute(name, value if colon else None))
    return tuple(found)


def _media(section: Section) -> MediaDescription:
    number, value = section.one("m") or (0, "")
    words = value.split()
    if len(words) < 3 or not _TOKEN.fullmatch(words[0]) or not _PROTOCOL.fullmatch(words[2]):
        fail(number, "m", value, "m= needs media, port, protocol and formats")
    port, slash, count = words[1].partition("/")
    if not _NUMBER.fullmatch(port) or int(port) > 65_535:
        fail(number, "m", value, "the port must be 0 to 65535")
    if slash and not positive(count):
        fail(number, "m", value, "the number of ports must be a positive number")
    title, key = section.one("i"), section.one("k")
    media = MediaDescription(
        media=words[0],
        port=int(port),
        protocol=words[2],
        formats=tuple(words[3:]),
        attributes=_attributes(section),
        connection=_connection(section),
        bandwidths=_bandwidths(section),
        port_count=int(count) if slash else 1,
        title=title[1] if title else None,
        key=key[1] if key else None,
    )
    _check_formats(number, value, media)
    if media.is_rtp and not media.rejected:
        _check_rtp_attributes(section, media)
    return media


def _check_formats(number: int, value: str, media: MediaDescription) -> None:
    if not media.formats and not media.rejected:
        fail(number, "m", value, "no formats")
    if len(media.formats) > MAX_FORMATS:
        fail(number, "m", value, f"more than {MAX_FORMATS} formats")
    if len(set(media.formats)) != len(media.formats):
        fail(number, "m", value, "a format stands twice")
    if media.is_rtp and not all(map(payload_type_text, media.formats)):
        fail(number, "m", value, "RTP payload types must be 0 to 127")
    if not all(map(_TOKEN.fullmatch, media.formats)):
        fail(number, "m", value, "a format is not a token")


def _check_rtp_attributes(section: Section, media: MediaDescription) -> None:
    number, line = section.all("m")[0]
    seen = dict[int, str]()
    parameters = dict[tuple[int, str], str]()
    for number_a, text in section.all("a"):
        name, _, value = text.partition(":")
        try:
            if name == "rtpmap":
                rtpmap = parse_rtpmap(value)
                if seen.setdefault(rtpmap.payload_type, str(rtpmap)) != str(rtpmap):
                    fail(number_a, "a", text, "contradicts an earlier rtpmap of this payload type")
            elif name == "fmtp":
                fmtp = parse_fmtp(value)
                for key, setting in fmtp.parameters:
                    if parameters.setdefault((fmtp.payload_type, key), setting) != setting:
                        fail(number_a, "a", text, f"{key} contradicts an earlier value")
            elif name == "rtcp":
                _check_rtcp(number_a, text, value)
            elif name in ("ptime", "maxptime") and not (_PTIME.fullmatch(value.strip()) and float(value) > 0):
                fail(number_a, "a", text, "needs a positive number of milliseconds")
        except BadRequest as error:
            if error.remedy:
                raise
            fail(number_a, "a", text, str(error))
    for payload_type in media.payload_types:
        if payload_type >= 96 and payload_type not in seen:
            fail(number, "m", line, f"dynamic payload type {payload_type} has no rtpmap")


def _check_rtcp(number: int, text: str, value: str) -> None:
    words = value.split()
    if len(words) not in (1, 4) or not positive(words[0]) or int(words[0]) > 65_535:
        fail(number, "a", text, "a=rtcp needs 'port [IN IP4 address]'")
    if len(words) == 4:
        if words[1] != "IN" or words[2] not in ("IP4", "IP6"):
            fail(number, "a", text, "a=rtcp knows only 'IN IP4' and 'IN IP6'")
        _check_host(number, "a", text, words[2], words[3])


def _check_address(section: Section, description: SessionDescription, media: MediaDescription) -> None:
    """RFC 4566 section 5.7: every section needs a c= line, its own or the session's. A refused one has no address."""
    number, value = section.all("m")[0]
    if not media.rejected and media.connection is None and description.connection is None:
        fail(number, "m", value, "no c= line, neither here nor for the session")
