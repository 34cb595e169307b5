"""The shipped model on speech it was never trained on: µ-law, 20 ms chunks, against the drawn truth of the phonemes."""

from __future__ import annotations

import json
import wave
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ims_avatar.avatars.repository import AvatarRepository
from ims_avatar.driving.audio import AudioEncoder
from ims_avatar.driving.phonemes import PhonemeGroup, PhonemeSpan
from ims_avatar.training.speech.corpus import spans_from_json
from ims_avatar.training.speech.streaming import Tracks, amplitude, correlation, lag, streamed, tracks

FIXTURES = Path(__file__).parents[2] / "fixtures" / "speech"
DEMO = Path(__file__).parents[3] / "ims_avatar" / "cli" / "demo_speech.wav"
SOUNDS = {
    "demo_speech": DEMO,
    "held_speaker": FIXTURES / "held_speaker.wav",
    "held_voice": FIXTURES / "held_voice.wav",
}
"""A person whose other recordings were trained on, a person never heard, a synthetic voice never heard."""


@cache
def spans(name: str) -> tuple[PhonemeSpan, ...]:
    return spans_from_json(json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))["spans"])


@cache
def heard(name: str) -> Tracks:
    with wave.open(str(SOUNDS[name])) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
    encoder = AudioEncoder(AvatarRepository().base_model("audio_encoder").folder)
    return tracks(encoder, samples, spans(name), "pcm_mulaw")


@pytest.mark.parametrize("name", SOUNDS)
def test_the_mouth_follows_the_drawn_truth(name: str) -> None:
    found = heard(name)
    assert correlation(found.seen, found.truth, 0) >= 0.65
    assert correlation(found.seen, found.truth, 5) >= 0.65  # jaw
    assert correlation(found.seen, found.truth, 1) >= 0.5  # width


@pytest.mark.parametrize("name", SOUNDS)
def test_the_mouth_is_on_time_and_opens_as_far_as_it_should(name: str) -> None:
    found = heard(name)
    assert abs(lag(found.seen, found.truth)) <= 1.0
    assert 0.75 <= amplitude(found.seen, found.truth) <= 1.2


@pytest.mark.parametrize("name", SOUNDS)
def test_lips_come_together_at_p_b_m(name: str) -> None:
    found = heard(name)
    middles = [0.5 * (s.start + s.end) for s in spans(name) if s.group is PhonemeGroup.BILABIAL]
    nearest = [int(np.abs(found.times - middle).argmin()) for middle in middles]
    least = [float(found.seen[max(0, k - 1) : k + 2, 0].min()) for k in nearest]
    speaking = found.seen[found.truth[:, 0] > 0.1, 0]
    assert np.median(least) < 0.5 * float(np.median(speaking))


def test_the_mouth_rests_in_the_long_silence_of_the_demo() -> None:
    found = heard("demo_speech")
    ends = np.array([s.end for s in spans("demo_speech")])
    starts = np.array([s.start for s in spans("demo_speech")])
    longest = int((starts[1:] - ends[:-1]).argmax())
    resting = (found.times >= ends[longest] + 0.1) & (found.times <= starts[longest + 1] - 0.12)
    assert starts[longest + 1] - ends[longest] >= 1.0
    assert float(found.seen[resting, 0].max()) == 0.0


@pytest.mark.parametrize(
    ("frequencies", "on", "period"),
    [((425.0,), 1.0, 5.0), ((440.0, 480.0), 2.0, 6.0), ((425.0,), 0.5, 1.0), ((770.0, 1336.0), 0.1, 0.4)],
    ids=["ringing", "american_ringing", "busy", "keys"],
)
def test_tones_of_the_network_do_not_move_the_mouth(frequencies: tuple[float, ...], on: float, period: float) -> None:
    t = np.arange(6 * 16000) / 16000
    sound = np.sum([np.sin(2 * np.pi * f * t) for f in frequencies], axis=0) * (np.mod(t, period) < on)
    samples = np.round(sound * 0.15 * 32767).astype(np.int16)
    encoder = AudioEncoder(AvatarRepository().base_model("audio_encoder").folder)
    codes = streamed(encoder, samples, np.arange(0.2, 5.8, 0.04))
    assert float(codes[:, 0].max()) < 0.05
