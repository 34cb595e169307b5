"""One tree of errors; each carries its verdict: the SIP status it means, whose fault it is, and whether to try again.

ImsAvatarError
├── ConfigError            a file the operator wrote is wrong (names file, line and remedy)
├── StartError             a process of ours does not come up
├── SignallingError
│   ├── BadRequest         400, the peer's message cannot be used
│   ├── Forbidden          403, not a configured peer or next hop
│   ├── NotFound           404, no route
│   ├── LoopDetected       482, the next hop is ourselves
│   └── NotAcceptable      488, no common codec
├── MediaError
│   ├── NoFreePort         the configured RTP range is used up
│   ├── BadPacket          a datagram that is not valid RTP or RTCP, or a payload that breaks its format
│   ├── NalTooLarge        an encoded slice that fits no packet (packetization-mode 0)
│   ├── AudioFileError     a sound file that cannot be played
│   ├── FilmFileError      a film or a camera that gives no pictures, or none with a face
│   ├── SpeechUnavailable  a speech synthesiser, or a voice of it, that is not installed
│   ├── ScriptError        a text that cannot be spoken: empty, or bad SSML
│   ├── RecordingError     a recording that cannot be written (disk full)
│   └── OutputError        a place that takes no film: no such kind of place, no server
├── AvatarError
│   ├── AvatarNotFound     no such avatar; names those there are
│   ├── CorruptModel       a file whose hash is not the manifest's
│   ├── AvatarExists       this name and version is taken
│   ├── AvatarNotWritten   a folder or archive that cannot be written or removed (disk full, no permission)
│   ├── FacesUnavailable   what finds faces is not installed
│   ├── ReferenceRefused   a picture or film that makes no avatar, with the measured reason
│   ├── FilmRefused        a film that nothing can be learnt from, with the measured reason
│   └── ExchangeError      an avatar that cannot become, or be made of, a file of another format
├── TrainingError          a training run that cannot start or go on
│   └── CorpusMissing      speech or text to train on that is not installed
└── PoolError
    ├── PoolFull           no place for another avatar
    ├── PoolUnavailable    the pool process does not answer
    └── PoolProtocolError  a message between call worker and pool that cannot be understood
"""

from __future__ import annotations

from typing import ClassVar, Literal

Blame = Literal["client", "upstream", "server", "operator"]


class ImsAvatarError(Exception):
    """`str(error)` names the cause; `remedy` says what to do about it."""

    sip_status: ClassVar[int] = 500
    blame: ClassVar[Blame] = "server"
    retry: ClassVar[bool] = False

    def __init__(self, cause: str, *, remedy: str = "") -> None:
        super().__init__(cause)
        self.remedy = remedy

    def __str__(self) -> str:
        cause = super().__str__()
        return f"{cause}. Remedy: {self.remedy}" if self.remedy else cause


class ConfigError(ImsAvatarError):
    blame = "operator"


class StartError(ImsAvatarError):
    pass


class SignallingError(ImsAvatarError):
    pass


class BadRequest(SignallingError):
    sip_status = 400
    blame = "client"


class Forbidden(SignallingError):
    sip_status = 403
    blame = "client"


class NotFound(SignallingError):
    sip_status = 404
    blame = "client"


class LoopDetected(SignallingError):
    sip_status = 482
    blame = "operator"


class NotAcceptable(SignallingError):
    sip_status = 488
    blame = "client"


class MediaError(ImsAvatarError):
    pass


class NoFreePort(MediaError):
    sip_status = 503
    retry = True


class BadPacket(MediaError):
    blame = "client"


class NalTooLarge(MediaError):
    pass


class AudioFileError(MediaError):
    blame = "operator"


class FilmFileError(MediaError):
    blame = "operator"


class SpeechUnavailable(MediaError):
    blame = "operator"


class ScriptError(MediaError):
    blame = "operator"


class RecordingError(MediaError):
    pass


class OutputError(MediaError):
    blame = "operator"


class AvatarError(ImsAvatarError):
    blame = "operator"


class AvatarNotFound(AvatarError):
    pass


class CorruptModel(AvatarError):
    pass


class FacesUnavailable(AvatarError):
    pass


class ReferenceRefused(AvatarError):
    """`reason` is a short code for programs, such as "no-face"; the message gives what was measured."""

    def __init__(self, reason: str, cause: str, *, remedy: str = "") -> None:
        super().__init__(cause, remedy=remedy)
        self.reason = reason


class FilmRefused(AvatarError):
    """`reason` is a short code for programs, such as "too-short"; the message gives what was measured."""

    def __init__(self, reason: str, cause: str, *, remedy: str = "") -> None:
        super().__init__(cause, remedy=remedy)
        self.reason = reason


class AvatarExists(AvatarError):
    pass


class AvatarNotWritten(AvatarError):
    pass


class ExchangeError(AvatarError):
    pass


class TrainingError(ImsAvatarError):
    blame = "operator"


class CorpusMissing(TrainingError):
    pass


class PoolError(ImsAvatarError):
    retry = True


class PoolFull(PoolError):
    sip_status = 503


class PoolUnavailable(PoolError):
    sip_status = 503


class PoolProtocolError(PoolError):
    retry = False
