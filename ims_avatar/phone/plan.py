"""What the phone shall do in a call."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

VideoAnswer = Literal["accept", "refuse", "488"]
"""How added video is answered: accepted (we show, we send none), refused by port 0 in place (RFC 3264 section 6), or
the whole re-INVITE refused with 488."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    codecs: tuple[str, ...] = ("PCMU", "PCMA")
    """In order of preference."""
    play: Path | None = None
    """Any sound that PyAV reads; None: a tone."""
    tone_hz: float = 440.0
    loop: bool = False
    """Play again from the start; otherwise silence follows."""
    seconds: float | None = None
    """From the answer to our BYE; None: until the far end hangs up or, if we placed the call, all was played."""
    video: VideoAnswer = "accept"
    offer_video: bool = False
    """Whoever places the call offers to receive video from the start."""
    digits: str = ""
    """DTMF (RFC 4733), sent one second after the answer."""
    answer_after: float = 0.0
    """Seconds of ringing before we answer."""
    reject: int | None = None
    """Final status that refuses every call."""
    give_up_after: float = 60.0
    """Seconds until a call that nobody answers is cancelled."""
    decode: bool = True
    """Decode pictures, to prove that they are whole; costs about 1 ms each."""
    keep: bool = False
    """Keep sound and pictures for a recording."""
