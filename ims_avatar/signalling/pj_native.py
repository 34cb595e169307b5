"""The few things of PJSIP that pjsua2 has no name for, through ctypes on the same shared library."""

from __future__ import annotations

import ctypes as c
from functools import cache
from typing import Any, Final

import pjsua2 as pj


@cache
def shared_library() -> c.CDLL:
    """The one that pjsua2 itself has loaded."""
    return c.CDLL(pj._pjsua2.__file__)


# pjsip_cfg_t: 13 settings of the endpoint, then max_count, T1, T2, T4, TD of the transaction layer, all int.
_DISABLE_TCP_SWITCH: Final = 4
_KEEP_INVITE_AFTER_TIMEOUT: Final = 12
_T1, _T1_DEFAULT, _T2, _T2_DEFAULT = 14, 500, 15, 4000


def apply_settings() -> bool:
    """Before Endpoint.libCreate. False when this build's pjsip_cfg_t is laid out otherwise: pjsip's defaults stand.

    disable_tcp_switch: an INVITE over 1300 bytes stays on the transport that the route names, as our peers may have UDP
    only. keep_inv_after_tsx_timeout: a re-INVITE that nobody answers must not end a call whose voice is fine.
    """
    settings = (c.c_int * 18).in_dll(shared_library(), "pjsip_sip_cfg_var")
    if settings[_T1] != _T1_DEFAULT or settings[_T2] != _T2_DEFAULT:
        return False
    settings[_DISABLE_TCP_SWITCH] = 1
    settings[_KEEP_INVITE_AFTER_TIMEOUT] = 1
    return True


def answer_request(transaction: Any, request: Any, status: int) -> bool:
    """Final response to a request inside a dialog that pjsua would refuse or not know (INFO).

    `transaction` and `request` are `SipTransaction.pjTransaction` and `SipRxData.pjRxData`; call it inside
    onCallTsxState, where both live. pjsua then sees a transaction that is answered and leaves it alone.
    """
    library = shared_library()
    library.pjsua_get_pjsip_endpt.restype = c.c_void_p
    library.pjsip_endpt_create_response.argtypes = [c.c_void_p, c.c_void_p, c.c_int, c.c_void_p, c.c_void_p]
    library.pjsip_tsx_send_msg.argtypes = [c.c_void_p, c.c_void_p]
    response = c.c_void_p()
    failed = library.pjsip_endpt_create_response(
        library.pjsua_get_pjsip_endpt(), int(request), status, None, c.byref(response)
    )
    return not failed and library.pjsip_tsx_send_msg(int(transaction), response) == 0
