"""Who asks for a key frame is heard at once, but not in a torrent."""

from __future__ import annotations

from ims_avatar.rtp.feedback import FullIntraRequest

INTERVAL = 0.15
"""Seconds between two requests that are passed on."""


class KeyframeGate:
    """Pure. A request within `INTERVAL` of the last is kept until that is over: it may tell of a newer loss."""

    def __init__(self) -> None:
        self.requests = 0
        self._passed: float | None = None
        self._waiting = False
        self._fir_numbers: dict[int, int] = {}

    def request(self, now: float) -> bool:
        """True: pass it on now."""
        self.requests += 1
        if self._passed is not None and now - self._passed < INTERVAL:
            self._waiting = True
            return False
        self._passed = now
        self._waiting = False
        return True

    def poll(self, now: float) -> bool:
        """True: pass on what was kept."""
        if not self._waiting or self._passed is None or now - self._passed < INTERVAL:
            return False
        self._passed = now
        self._waiting = False
        return True

    def is_new(self, request: FullIntraRequest, ssrc: int) -> bool:
        """False for a repetition (RFC 5104 4.3.1.2) and for another sender's stream."""
        numbers = [number for target, number in request.entries if target == ssrc]
        if not numbers or self._fir_numbers.get(request.sender_ssrc) == numbers[-1]:
            return False
        self._fir_numbers[request.sender_ssrc] = numbers[-1]
        return True
