"""Structures of pjmedia as ctypes: those of pjproject 2.10 to 2.15 (pjmedia/codec.h, pjmedia/sdp.h)."""

from __future__ import annotations

import ctypes as c
from typing import Final

SUCCESS: Final = 0
NOT_FOUND: Final = 70006
"""PJ_ENOTFOUND."""
TYPE_AUDIO: Final = 1
FRAME_NONE: Final = 0
FRAME_AUDIO: Final = 1


class Str(c.Structure):
    _fields_ = (("ptr", c.c_void_p), ("slen", c.c_ssize_t))

    def text(self) -> str:
        return c.string_at(self.ptr, self.slen).decode("latin-1") if self.ptr and self.slen > 0 else ""


class CodecInfo(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("pt", c.c_uint),
        ("name", Str),
        ("clock_rate", c.c_uint),
        ("channel_cnt", c.c_uint),
    )


class FmtpParameter(c.Structure):
    _fields_ = (("name", Str), ("val", Str))


class Fmtp(c.Structure):
    _fields_ = (("cnt", c.c_uint8), ("param", FmtpParameter * 16))


class ParamInfo(c.Structure):
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


class ParamSetting(c.Structure):
    _fields_ = (
        ("frm_per_pkt", c.c_uint8),
        ("flags", c.c_uint),
        ("enc_fmtp", Fmtp),
        ("dec_fmtp", Fmtp),
        ("packet_loss", c.c_uint),
        ("complexity", c.c_uint),
        ("cbr", c.c_int),
    )


class CodecParam(c.Structure):
    _fields_ = (("info", ParamInfo), ("setting", ParamSetting))


class Frame(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("buf", c.c_void_p),
        ("size", c.c_size_t),
        ("timestamp", c.c_uint64),
        ("bit_info", c.c_uint32),
    )


Ptr = c.c_void_p
InfoPtr, ParamPtr, FramePtr = c.POINTER(CodecInfo), c.POINTER(CodecParam), c.POINTER(Frame)
Coder = c.CFUNCTYPE(c.c_int, Ptr, FramePtr, c.c_uint, FramePtr)


class FactoryOp(c.Structure):
    _fields_ = (
        ("test_alloc", c.CFUNCTYPE(c.c_int, Ptr, InfoPtr)),
        ("default_attr", c.CFUNCTYPE(c.c_int, Ptr, InfoPtr, ParamPtr)),
        ("enum_info", c.CFUNCTYPE(c.c_int, Ptr, c.POINTER(c.c_uint), InfoPtr)),
        ("alloc_codec", c.CFUNCTYPE(c.c_int, Ptr, InfoPtr, c.POINTER(Ptr))),
        ("dealloc_codec", c.CFUNCTYPE(c.c_int, Ptr, Ptr)),
        ("destroy", c.CFUNCTYPE(c.c_int)),
    )


class CodecOp(c.Structure):
    _fields_ = (
        ("init", c.CFUNCTYPE(c.c_int, Ptr, Ptr)),
        ("open", c.CFUNCTYPE(c.c_int, Ptr, ParamPtr)),
        ("close", c.CFUNCTYPE(c.c_int, Ptr)),
        ("modify", c.CFUNCTYPE(c.c_int, Ptr, ParamPtr)),
        (
            "parse",
            c.CFUNCTYPE(c.c_int, Ptr, Ptr, c.c_size_t, c.POINTER(c.c_uint64), c.POINTER(c.c_uint), FramePtr),
        ),
        ("encode", Coder),
        ("decode", Coder),
        ("recover", c.CFUNCTYPE(c.c_int, Ptr, c.c_uint, FramePtr)),
    )


class Factory(c.Structure):
    _fields_ = (("prev", Ptr), ("next", Ptr), ("data", Ptr), ("op", c.POINTER(FactoryOp)))


class Codec(c.Structure):
    _fields_ = (("prev", Ptr), ("next", Ptr), ("data", Ptr), ("factory", Ptr), ("op", c.POINTER(CodecOp)))


class MediaDescriptor(c.Structure):
    """Beginning of pjmedia_sdp_media (pjmedia/sdp.h)."""

    _fields_ = (
        ("media", Str),
        ("port", c.c_uint),
        ("port_count", c.c_uint),
        ("transport", Str),
        ("fmt_count", c.c_uint),
        ("fmt", Str * 32),
    )


class Attribute(c.Structure):
    _fields_ = (("name", Str), ("value", Str))
