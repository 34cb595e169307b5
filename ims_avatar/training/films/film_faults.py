"""What pictures of a film cannot be learnt from, fault by fault: each a mask over the pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.features import FeatureStream
from ims_avatar.driving.log_mel import HOP
from ims_avatar.faces import geometry as g
from ims_avatar.faces.landmarks import LIPS
from ims_avatar.faces.pose import head_pose
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.training.films.film_track import COUNT_EVERY, FilmTrack

Mask = NDArray[np.bool_]

AROUND_CUT = 2
"""Pictures dropped before and after a cut: landmarks are smoothed over their neighbours."""
LONGEST_SILENCE = 3.0
KEPT_SILENCE = 1.0
"""Seconds of a longer silence that stay at each of its ends: closed lips are learnt from a little of it."""
MOST_YAW, MOST_PITCH = 35.0, 30.0
"""Degrees. A reference picture must be straighter (`faces.checks`); here one side of the mouth must still be seen."""

_CHANGE, _CHANGE_TIMES = 5.0, 8.5
"""Mean change of luma at a cut, and how often the usual one around it. In 29 films the seven jumps had 7.5 or more and
9.9 times; waving arms and a dance had 8.9 and 7.9 times."""
_JUMP, _JUMP_TIMES = 0.1, 15.0
"""The same of the face's way from one picture to the next, in eye distances: cuts before a plain wall."""
_NEIGHBOURS = 12
_SMALLEST_CHANGE, _SMALLEST_JUMP = 0.3, 0.002
"""What compression and trembling landmarks make of a still picture."""
_SPEECH_WINDOW, _SPEECH_SHARE = 0.3, 0.3
"""Seconds around an instant of which so large a share must be speech: a click breaks no silence."""
_VOICE_WINDOW = 2.0
_VOICE_SHARE = 0.6
"""Share of so many seconds that is speech where lips must move, if it is theirs."""
_STILL_LIPS = 0.2
"""Spread of the lips' opening against its usual one in this film's speech: less is a listener's mouth."""


def cuts(track: FilmTrack) -> NDArray[np.intp]:
    """Numbers of the pictures that follow a cut, ascending."""
    thumbs = track.thumbs.astype(np.float32)
    change = np.abs(np.diff(thumbs, axis=0)).mean(axis=(1, 2))
    stable = track.points[:, list(g.STABLE), :2]
    eyes = np.linalg.norm(track.points[1:, g.OUTER_EYES[0], :2] - track.points[1:, g.OUTER_EYES[1], :2], axis=1)
    jump = np.nan_to_num(np.linalg.norm(np.diff(stable, axis=0), axis=2).mean(axis=1) / eyes)
    seen = (change > _CHANGE) & (change > _CHANGE_TIMES * _usual(change, _SMALLEST_CHANGE))
    jumped = (jump > _JUMP) & (jump > _JUMP_TIMES * _usual(jump, _SMALLEST_JUMP))
    still = change < 2 * _usual(change, _SMALLEST_CHANGE)  # then only the landmarks have jumped
    return np.flatnonzero(seen | (jumped & ~still)) + 1


def at_cuts(track: FilmTrack, numbers: NDArray[np.intp]) -> Mask:
    mask = np.zeros(len(track.times), bool)
    for number in numbers:
        mask[max(number - AROUND_CUT, 0) : number + AROUND_CUT] = True
    return mask


def without_face(track: FilmTrack) -> Mask:
    return ~track.has_face


def with_several_faces(track: FilmTrack) -> Mask:
    """Faces are counted now and then: what lies between a count of one and a count of more is not trusted."""
    several = track.times[track.faces > 1]
    if not len(several):
        return np.zeros(len(track.times), bool)
    return distance_to(track.times, several) < COUNT_EVERY


def turned_away(track: FilmTrack) -> Mask:
    mask = np.zeros(len(track.times), bool)
    for number in np.flatnonzero(track.has_face):
        pose = head_pose(track.points[number])
        mask[number] = abs(pose.yaw) > MOST_YAW or abs(pose.pitch) > MOST_PITCH
    return mask


def cut_by_frame(track: FilmTrack) -> Mask:
    """Where lips or chin leave the picture."""
    mouth = track.points[:, [*LIPS, *g.CHIN_TIP], :2]
    outside = (mouth < 0) | (mouth > np.array(track.size))
    return np.asarray(outside.any(axis=(1, 2)), bool)


def speech_at(track: FilmTrack) -> Mask:
    """(T,): whether somebody speaks around the picture. No sound: nobody."""
    if track.sound is None or not len(track.sound):
        return np.zeros(len(track.times), bool)
    share = _speech_share(track.sound, track.times, _SPEECH_WINDOW)
    return np.asarray(share >= _SPEECH_SHARE, bool)


def in_long_silence(track: FilmTrack, speech: Mask) -> Mask:
    """Silence of more than `LONGEST_SILENCE`, without `KEPT_SILENCE` at each end."""
    spoken = track.times[speech]
    if not len(spoken):
        return np.ones(len(track.times), bool)
    following = np.searchsorted(spoken, track.times)
    before = np.concatenate([[-np.inf], spoken])[following]
    after = np.concatenate([spoken, [np.inf]])[following]
    begin, end = np.maximum(before, track.times[0]), np.minimum(after, track.times[-1])
    inner = (track.times - begin > KEPT_SILENCE) & (end - track.times > KEPT_SILENCE)
    long: Mask = ~speech & (end - begin > LONGEST_SILENCE) & inner
    return long


def with_other_voice(track: FilmTrack, openings: NDArray[np.float64]) -> Mask:
    """Stretches of speech during which these lips stand still: somebody else is heard."""
    if track.sound is None or not len(track.sound):
        return np.zeros(len(track.times), bool)
    spoken = _speech_share(track.sound, track.times, _VOICE_WINDOW) >= _VOICE_SHARE
    reach = max(round(track.rate * _VOICE_WINDOW / 2), 1)
    padded = _padded(openings, reach)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    known = np.isfinite(windows).sum(axis=1) > reach
    spread = np.full(len(openings), np.nan)
    spread[known] = np.nanstd(windows[known], axis=1)
    counted = spoken & known
    if not counted.any():
        return np.zeros(len(track.times), bool)
    still = counted & (np.nan_to_num(spread, nan=np.inf) < _STILL_LIPS * float(np.median(spread[counted])))
    if not still.any():
        return np.zeros(len(track.times), bool)
    return distance_to(track.times, track.times[still]) <= _VOICE_WINDOW / 4


def distance_to(times: NDArray[np.float64], instants: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds from each of `times` to the nearest of `instants`, both ascending."""
    following = np.searchsorted(instants, times)
    before = times - np.concatenate([[-np.inf], instants])[following]
    after = np.concatenate([instants, [np.inf]])[following] - times
    nearest: NDArray[np.float64] = np.minimum(before, after)
    return nearest


def _usual(values: NDArray[np.floating], least: float) -> NDArray[np.float64]:
    """Median of each value's neighbours on both sides, not less than `least`."""
    padded = _padded(np.asarray(values, np.float64), _NEIGHBOURS)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEIGHBOURS + 1)
    neighbours = np.delete(windows, _NEIGHBOURS, axis=1)
    return np.maximum(np.median(neighbours, axis=1), least)


def _padded(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Continued on both sides by its own mirror image."""
    return np.pad(values, reach, mode="symmetric")


def _speech_share(sound: NDArray[np.int16], times: NDArray[np.float64], window: float) -> NDArray[np.float64]:
    """Share of the `window` seconds around each instant that is speech by level; none after the sound's end."""
    _, speech = FeatureStream().push(sound)
    total = np.concatenate([[0.0], np.cumsum(speech)])
    frames = AUDIO_RATE / HOP
    first = np.clip(np.rint((times - window / 2) * frames).astype(int), 0, len(speech))
    last = np.clip(np.rint((times + window / 2) * frames).astype(int), 0, len(speech))
    share: NDArray[np.float64] = (total[last] - total[first]) / (window * frames)
    return share
