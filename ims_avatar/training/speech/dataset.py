"""From labelled speech to what the network trains on: calls through random channels, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ims_avatar.driving.articulation import lip_codes
from ims_avatar.driving.audio import LEAD
from ims_avatar.driving.features import FEATURES, FeatureStream
from ims_avatar.driving.log_mel import HOP
from ims_avatar.driving.phonemes import PhonemeSpan, group_labels
from ims_avatar.flow import AUDIO_RATE, LIP_CODE_SIZE
from ims_avatar.training.speech.augment import (
    PLAIN,
    Channel,
    Sound,
    change_speed,
    coloured_noise,
    random_channel,
    through,
    to_flow_rate,
    true_speed,
)
from ims_avatar.training.speech.codec_round_trip import through_codec
from ims_avatar.training.speech.corpus import SAMPLE_RATE, Utterance, to_float

HOP_SECONDS = HOP / AUDIO_RATE


@dataclass(frozen=True, slots=True)
class Frames:
    """Row k: the features of frame k, and the lip code and phoneme group at the instant that the encoder shows when its
    window ends with frame k. float16 (n, FEATURES), float16 (n, 8), int8 (n,)."""

    features: NDArray[np.float16]
    codes: NDArray[np.float16]
    groups: NDArray[np.int8]

    def first(self, count: int) -> Frames:
        return Frames(self.features[:count], self.codes[:count], self.groups[:count])

    @staticmethod
    def joined(parts: Sequence[Frames]) -> Frames:
        return Frames(
            np.concatenate([p.features for p in parts]),
            np.concatenate([p.codes for p in parts]),
            np.concatenate([p.groups for p in parts]),
        )


def label(samples: NDArray[np.int16], spans: Sequence[PhonemeSpan]) -> Frames:
    """Frames of one call: int16 (n,) at 16 kHz with its phonemes."""
    features, _ = FeatureStream().push(samples)
    times: NDArray[np.float64] = np.arange(len(features), dtype=np.float64) * HOP_SECONDS - LEAD
    codes = lip_codes(spans, times)
    groups = group_labels(spans, times)
    return Frames(features.astype(np.float16), codes.astype(np.float16), groups.astype(np.int8))


def call(utterances: Sequence[Utterance], channel: Channel, rng: np.random.Generator, babble: Sound | None) -> Frames:
    """Several utterances with pauses between them through one channel."""
    speed = true_speed(channel.speed)
    pieces: list[Sound] = []
    spans: list[PhonemeSpan] = []
    length = 0
    for utterance in utterances:
        pause = np.zeros(int(rng.uniform(0.05, 1.2) * SAMPLE_RATE), np.float32)
        sound = change_speed(to_float(utterance.samples), channel.speed)
        start = (length + len(pause)) / SAMPLE_RATE
        spans += [PhonemeSpan(start + s.start / speed, start + s.end / speed, s.group) for s in utterance.spans]
        pieces += [pause, sound]
        length += len(pause) + len(sound)
    pieces.append(np.zeros(int(rng.uniform(0.1, 1.0) * SAMPLE_RATE), np.float32))
    sound = through(np.concatenate(pieces), channel, rng, babble)
    return label(to_flow_rate(sound), spans)


def not_speech(seconds: float, rng: np.random.Generator) -> Frames:
    """What calls carry besides speech, all with a resting mouth: noise, keys (DTMF), ringing, clicks."""
    n = int(seconds * SAMPLE_RATE)
    t = np.arange(n) / SAMPLE_RATE
    level = 10 ** (rng.uniform(-45, -12) / 20)
    kind = rng.integers(4)
    if kind == 0:
        sound = coloured_noise(n, rng) * (0.6 + 0.4 * np.sin(2 * np.pi * rng.uniform(0.1, 2.0) * t))
    elif kind == 1:  # keys: ITU-T Q.23
        low, high = rng.choice([697, 770, 852, 941]), rng.choice([1209, 1336, 1477, 1633])
        on = np.mod(t, rng.uniform(0.15, 0.6)) < rng.uniform(0.06, 0.14)
        sound = (np.sin(2 * np.pi * low * t) + np.sin(2 * np.pi * high * t)) * on
    elif kind == 2:  # ringing, busy, beeps
        pitch = rng.choice([rng.uniform(350, 480), rng.uniform(700, 1100), rng.uniform(1000, 2000)])
        period = rng.choice([0.5, 1.0, 5.0])
        sound = np.sin(2 * np.pi * pitch * t) * (np.mod(t, period) < period * rng.uniform(0.1, 0.5))
    else:  # clicks and keys of a keyboard
        sound = np.zeros(n)
        for at in rng.integers(0, max(1, n - 200), int(seconds * rng.uniform(0.5, 5))):
            sound[at : at + 200] += rng.standard_normal(200) * np.exp(-np.arange(200) / rng.uniform(5, 50))
    noisy = sound * level + 10 ** (rng.uniform(-75, -45) / 20) * coloured_noise(n, rng)
    coded = through_codec(noisy.astype(np.float32), str(rng.choice(["pcm_mulaw", "pcm_alaw", "linear"])))
    return label(to_flow_rate(coded), [])


def build(utterances: Sequence[Utterance], copies: int, seed: int, *, extra_share: float = 0.05) -> Frames:
    """`copies` passes over the utterances in random order, in calls of 2–5, each call through another channel."""
    rng = np.random.default_rng(seed)
    parts: list[Frames] = []
    for _ in range(copies):
        order = rng.permutation(len(utterances))
        at = 0
        while at < len(order):
            chosen = [utterances[k] for k in order[at : at + int(rng.integers(2, 6))]]
            at += len(chosen)
            babble = utterances[int(rng.integers(len(utterances)))].samples.astype(np.float32)
            parts.append(call(chosen, random_channel(rng), rng, babble))
            if rng.random() < extra_share * 2:
                parts.append(not_speech(float(rng.uniform(3.0, 8.0)), rng))
    return Frames.joined(parts) if parts else empty()


def build_plain(utterances: Sequence[Utterance], seed: int) -> Frames:
    """Every utterance once, through a line without faults."""
    rng = np.random.default_rng(seed)
    return Frames.joined([call([utterance], PLAIN, rng, None) for utterance in utterances]) if utterances else empty()


def empty() -> Frames:
    return Frames(np.zeros((0, FEATURES), np.float16), np.zeros((0, LIP_CODE_SIZE), np.float16), np.zeros(0, np.int8))
