"""Why a leg ends, and what the other leg is told: pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Cause:
    """`status` as a final response to an INVITE; for a leg that is up the BYE carries it in Reason (RFC 3326)."""

    status: int
    text: str = ""
    reasons: tuple[str, ...] = ()
    """Reason header values of the far end, passed on as they are (RFC 3326)."""
    retry_after: int | None = None

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        own = (f'SIP;cause={self.status};text="{self.text}"',) if self.text and not self.reasons else ()
        lines = [("Reason", reason) for reason in (*self.reasons, *own)]
        if self.retry_after is not None:
            lines.append(("Retry-After", str(self.retry_after)))
        return tuple(lines)


_NOT_FOR_THE_CALLER: Final = {
    401: 403,  # a challenge to us, which the caller cannot meet
    407: 403,
    481: 480,  # about a dialog that the caller does not know
    503: 500,  # RFC 3261 16.7: 503 would say that nothing goes through us any more
}


def cause_for_caller(cause: Cause) -> Cause:
    """What an INVITE that has no answer yet is refused with when the called side's leg ended so.

    Every other 4xx to 6xx crosses as it is (486, 480, 603, 404, 408, 487 ...). A redirection that was not followed is
    480, as the new Contact belongs to the other side's network (RFC 3261 21.3 leaves it to us whether to follow).
    """
    if cause.status in _NOT_FOR_THE_CALLER:
        return replace(cause, status=_NOT_FOR_THE_CALLER[cause.status], retry_after=None)
    if 300 <= cause.status < 400:
        return Cause(480, "Redirection not followed", cause.reasons)
    if 400 <= cause.status < 700:
        return cause
    return Cause(480, "Ended before it was answered", cause.reasons)
