"""What `b2bua.Session` is told, and what it decides: frozen values, no logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ims_avatar.signalling.causes import Cause
from ims_avatar.signalling.dialog import Side

# Events ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CalleeProgress:
    status: int
    media: bool
    """It carried SDP."""


@dataclass(frozen=True, slots=True)
class CalleeAnswered:
    pass


@dataclass(frozen=True, slots=True)
class DialogConfirmed:
    side: Side


@dataclass(frozen=True, slots=True)
class OfferArrived:
    """re-INVITE. `carry`: its voice part concerns the other leg (hold, resume, another codec)."""

    side: Side
    carry: bool


@dataclass(frozen=True, slots=True)
class OfferCancelled:
    side: Side


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    """Our re-INVITE got 2xx (what became of video is told by `VideoSettled`)."""

    side: Side


@dataclass(frozen=True, slots=True)
class OfferDeclined:
    side: Side
    status: int
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class MediaChanged:
    """The voice part changed in an exchange that was answered at once (UPDATE, re-INVITE without offer)."""

    side: Side


@dataclass(frozen=True, slots=True)
class VideoSettled:
    """What the last exchange made of the picture towards this side."""

    side: Side
    outcome: Literal["active", "refused"]


@dataclass(frozen=True, slots=True)
class LegEnded:
    side: Side
    cause: Cause


@dataclass(frozen=True, slots=True)
class EndSession:
    """Nothing is heard any more, the process drains, or a fault of ours."""

    cause: Cause


SessionEvent: TypeAlias = (
    CalleeProgress
    | CalleeAnswered
    | DialogConfirmed
    | OfferArrived
    | OfferCancelled
    | OfferAccepted
    | OfferDeclined
    | MediaChanged
    | VideoSettled
    | LegEnded
    | EndSession
)

# Actions --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlaceCallee:
    """INVITE the called side."""


@dataclass(frozen=True, slots=True)
class ProgressToCaller:
    status: int
    media: bool


@dataclass(frozen=True, slots=True)
class AnswerCaller:
    pass


@dataclass(frozen=True, slots=True)
class SendOffer:
    """re-INVITE; with the picture when `video`."""

    side: Side
    video: bool


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """200 to the far end's re-INVITE; tell `VideoSettled` what became of video."""

    side: Side


@dataclass(frozen=True, slots=True)
class RefuseOffer:
    side: Side
    status: int


@dataclass(frozen=True, slots=True)
class EndLeg:
    """Final response, CANCEL or BYE, as the leg's state wants it."""

    side: Side
    cause: Cause


@dataclass(frozen=True, slots=True)
class Finished:
    """Both legs are over: release everything."""


Action: TypeAlias = (
    PlaceCallee | ProgressToCaller | AnswerCaller | SendOffer | AcceptOffer | RefuseOffer | EndLeg | Finished
)
