"""The numbers of one call's media, as the report wants them."""

from __future__ import annotations

from ims_avatar.phone.media import PhoneMedia
from ims_avatar.phone.report import PictureReport, SoundReport


def since(start: float | None, instant: float | None) -> float | None:
    """Seconds from `start` to `instant`, to a tenth of a millisecond; None when one of them never was."""
    return None if instant is None or start is None else round(instant - start, 4)


def sound_report(media: PhoneMedia, answered_at: float | None) -> SoundReport | None:
    sound, counters, negotiated = media.sound, media.audio_session.counters(), media.audio_session.negotiated
    if sound is None:
        return None
    return SoundReport(
        codec=negotiated.codec if negotiated else "",
        packets_sent=counters.sent,
        packets_received=counters.received,
        packets_lost=counters.lost,
        jitter_ms=counters.jitter_ms,
        heard=sound.first_sound is not None,
        first_sound_s=since(answered_at, sound.first_sound),
    )


def picture_report(media: PhoneMedia, answered_at: float | None, added_by: str) -> PictureReport | None:
    picture, counters, negotiated = media.picture, media.video_session.counters(), media.video_session.negotiated
    if picture is None:
        return None
    rate = picture.rate
    seconds = picture.received / rate if rate else 0.0
    width, height = picture.size or (None, None)
    return PictureReport(
        codec=negotiated.codec if negotiated else "",
        direction=negotiated.direction if negotiated else "inactive",
        added_by=added_by,
        pictures_received=picture.received,
        pictures_decoded=picture.decoded,
        pictures_broken=picture.broken,
        keyframes=picture.keyframes,
        frames_per_second=round(rate, 2) if rate else None,
        width=width,
        height=height,
        bit_rate=round(8 * picture.octets / seconds) if seconds else None,
        packets_received=counters.received,
        packets_lost=counters.lost,
        first_picture_s=since(answered_at, picture.first_arrival),
    )
