"""Finer times for recordings whose phonemes are known but were timed by a foreign aligner.

The aligner knows English phonemes only; where it puts the border between two Italian ones is off by several frames.
An audio encoder that was trained on synthetic speech with exact times sees the groups themselves: the best path of its
second output through the known order of groups (Viterbi), near the aligner's times, is nearer to the truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.audio import LEAD, WINDOW_FRAMES, AudioEncoder
from ims_avatar.driving.features import FEATURES, SILENT, FeatureStream
from ims_avatar.driving.log_mel import HOP
from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan
from ims_avatar.flow import AUDIO_RATE
from ims_avatar.training.speech.augment import to_flow_rate
from ims_avatar.training.speech.codec_round_trip import through_codec
from ims_avatar.training.speech.corpus import Utterance, to_float

_REACH = 0.12
"""Seconds that a border may move."""
_SHORTEST = 2
"""Frames of the shortest phoneme."""
_SHORTEST_GAP = 0.03
_FORBIDDEN = -60.0
"""Logarithm of the likelihood of a group far from where the aligner saw it."""


def refined(utterance: Utterance, encoder: AudioEncoder) -> Utterance:
    """The same recording with finer times; as it is where the groups do not fit into it."""
    sequence = _with_pauses(utterance.spans, utterance.duration)
    scores = _scores(utterance, encoder)
    times = np.arange(len(scores)) * HOP / AUDIO_RATE - LEAD
    first, last = np.searchsorted(times, [0.0, utterance.duration])
    path = best_path(scores[first:last], times[first:last], sequence)
    if path is None:
        return utterance
    half = 0.5 * HOP / AUDIO_RATE
    borders = [float(times[first + k]) - half for k in np.flatnonzero(np.diff(path)) + 1]
    edges = [0.0, *borders, utterance.duration]
    spans = [
        PhonemeSpan(a, b, s.group)
        for a, b, s in zip(edges[:-1], edges[1:], sequence, strict=True)
        if s.group is not PhonemeGroup.PAUSE
    ]
    return replace(utterance, spans=tuple(spans))


def best_path(
    scores: NDArray[np.float32], times: NDArray[np.float64], sequence: Sequence[PhonemeSpan]
) -> NDArray[np.int64] | None:
    """For each frame the index into `sequence`, never falling; None where it does not fit.

    `scores` (T, groups) are logarithms of probabilities at `times` (T,). Each phoneme takes at least two frames and
    stays near the times it has in `sequence`.
    """
    state = np.repeat(np.arange(len(sequence)), _SHORTEST)
    if len(scores) < len(state):
        return None
    starts = np.array([s.start for s in sequence])[state] - _REACH
    ends = np.array([s.end for s in sequence])[state] + _REACH
    near = (times[:, None] >= starts) & (times[:, None] <= ends)
    seen = np.where(near, scores[:, np.array([int(s.group) for s in sequence])[state]], _FORBIDDEN)
    may_stay = np.arange(len(state)) % _SHORTEST == _SHORTEST - 1
    best = np.full(len(state), -np.inf)
    best[0] = seen[0, 0]
    came = np.zeros(seen.shape, bool)
    for t in range(1, len(seen)):
        stay = np.where(may_stay, best, -np.inf)
        advance = np.concatenate([[-np.inf], best[:-1]])
        came[t] = advance > stay
        best = np.maximum(stay, advance) + seen[t]
    path = np.empty(len(seen), np.int64)
    at = len(state) - 1
    for t in range(len(seen) - 1, -1, -1):
        path[t] = state[at]
        at -= int(came[t, at])
    return path


def _with_pauses(spans: Sequence[PhonemeSpan], duration: float) -> list[PhonemeSpan]:
    """The spans with a pause in every gap, before the first and after the last; touching pauses are one."""
    out = [PhonemeSpan(0.0, 0.0, PhonemeGroup.PAUSE)]
    for span in [*spans, PhonemeSpan(duration, duration, PhonemeGroup.PAUSE)]:
        if span.start - out[-1].end >= _SHORTEST_GAP and PhonemeGroup.PAUSE not in (out[-1].group, span.group):
            out.append(PhonemeSpan(out[-1].end, span.start, PhonemeGroup.PAUSE))
        if span.group is out[-1].group is PhonemeGroup.PAUSE:
            out[-1] = replace(out[-1], end=span.end)
        else:
            out.append(span)
    return out


def _scores(utterance: Utterance, encoder: AudioEncoder) -> NDArray[np.float32]:
    """Logarithms of the groups' probabilities, frame by frame: float32 (T, groups)."""
    sound = through_codec(to_float(utterance.samples), "pcm_mulaw")
    features, _ = FeatureStream().push(to_flow_rate(sound))
    before = np.full((WINDOW_FRAMES - 1, FEATURES), SILENT, np.float32)
    padded = np.concatenate([before, features.astype(np.float32)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_FRAMES, axis=0).transpose(0, 2, 1)
    logits = np.concatenate(
        [encoder.group_logits(np.ascontiguousarray(windows[k : k + 256])) for k in range(0, len(windows), 256)]
    )
    shifted = logits - logits.max(axis=1, keepdims=True)
    scores: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return scores
