"""The SDP of requests that pjsua2 shows to nobody: the ACK that answers our offer in a 200 to a re-INVITE.

A module in pjsip's chain (pjsip/sip_module.h), through ctypes. It sees each request before the dialog does and claims
none; the callback of the dialog that follows runs on the same thread, in the same turn.
"""

from __future__ import annotations

import ctypes as c
from typing import Final

from ims_avatar.signalling.pj_native import shared_library

_PRIORITY: Final = 30
"""After the transaction layer (16), before the user agent layer (32), which hands to dialogs."""
_NAME: Final = b"mod-request-watch"
_OnRequest = c.CFUNCTYPE(c.c_int, c.c_void_p)


class _Str(c.Structure):
    _fields_ = (("ptr", c.c_void_p), ("slen", c.c_ssize_t))


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


class RequestWatch:
    """Make one after Endpoint.libInit, on the SIP thread; it must outlive the library."""

    def __init__(self) -> None:
        library = shared_library()
        self.sdp = b""
        """Body of the request that is being handled, b"" when that is no SDP."""
        self._sdp_info = library.pjsip_rdata_get_sdp_info
        self._sdp_info.restype = c.POINTER(_Str)
        self._sdp_info.argtypes = [c.c_void_p]
        self._on_request = _OnRequest(self._take)
        name = _Str(c.cast(c.c_char_p(_NAME), c.c_void_p), len(_NAME))
        self._module = _Module(name=name, id=-1, priority=_PRIORITY, on_rx_request=self._on_request)
        library.pjsua_get_pjsip_endpt.restype = c.c_void_p
        library.pjsip_endpt_register_module.argtypes = [c.c_void_p, c.c_void_p]
        library.pjsip_endpt_register_module(library.pjsua_get_pjsip_endpt(), c.byref(self._module))

    def _take(self, request: int) -> int:
        """`pjsip_rdata_sdp_info` begins with the body (pjsip-ua/sip_inv.h)."""
        body = self._sdp_info(request)[0]
        self.sdp = c.string_at(body.ptr, body.slen) if body.ptr and body.slen > 0 else b""
        return 0
