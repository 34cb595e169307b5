"""What a phone saw of one call, as plain numbers: for the screen, for scripts, for the demo and the bench."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SoundReport:
    codec: str
    packets_sent: int
    packets_received: int
    packets_lost: int
    """Sent by the far end and never here (RFC 3550 A.3)."""
    jitter_ms: float
    heard: bool
    """Something above line noise was in it."""
    first_sound_s: float | None
    """From the answer to the first packet in which something is to be heard."""


@dataclass(frozen=True, slots=True)
class PictureReport:
    codec: str
    direction: str
    """Seen from the phone."""
    added_by: str
    """`offer` (video stood in the first offer/answer) or `re-INVITE`."""
    pictures_received: int
    pictures_decoded: int
    pictures_broken: int
    keyframes: int
    frames_per_second: float | None
    width: int | None
    height: int | None
    bit_rate: int | None
    """Bits a second."""
    packets_received: int
    packets_lost: int
    first_picture_s: float | None
    """From the answer to the first picture that can be shown."""


@dataclass(frozen=True, slots=True)
class CallReport:
    uri: str
    """The Request-URI."""
    answered: bool
    status: int
    """Final status of the INVITE; 200 when answered."""
    ended_by: str
    """`us`, `far end`, or `nobody` for a call that never was."""
    rang_after_s: float | None
    answered_after_s: float | None
    """From INVITE (sent or received) to 200."""
    duration_s: float
    sound: SoundReport | None = None
    picture: PictureReport | None = None
    video_offers_refused: int = 0
    """Offers of video that this phone refused."""
    digits_sent: str = ""
    digits_received: str = ""
    recordings: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(tree: dict[str, Any]) -> CallReport:
    """The inverse of `as_json`."""
    sound, picture = tree.get("sound"), tree.get("picture")
    parts = {
        "sound": SoundReport(**sound) if sound else None,
        "picture": PictureReport(**picture) if picture else None,
    }
    return CallReport(**{**tree, **parts})


def unmet(report: CallReport, *, sound: bool, video: bool, no_video: bool, digits: str) -> list[str]:
    """What was expected of the call and did not happen, in words; empty when all did."""
    problems = []
    if not report.answered:
        return [f"the call was not answered (status {report.status})"]
    if sound and not (report.sound and report.sound.heard):
        problems.append("no sound was heard")
    if video and not (
        report.picture and report.picture.pictures_decoded and report.picture.first_picture_s is not None
    ):
        problems.append("no picture was decoded")
    if no_video and report.picture and report.picture.pictures_received:
        problems.append("pictures came although video was not to be")
    if digits and report.digits_received != digits:
        problems.append(f"the keys {digits} were expected, {report.digits_received or 'none'} came")
    return problems
