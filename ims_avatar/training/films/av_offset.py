"""How late a film's sound is, found by its lips: what they do is compared with what the audio encoder hears."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.errors import FilmRefused
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.training.films.film_track import FilmTrack
from ims_avatar.training.films.lip_measures import openings, widths
from ims_avatar.training.speech.streaming import streamed

REACH = 0.5
"""Seconds that the sound may be early or late to be found at all."""
MOST = 0.4
"""Seconds that are corrected. A peak nearer to the end of the search may be the slope of another one."""
TOLERATED = 0.04
"""Seconds that are left as they are: one picture. Lips begin before the sound they make, how long before differs: of
eight films of people who speak, five had their sound within 50 ms, the others within 80 ms, early or late."""
LEAST_STANDING_OUT = 4.0
"""See `SoundOffset`. Pieces of ten seconds of a newsreader had 4.7 to 8.2, all 71 seconds 15.7; 176 pairs of a film and
another one's sound had 1.6 in the middle, 3.5 at the 98th percentile and 3.96 at most."""

_STEP = 0.01
_HEARD_STEP = 0.02
_DRIFT = 1.0
"""Seconds. Slower changes are smiles, turns of the head and the sound's level: they belong to no syllable."""
_WIDTH_WEIGHT = 0.6
_CHANCE = 1.0
"""Farther than so many seconds from any real offset, sound and lips are as unlike as those of two films."""

log = structlog.get_logger(__name__)

Signal = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HeardLips:
    """What lips should do, by the sound alone."""

    times: Signal
    """(n,), seconds from the sound's first sample."""
    opening: Signal
    width: Signal
    """(n,) each, as in `flow.LipCode`."""


@dataclass(frozen=True, slots=True)
class SoundOffset:
    seconds: float
    """How late the sound is; negative: how early."""
    r: float
    """Correlation of what is heard with what is seen there, of opening and width together."""
    stands_out: float
    """How far that is above the mean at wrong offsets, in standard deviations of them: grows with the film's length."""


def heard_lips(encoder: AudioEncoder, sound: NDArray[np.int16]) -> HeardLips:
    """Through the encoder as in a call; `sound` is (n,) at 16 kHz."""
    times: Signal = np.arange(0.0, len(sound) / AUDIO_RATE, _HEARD_STEP)
    codes = streamed(encoder, sound, times).astype(np.float64)
    return HeardLips(times, codes[:, 0], codes[:, 1])


def find_offset(track: FilmTrack, use: NDArray[np.bool_], heard: HeardLips) -> SoundOffset:
    """The offset at which sound and picture fit best. `use` (T,): the pictures that count.

    Needs a film of more than 2 x (`REACH` + `_CHANCE`) seconds.
    """
    end = min(track.times[-1], heard.times[-1])
    clock: Signal = np.arange(0.0, end, _STEP)
    weights = np.interp(clock, track.times, use.astype(np.float64)) > 0.5
    opening = _correlations(_seen(clock, track, openings(track.points)), weights, clock, heard.times, heard.opening)
    width = _correlations(_seen(clock, track, widths(track.points)), weights, clock, heard.times, heard.width)
    both = (opening + _WIDTH_WEIGHT * width) / (1 + _WIDTH_WEIGHT)
    steps = (np.arange(len(both)) + len(both) // 2) % len(both) - len(both) // 2
    chance = both[np.abs(steps) > round(_CHANCE / _STEP)]
    near = np.flatnonzero(np.abs(steps) <= round(REACH / _STEP))
    best = int(near[both[near].argmax()])
    found = SoundOffset(
        _STEP * (float(steps[best]) + _between(both, best)),
        float(both[best]),
        float((both[best] - chance.mean()) / max(float(chance.std()), 1e-9)),
    )
    log.info("offset of sound", seconds=round(found.seconds, 3), r=round(found.r, 3), out=round(found.stands_out, 1))
    return found


def with_sound_in_place(track: FilmTrack, found: SoundOffset) -> FilmTrack:
    """The film with its sound moved to the lips. `FilmRefused` when it is not the lips' sound or too far away."""
    if found.stands_out < LEAST_STANDING_OUT:
        raise FilmRefused(
            "foreign-sound",
            f"the sound does not belong to the picture: at no offset within {REACH:.1f} s do the lips fit it better "
            f"than chance (best: {found.stands_out:.1f} deviations, at least {LEAST_STANDING_OUT:.1f} are needed)",
            remedy="use a film in which the person who is seen is the one who is heard, without music or a translation",
        )
    if abs(found.seconds) > MOST:
        raise FilmRefused(
            "foreign-sound",
            f"the sound is {abs(found.seconds):.2f} s too {'late' if found.seconds > 0 else 'early'}, "
            f"at most {MOST:.1f} s are corrected",
            remedy="move the sound to the lips with an editor, or use the film as the camera recorded it",
        )
    return track.with_sound_moved(found.seconds) if abs(found.seconds) > TOLERATED else track


def _seen(clock: Signal, track: FilmTrack, values: Signal) -> Signal:
    """Values of the pictures on the clock; where no face is, between its neighbours."""
    there = np.isfinite(values)
    return np.interp(clock, track.times[there], values[there])


def _correlations(seen: Signal, weights: NDArray[np.bool_], clock: Signal, times: Signal, heard: Signal) -> Signal:
    """Pearson's r of the seen values that count with the heard ones k steps later, for all k, around the end."""
    a = _quick(seen) * weights
    b = _quick(np.interp(clock, times, heard))
    a -= a.sum() / max(int(weights.sum()), 1) * weights
    b -= b.mean()
    share = weights.mean()
    scale = len(a) * max(float(a.std() * b.std()) * np.sqrt(share), 1e-9)
    correlations: Signal = np.fft.irfft(np.conj(np.fft.rfft(a)) * np.fft.rfft(b), len(a)) / scale
    return correlations


def _quick(values: Signal) -> Signal:
    """Without what changes more slowly than `_DRIFT`."""
    reach = round(_DRIFT / _STEP / 2)
    padded = np.pad(values, reach, mode="edge")
    mean = np.convolve(padded, np.ones(2 * reach + 1) / (2 * reach + 1), "valid")
    quick: Signal = values - mean
    return quick


def _between(values: Signal, best: int) -> float:
    """The peak's place between two steps, by a parabola: -0.5 to 0.5."""
    below, top, above = values[best - 1], values[best], values[(best + 1) % len(values)]
    bend = below - 2 * top + above
    return float(np.clip(0.5 * (below - above) / bend, -0.5, 0.5)) if bend < 0 else 0.0
