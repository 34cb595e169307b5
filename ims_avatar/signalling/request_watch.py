"""Requests before pjsua sees them: two modules in pjsip's chain (pjsip/sip_module.h), through ctypes.

`RequestWatch` keeps the SDP of the request that is being handled. pjsua2 shows everything but the ACK that answers our
offer in a 200 to a re-INVITE; the dialog's callback that follows runs on the same thread, in the same turn.

It also takes what belongs to no dialog and is no call: pjsua would answer some of it, and asserts on an ACK that looks
like a merged request (RFC 3261 8.2.2.2).
"""

from __future__ import annotations

import ctypes as c
from collections.abc import Callable
from typing import Any, Final

from ims_avatar.signalling.pj_native import shared_library

_BEFORE_DIALOGS: Final = 30
"""After the transaction layer (16), before the user agent layer (32), which hands to dialogs."""
_BEFORE_PJSUA: Final = 60
"""After dialogs and their usages (32, 48), before the application (64): what arrives here is outside every dialog."""
_LEFT_TO_PJSUA: Final = frozenset({"INVITE", "OPTIONS", "CANCEL"})
_METHOD_NOT_ALLOWED: Final = 405
_OnRequest = c.CFUNCTYPE(c.c_int, c.c_void_p)


class _Str(c.Structure):
    _fields_ = (("ptr", c.c_void_p), ("slen", c.c_ssize_t))


class _SdpInfo(c.Structure):
    """Beginning of pjsip_rdata_sdp_info (pjsip-ua/sip_inv.h)."""

    _fields_ = (("body", _Str), ("sdp_err", c.c_int))


class _Module(c.Structure):
    """pjsip_module; the callbacks that stay NULL are not called."""

    _fields_ = (
        ("prev", c.c_void_p),
        ("next", c.c_void_p),
        ("name", _Str),
        ("id", c.c_int),
        ("priority", c.c_int),
        ("load", c.c_void_p),
        ("start", c.c_void_p),
        ("stop", c.c_void_p),
        ("unload", c.c_void_p),
        ("on_rx_request", _OnRequest),
        ("on_rx_response", c.c_void_p),
        ("on_tx_request", c.c_void_p),
        ("on_tx_response", c.c_void_p),
        ("on_tsx_state", c.c_void_p),
    )


def pjsip_refuses_sdp(message: Any) -> bool:
    """Whether pjsip cannot read the SDP of this message (`SipRxData.pjRxData`); False when it has none."""
    return bool(_sdp_info(int(message)).sdp_err)


class RequestWatch:
    """Make one after Endpoint.libInit, on the SIP thread; it must outlive the library."""

    def __init__(self) -> None:
        self.sdp = b""
        """Body of the request that is being handled, b"" when that is no SDP."""
        self._library = shared_library()
        self._library.pjsip_rx_data_get_info.restype = c.c_char_p
        self._library.pjsip_rx_data_get_info.argtypes = [c.c_void_p]
        self._library.pjsip_endpt_respond_stateless.argtypes = [c.c_void_p, c.c_void_p, c.c_int, *[c.c_void_p] * 3]
        self._library.pjsua_get_pjsip_endpt.restype = c.c_void_p
        self._library.pjsip_endpt_register_module.argtypes = [c.c_void_p, c.c_void_p]
        self._kept = [
            self._register(b"mod-sdp-watch", _BEFORE_DIALOGS, self._note_sdp),
            self._register(b"mod-stray-requests", _BEFORE_PJSUA, self._take_stray),
        ]

    def _register(self, name: bytes, priority: int, handler: Callable[[int], int]) -> tuple[object, ...]:
        callback = _OnRequest(handler)
        text = _Str(c.cast(c.c_char_p(name), c.c_void_p), len(name))
        module = _Module(name=text, id=-1, priority=priority, on_rx_request=callback)
        self._library.pjsip_endpt_register_module(self._library.pjsua_get_pjsip_endpt(), c.byref(module))
        return name, callback, module

    def _note_sdp(self, request: int) -> int:
        body = _sdp_info(request).body
        self.sdp = c.string_at(body.ptr, body.slen) if body.ptr and body.slen > 0 else b""
        return 0

    def _take_stray(self, request: int) -> int:
        """pjsip names it `Request msg METHOD/cseq=1 (rdata0x...)`."""
        method = self._library.pjsip_rx_data_get_info(request).decode(errors="replace").split(" ")[2].partition("/")[0]
        if method in _LEFT_TO_PJSUA:
            return 0
        if method != "ACK":
            endpoint = self._library.pjsua_get_pjsip_endpt()
            self._library.pjsip_endpt_respond_stateless(endpoint, request, _METHOD_NOT_ALLOWED, None, None, None)
        return 1


def _sdp_info(message: int) -> _SdpInfo:
    read = shared_library().pjsip_rdata_get_sdp_info
    read.restype, read.argtypes = c.POINTER(_SdpInfo), [c.c_void_p]
    info: _SdpInfo = read(message)[0]
    return info
