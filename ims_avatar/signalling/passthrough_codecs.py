"""Codecs of pjmedia that pjsua2 does not reach by itself, through ctypes on the same shared library.

1. Audio codecs that encode nothing (AMR, AMR-WB, EVS, Opus ...): pjsua negotiates only what its codec manager knows,
   and our media plane carries the packets. One pjmedia codec factory (pjmedia/codec.h) answers for all of them.
2. Format matching by parameters: pjmedia compares rtpmap only; the callback below also compares what makes two payload
   types of one codec different (`pjmedia_sdp_neg_register_fmt_match_cb`).

The structures are those of pjproject 2.10 to 2.15.
"""

from __future__ import annotations

import ctypes as c
from dataclasses import dataclass
from typing import Any, Final

from ims_avatar.signalling.pj_native import shared_library

_SUCCESS: Final = 0
_NOT_FOUND: Final = 70006
"""PJ_ENOTFOUND."""
_FORMATS_DIFFER: Final = 220045
"""PJMEDIA_SDP_EFORMATNOTEQUAL."""
_TYPE_AUDIO: Final = 1
_FRAME_NONE: Final = 0
_FRAME_AUDIO: Final = 1


@dataclass(frozen=True, slots=True)
class PassthroughCodec:
    name: str
    clock_rate: int
    channels: int
    payload_type: int


CODECS: Final = (
    PassthroughCodec("AMR-WB", 16_000, 1, 104),
    PassthroughCodec("AMR", 8_000, 1, 105),
    PassthroughCodec("EVS", 16_000, 1, 106),
    PassthroughCodec("opus", 48_000, 2, 107),
    PassthroughCodec("G729", 8_000, 1, 18),
    PassthroughCodec("G726-32", 8_000, 1, 108),
)
_NAMES: Final = [codec.name.encode() for codec in CODECS]

_DISTINGUISHING: Final = {"packetization-mode": "0", "octet-align": "0"}
"""fmtp parameters whose difference makes two formats of one codec different, with their defaults
(RFC 6184 8.1, RFC 4867 8.1)."""


class _Str(c.Structure):
    _fields_ = (("ptr", c.c_void_p), ("slen", c.c_ssize_t))

    def text(self) -> str:
        return c.string_at(self.ptr, self.slen).decode("latin-1") if self.ptr and self.slen > 0 else ""


class _CodecInfo(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("pt", c.c_uint),
        ("name", _Str),
        ("clock_rate", c.c_uint),
        ("channel_cnt", c.c_uint),
    )


class _FmtpParameter(c.Structure):
    _fields_ = (("name", _Str), ("val", _Str))


class _Fmtp(c.Structure):
    _fields_ = (("cnt", c.c_uint8), ("param", _FmtpParameter * 16))


class _ParamInfo(c.Structure):
    _fields_ = (
        ("clock_rate", c.c_uint),
        ("channel_cnt", c.c_uint),
        ("avg_bps", c.c_uint32),
        ("max_bps", c.c_uint32),
        ("max_rx_frame_size", c.c_uint),
        ("frm_ptime", c.c_uint16),
        ("frm_ptime_denum", c.c_uint8),
        ("enc_ptime", c.c_uint16),
        ("enc_ptime_denum", c.c_uint8),
        ("pcm_bits_per_sample", c.c_uint8),
        ("pt", c.c_uint8),
        ("fmt_id", c.c_uint32),
    )


class _ParamSetting(c.Structure):
    _fields_ = (
        ("frm_per_pkt", c.c_uint8),
        ("flags", c.c_uint),
        ("enc_fmtp", _Fmtp),
        ("dec_fmtp", _Fmtp),
        ("packet_loss", c.c_uint),
        ("complexity", c.c_uint),
        ("cbr", c.c_int),
    )


class _CodecParam(c.Structure):
    _fields_ = (("info", _ParamInfo), ("setting", _ParamSetting))


class _Frame(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("buf", c.c_void_p),
        ("size", c.c_size_t),
        ("timestamp", c.c_uint64),
        ("bit_info", c.c_uint32),
    )


_Ptr = c.c_void_p
_InfoPtr, _ParamPtr, _FramePtr = c.POINTER(_CodecInfo), c.POINTER(_CodecParam), c.POINTER(_Frame)
_Coder = c.CFUNCTYPE(c.c_int, _Ptr, _FramePtr, c.c_uint, _FramePtr)


class _FactoryOp(c.Structure):
    _fields_ = (
        ("test_alloc", c.CFUNCTYPE(c.c_int, _Ptr, _InfoPtr)),
        ("default_attr", c.CFUNCTYPE(c.c_int, _Ptr, _InfoPtr, _ParamPtr)),
        ("enum_info", c.CFUNCTYPE(c.c_int, _Ptr, c.POINTER(c.c_uint), _InfoPtr)),
        ("alloc_codec", c.CFUNCTYPE(c.c_int, _Ptr, _InfoPtr, c.POINTER(_Ptr))),
        ("dealloc_codec", c.CFUNCTYPE(c.c_int, _Ptr, _Ptr)),
        ("destroy", c.CFUNCTYPE(c.c_int)),
    )


class _CodecOp(c.Structure):
    _fields_ = (
        ("init", c.CFUNCTYPE(c.c_int, _Ptr, _Ptr)),
        ("open", c.CFUNCTYPE(c.c_int, _Ptr, _ParamPtr)),
        ("close", c.CFUNCTYPE(c.c_int, _Ptr)),
        ("modify", c.CFUNCTYPE(c.c_int, _Ptr, _ParamPtr)),
        (
            "parse",
            c.CFUNCTYPE(c.c_int, _Ptr, _Ptr, c.c_size_t, c.POINTER(c.c_uint64), c.POINTER(c.c_uint), _FramePtr),
        ),
        ("encode", _Coder),
        ("decode", _Coder),
        ("recover", c.CFUNCTYPE(c.c_int, _Ptr, c.c_uint, _FramePtr)),
    )


class _Factory(c.Structure):
    _fields_ = (("prev", _Ptr), ("next", _Ptr), ("data", _Ptr), ("op", c.POINTER(_FactoryOp)))


class _Codec(c.Structure):
    _fields_ = (("prev", _Ptr), ("next", _Ptr), ("data", _Ptr), ("factory", _Ptr), ("op", c.POINTER(_CodecOp)))


class _MediaDescriptor(c.Structure):
    """Beginning of pjmedia_sdp_media (pjmedia/sdp.h)."""

    _fields_ = (
        ("media", _Str),
        ("port", c.c_uint),
        ("port_count", c.c_uint),
        ("transport", _Str),
        ("fmt_count", c.c_uint),
        ("fmt", _Str * 32),
    )


class _Attribute(c.Structure):
    _fields_ = (("name", _Str), ("value", _Str))


_MatchCallback = c.CFUNCTYPE(c.c_int, _Ptr, _Ptr, c.c_uint, _Ptr, c.c_uint, c.c_uint)


class PassthroughCodecs:
    """The factory and the match callback. Must outlive the library: pjmedia keeps pointers into it."""

    def __init__(self) -> None:
        self._library = shared_library()
        self._codecs: dict[int, _Codec] = {}
        operations = dict(_FactoryOp._fields_)
        self._factory_op = _FactoryOp(
            operations["test_alloc"](self._test_alloc),
            operations["default_attr"](self._default_attr),
            operations["enum_info"](self._enum_info),
            operations["alloc_codec"](self._alloc_codec),
            operations["dealloc_codec"](self._dealloc_codec),
            operations["destroy"](lambda: _SUCCESS),
        )
        coder = dict(_CodecOp._fields_)
        self._codec_op = _CodecOp(
            coder["init"](lambda codec, pool: _SUCCESS),
            coder["open"](lambda codec, param: _SUCCESS),
            coder["close"](lambda codec: _SUCCESS),
            coder["modify"](lambda codec, param: _SUCCESS),
            coder["parse"](self._parse),
            _Coder(self._encode),
            _Coder(self._decode),
            coder["recover"](self._recover),
        )
        self._factory = _Factory(None, None, None, c.pointer(self._factory_op))
        self._match = _MatchCallback(self._formats_match)
        self._find_attribute = self._library.pjmedia_sdp_media_find_attr2
        self._find_attribute.restype = _Ptr
        self._find_attribute.argtypes = [_Ptr, c.c_char_p, _Ptr]

    def register(self) -> None:
        """After Endpoint.libInit, on the SIP thread."""
        library = self._library
        library.pjsua_get_pjmedia_endpt.restype = _Ptr
        library.pjmedia_endpt_get_codec_mgr.restype = _Ptr
        library.pjmedia_endpt_get_codec_mgr.argtypes = [_Ptr]
        library.pjmedia_codec_mgr_register_factory.argtypes = [_Ptr, _Ptr]
        manager = library.pjmedia_endpt_get_codec_mgr(library.pjsua_get_pjmedia_endpt())
        library.pjmedia_codec_mgr_register_factory(manager, c.addressof(self._factory))
        self.register_matching()

    def register_matching(self) -> None:
        """The second half of `register`, which needs no endpoint."""
        for name in (b"H264", b"H265", b"AMR", b"AMR-WB", b"EVS"):
            encoding = _Str(c.cast(c.c_char_p(name), _Ptr), len(name))
            self._library.pjmedia_sdp_neg_register_fmt_match_cb(c.byref(encoding), self._match)

    # pjmedia_codec_factory_op -----------------------------------------------------------------------------------------

    def _test_alloc(self, factory: int, info: Any) -> int:
        wanted = info[0].name.text().upper()
        return _SUCCESS if any(codec.name.upper() == wanted for codec in CODECS) else _NOT_FOUND

    def _default_attr(self, factory: int, info: Any, param: Any) -> int:
        c.memset(param, 0, c.sizeof(_CodecParam))
        out = param[0].info
        out.clock_rate, out.channel_cnt, out.pt = info[0].clock_rate, info[0].channel_cnt, info[0].pt
        out.avg_bps = out.max_bps = 24_000
        out.max_rx_frame_size, out.frm_ptime, out.pcm_bits_per_sample = 512, 20, 16
        param[0].setting.frm_per_pkt = 1
        return _SUCCESS

    def _enum_info(self, factory: int, count: Any, infos: Any) -> int:
        count[0] = min(count[0], len(CODECS))
        for index in range(count[0]):
            codec, info = CODECS[index], infos[index]
            info.type, info.pt = _TYPE_AUDIO, codec.payload_type
            info.clock_rate, info.channel_cnt = codec.clock_rate, codec.channels
            info.name = _Str(c.cast(c.c_char_p(_NAMES[index]), _Ptr), len(_NAMES[index]))
        return _SUCCESS

    def _alloc_codec(self, factory: int, info: Any, out: Any) -> int:
        codec = _Codec(None, None, None, factory, c.pointer(self._codec_op))
        self._codecs[c.addressof(codec)] = codec
        out[0] = c.addressof(codec)
        return _SUCCESS

    def _dealloc_codec(self, factory: int, codec: int) -> int:
        self._codecs.pop(codec, None)
        return _SUCCESS

    # pjmedia_codec_op: never called for a packet of ours, but pjmedia's clock asks for frames -------------------------

    def _parse(self, codec: int, packet: int, size: int, timestamp: Any, count: Any, frames: Any) -> int:
        frames[0].type, frames[0].buf, frames[0].size = _FRAME_AUDIO, packet, size
        frames[0].timestamp, frames[0].bit_info = timestamp[0], 0
        count[0] = 1
        return _SUCCESS

    def _encode(self, codec: int, frame: Any, size: int, out: Any) -> int:
        out[0].type, out[0].size = _FRAME_NONE, 0
        return _SUCCESS

    def _decode(self, codec: int, frame: Any, size: int, out: Any) -> int:
        c.memset(out[0].buf, 0, size)
        out[0].type, out[0].size = _FRAME_AUDIO, min(size, out[0].size or size)
        return _SUCCESS

    def _recover(self, codec: int, size: int, out: Any) -> int:
        c.memset(out[0].buf, 0, size)
        out[0].type, out[0].size = _FRAME_AUDIO, size
        return _SUCCESS

    # pjmedia_sdp_neg_fmt_match_cb -------------------------------------------------------------------------------------

    def _formats_match(self, pool: int, offer: int, offer_at: int, answer: int, answer_at: int, option: int) -> int:
        """An exception must not cross into C, and none can arise: everything here is total on what pjmedia parsed."""
        offered_type, offered = self._format(offer, offer_at)
        answered_type, answered = self._format(answer, answer_at)
        if offered_type == answered_type or not answered:
            return _SUCCESS
        same = all(offered.get(k, d) == answered.get(k, d) for k, d in _DISTINGUISHING.items())
        profile = offered.get("profile-level-id", "")[:2].lower() == answered.get("profile-level-id", "")[:2].lower()
        return _SUCCESS if same and profile else _FORMATS_DIFFER

    def _format(self, media: int, at: int) -> tuple[str, dict[str, str]]:
        """Payload type and fmtp parameters of the format at this place of an m= line."""
        payload_type = c.cast(media, c.POINTER(_MediaDescriptor))[0].fmt[at]
        found = self._find_attribute(media, b"fmtp", c.addressof(payload_type))
        value = c.cast(found, c.POINTER(_Attribute))[0].value.text() if found else ""
        pairs = (part.strip().partition("=") for part in value.partition(" ")[2].split(";") if part.strip())
        return payload_type.text(), {name.lower(): text for name, _, text in pairs}
