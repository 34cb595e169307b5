"""Asks the installed pjmedia what it makes of our descriptions. Run as a child process: it aborts on what it dislikes.

stdin: JSON list of {"offer": text, "answer": text, "ours": "offer" | "answer"}.
stdout: JSON list of the description that pjmedia then holds as ours, or null where it refuses one of the two.
"""

from __future__ import annotations

import ctypes as c
import json
import sys
from typing import Any

import pjsua2 as pj

from ims_avatar.signalling.format_matching import FormatMatching

SUCCESS = 0
STRICT = 1


class Pjmedia:
    def __init__(self) -> None:
        self.library = c.CDLL(pj._pjsua2.__file__)
        self.library.pj_log_set_level(0)
        self.library.pj_init()
        self.factory = c.create_string_buffer(65_536)
        policy = c.byref(c.c_char.in_dll(self.library, "pj_pool_factory_default_policy"))
        self.library.pj_caching_pool_init(self.factory, policy, c.c_size_t(0))
        self.library.pj_pool_create.restype = c.c_void_p
        size = c.c_size_t(4_000_000)
        self.pool = c.c_void_p(self.library.pj_pool_create(self.factory, b"sdp", size, size, None))
        self.buffers: list[Any] = []
        self.matching = FormatMatching()
        self.matching.register()

    def parse(self, text: str) -> c.c_void_p | None:
        raw = text.encode()
        buffer = c.create_string_buffer(raw)
        self.buffers.append(buffer)
        description = c.c_void_p()
        if self.library.pjmedia_sdp_parse(self.pool, buffer, c.c_size_t(len(raw)), c.byref(description)) != SUCCESS:
            return None
        return description if self.library.pjmedia_sdp_validate2(description, STRICT) == SUCCESS else None

    def settle(self, offer: str, answer: str, ours: str) -> str | None:
        local, remote = (
            (self.parse(offer), self.parse(answer)) if ours == "offer" else (self.parse(answer), self.parse(offer))
        )
        if local is None or remote is None:
            return None
        negotiator, library = c.c_void_p(), self.library
        if ours == "offer":
            status = library.pjmedia_sdp_neg_create_w_local_offer(self.pool, local, c.byref(negotiator))
            status = status or library.pjmedia_sdp_neg_set_remote_answer(self.pool, negotiator, remote)
        else:
            create = library.pjmedia_sdp_neg_create_w_remote_offer
            status = create(self.pool, local, remote, c.byref(negotiator))
        if status != SUCCESS or library.pjmedia_sdp_neg_negotiate(self.pool, negotiator, 0) != SUCCESS:
            return None
        active = c.c_void_p()
        library.pjmedia_sdp_neg_get_active_local(negotiator, c.byref(active))
        text = c.create_string_buffer(65_536)
        length: int = library.pjmedia_sdp_print(active, text, c.c_size_t(65_536))
        return text.raw[:length].decode()


if __name__ == "__main__":
    pjmedia = Pjmedia()
    json.dump([pjmedia.settle(**exchange) for exchange in json.load(sys.stdin)], sys.stdout)
