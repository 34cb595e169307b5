"""What telephones do to speech. All at 8 kHz, float32 in -1..1; every function takes its random generator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, resample_poly

from ims_avatar.training.speech.codec_round_trip import through_codec
from ims_avatar.training.speech.corpus import SAMPLE_RATE

Sound = NDArray[np.float32]

_FRAME = SAMPLE_RATE // 50  # 20 ms


@dataclass(frozen=True, slots=True)
class Channel:
    """One call's way of sounding: everything that does not change while somebody speaks."""

    speed: float
    level_db: float
    snr_db: float
    high_pass_hz: float
    tilt_db: float
    codec: str
    loss: float


PLAIN = Channel(speed=1.0, level_db=-20.0, snr_db=80.0, high_pass_hz=0.0, tilt_db=0.0, codec="pcm_mulaw", loss=0.0)
"""A telephone line without faults."""


def random_channel(rng: np.random.Generator) -> Channel:
    codecs = ["pcm_mulaw", "pcm_alaw", "amr_nb", "linear"]
    return Channel(
        speed=float(rng.choice([1.0, rng.uniform(0.88, 1.14)])),
        level_db=float(rng.uniform(-40.0, -10.0) if rng.random() < 0.7 else rng.uniform(-26.0, -6.0)),
        snr_db=float(rng.choice([80.0, rng.uniform(5.0, 40.0)], p=[0.35, 0.65])),
        high_pass_hz=float(rng.choice([0.0, rng.uniform(80.0, 350.0)])),
        tilt_db=float(rng.normal(0.0, 4.0)),
        codec=str(rng.choice(codecs, p=[0.4, 0.2, 0.15, 0.25])),
        loss=float(rng.choice([0.0, rng.uniform(0.01, 0.08)], p=[0.75, 0.25])),
    )


def change_speed(samples: Sound, speed: float) -> Sound:
    """Plays faster or slower: tempo, pitch and vocal tract length change together. Length becomes about n / speed."""
    steps = round(64 * speed)
    return samples if steps == 64 else resample_poly(samples, 64, steps).astype(np.float32)


def true_speed(speed: float) -> float:
    """The speed `change_speed` really plays at."""
    return round(64 * speed) / 64


def through(samples: Sound, channel: Channel, rng: np.random.Generator, babble: Sound | None = None) -> Sound:
    """The sound (already at the channel's speed) after microphone, room noise, codec and network. Same length."""
    sound = _tilt(samples, channel.tilt_db)
    if channel.high_pass_hz > 0:
        b, a = butter(2, channel.high_pass_hz, "highpass", fs=SAMPLE_RATE)
        sound = lfilter(b, a, sound).astype(np.float32)
    sound = at_level(sound, channel.level_db)
    noise = coloured_noise(len(sound), rng)
    if babble is not None and rng.random() < 0.25:
        noise = 0.3 * noise + np.resize(babble, len(sound)) / (np.sqrt(np.mean(babble**2)) + 1e-9)
    sound = sound + noise.astype(np.float32) * np.float32(10 ** ((channel.level_db - channel.snr_db) / 20))
    coded = through_codec(np.clip(sound, -1.0, 1.0).astype(np.float32), channel.codec)
    return lose_packets(coded, channel.loss, rng)


def at_level(samples: Sound, level_db: float) -> Sound:
    """Scales so that the loud half of the sound has `level_db` dBFS (a rough active speech level, ITU-T P.56)."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.sort((frames.astype(np.float64) ** 2).mean(axis=1))
    active = power[power > 1e-3 * power.max(initial=0.0)]
    if len(active) == 0:
        return samples
    gain = 10 ** (level_db / 20) / np.sqrt(active[len(active) // 3 :].mean())
    return (samples * np.float32(gain)).astype(np.float32)


def _tilt(samples: Sound, tilt_db: float) -> Sound:
    """A gentle first-order tilt of the spectrum: `tilt_db` more (or less) at 4 kHz than at 0 Hz."""
    slope = (10 ** (tilt_db / 20) - 1) / (10 ** (tilt_db / 20) + 1)
    tilted: Sound = lfilter([1.0, -slope], [1.0], samples).astype(np.float32)
    return tilted


def coloured_noise(length: int, rng: np.random.Generator) -> Sound:
    """Stationary noise of power 1 with a random smooth spectrum: fans, cars, lines."""
    pole = float(rng.uniform(-0.3, 0.97))
    white = rng.standard_normal(length + 200)
    noise = lfilter([1.0], [1.0, -pole], white)[200:]
    normal: Sound = (noise / (noise.std() + 1e-9)).astype(np.float32)
    return normal


def lose_packets(samples: Sound, loss: float, rng: np.random.Generator) -> Sound:
    """Drops 20 ms packets with probability `loss`; half of the receivers conceal by a quieter copy of the last one."""
    if loss <= 0:
        return samples
    out = samples.copy()
    conceal = rng.random() < 0.5
    for at in range(_FRAME, len(out) - _FRAME, _FRAME):
        if rng.random() < loss:
            out[at : at + _FRAME] = 0.6 * out[at - _FRAME : at] if conceal else 0.0
    return out


def to_flow_rate(samples: Sound) -> NDArray[np.int16]:
    """8 kHz float32 to int16 at 16 kHz, as `media_in` hands it on."""
    wide: Sound = resample_poly(samples, 2, 1)
    return np.round(np.clip(wide, -1.0, 1.0) * 32767).astype(np.int16)
