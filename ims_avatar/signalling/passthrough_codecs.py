"""Every audio codec is negotiable: pjsua takes only what pjmedia's codec manager knows, and our media plane carries the
packets of any. Codecs that encode nothing, one factory (pjmedia/codec.h) for each name that turns up.

pjmedia runs a stream of its own beside ours (over a loop transport). To that stream each of these codecs is 8 kHz mono
in 20 ms frames, whatever the clock rate, channels and parameters in SDP. pjmedia's own codecs and mixer abort on odd
ones (`iLBC` with another mode, `PCMA/1`), so its own codecs are taken out.
"""

from __future__ import annotations

import ctypes as c
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import structlog

from ims_avatar.signalling.format_matching import FormatMatching
from ims_avatar.signalling.pj_native import shared_library
from ims_avatar.signalling.pjmedia_types import (
    FRAME_AUDIO,
    FRAME_NONE,
    NOT_FOUND,
    SUCCESS,
    TYPE_AUDIO,
    Codec,
    CodecInfo,
    CodecOp,
    CodecParam,
    Coder,
    Factory,
    FactoryOp,
    Ptr,
    Str,
)
from ims_avatar.signalling.sdp import SessionDescription

log = structlog.get_logger()

_TOGETHER: Final = 24
"""pjmedia's proposal has room for 32 formats, telephone-events among them."""
_CODEC_ID_SIZE: Final = 32
"""Of pjmedia_codec_id, with the closing zero."""
_OWN_OF_PJMEDIA: Final = tuple(
    f"pjmedia_codec_{name}_deinit"
    for name in ("g711", "g722", "gsm", "ilbc", "l16", "speex", "g7221", "opus", "bcg729", "silk", "opencore_amrnb")
)
_DYNAMIC: Final = 96
_MANAGER_SIZE: Final = 8192
"""Not less than pjmedia_codec_mgr, which lies on the heap; streams are described on the stack."""
_STAND_IN: Final = b"relayed"
_CLOCK_RATE: Final = 8000
_FRAME_MS: Final = 20
_PLACES: Final = 20
"""Codecs of one description that are learnt."""
_MOST_CHANNELS: Final = 9
"""pjmedia writes one digit, and aborts otherwise."""
_EVENT: Final = "telephone-event"


@dataclass(frozen=True, slots=True)
class _Learnt:
    """Both must live as long as pjmedia knows the codec: its list points to them."""

    factory: Factory
    codec_id: bytes


class PassthroughCodecs:
    """Must outlive the library: pjmedia keeps pointers into it. Every method on the SIP thread."""

    def __init__(self) -> None:
        self._library = shared_library()
        self._matching = FormatMatching()
        self._codecs: dict[int, Codec] = {}
        self._known: OrderedDict[tuple[bytes, int], _Learnt] = OrderedDict()
        """By pjmedia's codec id (`EVRC/8000/1`) and payload type, the one used longest ago first."""
        self._former: list[_Learnt] = []
        """Forgotten, but streams may still hold codecs of them."""
        self._registering, self._registering_number = b"", _DYNAMIC
        operations = dict(FactoryOp._fields_)
        self._factory_op = FactoryOp(
            operations["test_alloc"](self._test_alloc),
            operations["default_attr"](self._default_attr),
            operations["enum_info"](self._enum_info),
            operations["alloc_codec"](self._alloc_codec),
            operations["dealloc_codec"](self._dealloc_codec),
            operations["destroy"](lambda: SUCCESS),
        )
        coder = dict(CodecOp._fields_)
        self._codec_op = CodecOp(
            coder["init"](lambda codec, pool: SUCCESS),
            coder["open"](lambda codec, param: SUCCESS),
            coder["close"](lambda codec: SUCCESS),
            coder["modify"](lambda codec, param: SUCCESS),
            coder["parse"](self._parse),
            Coder(self._encode),
            Coder(self._decode),
            coder["recover"](self._recover),
        )

    def register(self) -> None:
        """After Endpoint.libInit."""
        library = self._library
        library.pjsua_get_pjmedia_endpt.restype = Ptr
        library.pjmedia_endpt_get_codec_mgr.restype = Ptr
        library.pjmedia_endpt_get_codec_mgr.argtypes = [Ptr]
        library.pjmedia_codec_mgr_register_factory.argtypes = [Ptr, Ptr]
        library.pjmedia_codec_mgr_unregister_factory.argtypes = [Ptr, Ptr]
        library.pjmedia_codec_mgr_get_codec_info.argtypes = [Ptr, c.c_uint, Ptr]
        library.pjmedia_codec_mgr_find_codecs_by_id.argtypes = [Ptr, Ptr, Ptr, Ptr, Ptr]
        self._manager = library.pjmedia_endpt_get_codec_mgr(library.pjsua_get_pjmedia_endpt())
        for name in _OWN_OF_PJMEDIA:
            if hasattr(library, name):
                getattr(library, name)()
        # One at least: pjsua proposes something before it looks at an offer.
        self._learn(_STAND_IN.decode(), _CLOCK_RATE, 1, _DYNAMIC)
        self._matching.register()

    def learn(self, description: SessionDescription) -> None:
        """Before pjsip gets this description: all its audio codecs become negotiable.

        pjmedia holds a few dozen; when they are more at once, those named longest ago are forgotten. pjsua insists on a
        codec that it knows only where it looks at the offer of an incoming call.
        """
        for media in description.media:
            if media.media == "audio" and not media.rejected:
                for rtpmap in (media.rtpmap(number) for number in media.payload_types[:_PLACES]):
                    if rtpmap is not None and rtpmap.encoding.lower() != _EVENT:
                        self._learn(rtpmap.encoding, rtpmap.clock_rate, rtpmap.channels, rtpmap.payload_type)

    def _learn(self, encoding: str, clock_rate: int, channels: int, payload_type: int) -> None:
        """pjsip compares static payload types by their number, all others by name."""
        if channels > _MOST_CHANNELS:
            return
        number = min(payload_type, _DYNAMIC)
        codec_id = f"{encoding}/{clock_rate}/{channels}".encode()
        key = (codec_id.upper(), number)
        if key in self._known:
            self._known.move_to_end(key)
            return
        if len(codec_id) >= _CODEC_ID_SIZE or self._holds(codec_id, number):
            return
        if len(self._known) >= _TOGETHER:
            self._forget()
        factory = Factory(None, None, None, c.pointer(self._factory_op))
        self._registering, self._registering_number = codec_id, number
        status = self._library.pjmedia_codec_mgr_register_factory(self._manager, c.addressof(factory))
        if status != SUCCESS:
            log.warning("pjmedia takes no further codec", status=status)
            return
        self._known[key] = _Learnt(factory, codec_id)

    def _forget(self) -> None:
        _, oldest = self._known.popitem(last=False)
        self._library.pjmedia_codec_mgr_unregister_factory(self._manager, c.addressof(oldest.factory))
        in_use = {codec.factory for codec in self._codecs.values()}
        self._former = [old for old in (*self._former, oldest) if c.addressof(old.factory) in in_use]

    def _holds(self, codec_id: bytes, number: int) -> bool:
        """Whether pjmedia has it under another key."""
        found = c.POINTER(CodecInfo)()
        if number < _DYNAMIC:
            status = self._library.pjmedia_codec_mgr_get_codec_info(self._manager, number, c.byref(found))
        else:
            wanted, count = Str(c.cast(c.c_char_p(codec_id), Ptr), len(codec_id)), c.c_uint(1)
            status = self._library.pjmedia_codec_mgr_find_codecs_by_id(
                self._manager, c.byref(wanted), c.byref(count), c.byref(found), None
            )
        return bool(status == SUCCESS)

    # pjmedia_codec_factory_op -----------------------------------------------------------------------------------------

    def _test_alloc(self, factory: int, info: Any) -> int:
        """Any codec. That of a stream becomes the stand-in here; that of the
        manager's list, from which pjsua writes its proposal, keeps its name."""
        if 0 <= c.addressof(info[0]) - self._manager < _MANAGER_SIZE:
            return SUCCESS
        info[0].clock_rate, info[0].channel_cnt = _CLOCK_RATE, 1
        info[0].name = Str(c.cast(c.c_char_p(_STAND_IN), Ptr), len(_STAND_IN))
        return SUCCESS

    def _default_attr(self, factory: int, info: Any, param: Any) -> int:
        c.memset(param, 0, c.sizeof(CodecParam))
        out = param[0].info
        out.clock_rate, out.channel_cnt, out.pt = _CLOCK_RATE, 1, info[0].pt
        out.avg_bps = out.max_bps = 24_000
        out.max_rx_frame_size, out.frm_ptime, out.pcm_bits_per_sample = 512, _FRAME_MS, 16
        param[0].setting.frm_per_pkt = 1
        return SUCCESS

    def _enum_info(self, factory: int, count: Any, infos: Any) -> int:
        """The codec that is being registered. pjmedia copies the structure and makes its id of it at once."""
        if not count[0]:
            return NOT_FOUND
        count[0] = 1
        name, rate, channels = self._registering.rsplit(b"/", 2)
        info = infos[0]
        info.type, info.pt = TYPE_AUDIO, self._registering_number
        info.clock_rate, info.channel_cnt = int(rate), int(channels)
        info.name = Str(c.cast(c.c_char_p(self._registering), Ptr), len(name))
        return SUCCESS

    def _alloc_codec(self, factory: int, info: Any, out: Any) -> int:
        codec = Codec(None, None, None, factory, c.pointer(self._codec_op))
        self._codecs[c.addressof(codec)] = codec
        out[0] = c.addressof(codec)
        return SUCCESS

    def _dealloc_codec(self, factory: int, codec: int) -> int:
        self._codecs.pop(codec, None)
        return SUCCESS

    # pjmedia_codec_op: never called for a packet of ours, but pjmedia's clock asks for frames -------------------------

    def _parse(self, codec: int, packet: int, size: int, timestamp: Any, count: Any, frames: Any) -> int:
        frames[0].type, frames[0].buf, frames[0].size = FRAME_AUDIO, packet, size
        frames[0].timestamp, frames[0].bit_info = timestamp[0], 0
        count[0] = 1
        return SUCCESS

    def _encode(self, codec: int, frame: Any, size: int, out: Any) -> int:
        out[0].type, out[0].size = FRAME_NONE, 0
        return SUCCESS

    def _decode(self, codec: int, frame: Any, size: int, out: Any) -> int:
        c.memset(out[0].buf, 0, size)
        out[0].type, out[0].size = FRAME_AUDIO, min(size, out[0].size or size)
        return SUCCESS

    def _recover(self, codec: int, size: int, out: Any) -> int:
        c.memset(out[0].buf, 0, size)
        out[0].type, out[0].size = FRAME_AUDIO, size
        return SUCCESS
