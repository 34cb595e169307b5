"""Format matching by parameters: pjmedia compares rtpmap only; here is also compared what makes two payload types of
one codec different (`pjmedia_sdp_neg_register_fmt_match_cb`)."""

from __future__ import annotations

import ctypes as c
from typing import Final

from ims_avatar.signalling.pj_native import shared_library
from ims_avatar.signalling.pjmedia_types import SUCCESS, Attribute, MediaDescriptor, Ptr, Str

_FORMATS_DIFFER: Final = 220045
"""PJMEDIA_SDP_EFORMATNOTEQUAL."""
_DISTINGUISHING: Final = {"packetization-mode": "0", "octet-align": "0"}
"""fmtp parameters whose difference makes two formats of one codec different, with their defaults
(RFC 6184 8.1, RFC 4867 8.1)."""
_MatchCallback = c.CFUNCTYPE(c.c_int, Ptr, Ptr, c.c_uint, Ptr, c.c_uint, c.c_uint)


class FormatMatching:
    """Must outlive the library: pjmedia keeps a pointer into it."""

    def __init__(self) -> None:
        self._library = shared_library()
        self._match = _MatchCallback(self._formats_match)
        self._find_attribute = self._library.pjmedia_sdp_media_find_attr2
        self._find_attribute.restype = Ptr
        self._find_attribute.argtypes = [Ptr, c.c_char_p, Ptr]

    def register(self) -> None:
        """On the SIP thread; needs no endpoint."""
        for name in (b"H264", b"H265", b"AMR", b"AMR-WB", b"EVS"):
            encoding = Str(c.cast(c.c_char_p(name), Ptr), len(name))
            self._library.pjmedia_sdp_neg_register_fmt_match_cb(c.byref(encoding), self._match)

    # pjmedia_sdp_neg_fmt_match_cb -------------------------------------------------------------------------------------

    def _formats_match(self, pool: int, offer: int, offer_at: int, answer: int, answer_at: int, option: int) -> int:
        """An exception must not cross into C, and none can arise: everything here is total on what pjmedia parsed."""
        offered_type, offered = self._format(offer, offer_at)
        answered_type, answered = self._format(answer, answer_at)
        if offered_type == answered_type or not answered:
            return SUCCESS
        same = all(offered.get(k, d) == answered.get(k, d) for k, d in _DISTINGUISHING.items())
        profile = offered.get("profile-level-id", "")[:2].lower() == answered.get("profile-level-id", "")[:2].lower()
        return SUCCESS if same and profile else _FORMATS_DIFFER

    def _format(self, media: int, at: int) -> tuple[str, dict[str, str]]:
        """Payload type and fmtp parameters of the format at this place of an m= line."""
        payload_type = c.cast(media, c.POINTER(MediaDescriptor))[0].fmt[at]
        found = self._find_attribute(media, b"fmtp", c.addressof(payload_type))
        value = c.cast(found, c.POINTER(Attribute))[0].value.text() if found else ""
        pairs = (part.strip().partition("=") for part in value.partition(" ")[2].split(";") if part.strip())
        return payload_type.text(), {name.lower(): text for name, _, text in pairs}
