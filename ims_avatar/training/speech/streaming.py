"""Speech through the run-time path, as in a call: 20 ms chunks, one picture every 40 ms, no look at the whole file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.articulation import lip_codes
from ims_avatar.driving.audio import LOOK_AHEAD, AudioDriver, AudioEncoder
from ims_avatar.driving.phonemes import PhonemeSpan
from ims_avatar.flow import AUDIO_RATE, AudioChunk
from ims_avatar.training.speech.codec_round_trip import through_codec
from ims_avatar.training.speech.corpus import SAMPLE_RATE, to_float

Codes = NDArray[np.float32]

_CHUNK = AUDIO_RATE // 50
_PICTURE = 0.04


@dataclass(frozen=True, slots=True)
class Tracks:
    """What the stream gave and what was drawn for the same instants: times (n,), codes (n, 8) each."""

    times: NDArray[np.float64]
    seen: Codes
    truth: Codes


def resampled(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """8 kHz to 16 kHz with PyAV's resampler, as at run time."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=AUDIO_RATE)
    frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    parts = [f.to_ndarray().reshape(-1) for f in [*resampler.resample(frame), *resampler.resample(None)]]
    return np.concatenate(parts).astype(np.int16)


def streamed(
    encoder: AudioEncoder, samples: NDArray[np.int16], times: NDArray[np.float64], start: float = 7.0
) -> Codes:
    """Lip codes at `times` (s from the first sample, ascending) of int16 (n,) at 16 kHz: float32 (len(times), 8).

    Every code is computed as soon as the sound it may depend on has come, and not one sample later.
    """
    codes = [
        driver.finish(pts, encoder.lip_codes(driver.window(pts)[None])[0]).values
        for driver, pts in moments(samples, times, start)
    ]
    return np.array(codes, np.float32)


def moments(
    samples: NDArray[np.int16], times: NDArray[np.float64], start: float = 7.0
) -> Iterator[tuple[AudioDriver, float]]:
    """The driver and the pts of each picture, at the moment when the picture can be computed."""
    driver = AudioDriver()
    at = 0
    for time in times:
        while at < len(samples) and (at + _CHUNK) / AUDIO_RATE <= time + LOOK_AHEAD + 1e-9:
            driver.push(AudioChunk(start + at / AUDIO_RATE, samples[at : at + _CHUNK]))
            at += _CHUNK
        yield driver, start + float(time)


def tracks(
    encoder: AudioEncoder, samples: NDArray[np.int16], spans: Sequence[PhonemeSpan], codec: str = "pcm_mulaw"
) -> Tracks:
    """int16 (n,) at 8 kHz through `codec` and the stream, beside the drawn truth of its phonemes."""
    wide = as_received(samples, codec)
    times: NDArray[np.float64] = np.arange(int(len(samples) / SAMPLE_RATE / _PICTURE), dtype=np.float64) * _PICTURE
    return Tracks(times, streamed(encoder, wide, times), lip_codes(spans, times))


def as_received(samples: NDArray[np.int16], codec: str) -> NDArray[np.int16]:
    """int16 at 8 kHz after `codec`, at 16 kHz."""
    return resampled(np.round(through_codec(to_float(samples), codec) * 32767).astype(np.int16))


def correlation(seen: Codes, truth: Codes, component: int = 0) -> float:
    """Pearson's r of one component over all pictures."""
    return float(np.corrcoef(seen[:, component], truth[:, component])[0, 1])


def lag(seen: Codes, truth: Codes, component: int = 0, reach: int = 5) -> float:
    """Pictures by which `seen` is late (negative: early): peak of the cross-correlation, refined by a parabola."""
    n = len(seen)
    r = [
        float(np.corrcoef(seen[reach + k : n - reach + k, component], truth[reach : n - reach, component])[0, 1])
        for k in range(-reach, reach + 1)
    ]
    best = int(np.argmax(r))
    if best in (0, 2 * reach):
        return float(best - reach)
    below, top, above = r[best - 1 : best + 2]
    return best - reach + 0.5 * (below - above) / (below - 2 * top + above)


def amplitude(seen: Codes, truth: Codes, component: int = 0) -> float:
    """Spread of what is seen over the spread of the truth."""
    return float(seen[:, component].std() / truth[:, component].std())
