"""Text drives lips and sound together, by content: a voice whose sound shows which phoneme it says."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from ims_avatar.driving.moment import MOMENT_SAMPLES, PICTURE_RATE, SOUND_RATE, Moment
from ims_avatar.driving.phonemes import PhonemeGroup as G
from ims_avatar.driving.phonemes import PhonemeSpan
from ims_avatar.driving.speech import Speech, trimmed
from ims_avatar.driving.speech_script import Line
from ims_avatar.driving.text import EDGE, LEAD, TextInput

RATE = 22_050
SOUND_S = 0.2


class Spelling:
    """Says `a` and `p` for 0.2 s each: a tone for a, silence for p; and 0.5 s of nothing around every line."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.closed = False

    def speak(self, text: str) -> Speech:
        self.said.append(text)
        tone = (8000 * np.sin(2 * np.pi * 300 * np.arange(round(SOUND_S * RATE)) / RATE)).astype(np.int16)
        quiet = np.zeros(round(0.5 * RATE), np.int16)
        sound = np.concatenate([quiet, *(tone if letter == "a" else tone * 0 for letter in text), quiet])
        groups = {"a": G.OPEN, "p": G.BILABIAL}
        spans = [PhonemeSpan(0.0, 0.5, G.PAUSE)]
        for letter in text:
            spans.append(PhonemeSpan(spans[-1].end, spans[-1].end + SOUND_S, groups[letter]))
        return Speech(sound, RATE, (*spans, PhonemeSpan(spans[-1].end, spans[-1].end + 0.5, G.PAUSE)))

    def close(self) -> None:
        self.closed = True


def perform(*lines: Line) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """Openings (n,), and the sound (n, MOMENT_SAMPLES)."""
    moments = list(TextInput(lines, Spelling()).moments())
    assert all(moment.sound.shape == (MOMENT_SAMPLES,) for moment in moments)
    return np.stack([moment.lip_code for moment in moments])[:, 0], np.stack([moment.sound for moment in moments])


def loud(sound: NDArray[np.int16]) -> list[bool]:
    return [bool(np.abs(moment.astype(np.int32)).max() > 1000) for moment in sound]


def test_lips_open_with_the_vowels_and_close_at_p() -> None:
    opening, sound = perform(Line("apapa", 0.5))
    first = LEAD + EDGE
    middles = [first + (k + 0.5) * SOUND_S for k in range(5)]
    at = [round(middle * PICTURE_RATE) for middle in middles]
    assert [bool(opening[k] > 0.25) for k in at] == [True, False, True, False, True]
    assert opening[at[1]] < 0.02 and opening[at[3]] < 0.02
    assert [loud(sound)[k] for k in at] == [True, False, True, False, True]


def test_sound_and_lips_begin_together() -> None:
    opening, sound = perform(Line("aaa", 0.5))
    first_loud = np.flatnonzero(np.abs(sound.ravel().astype(np.int32)) > 1000)[0] / SOUND_RATE
    assert first_loud == pytest.approx(LEAD + EDGE, abs=0.01)
    assert np.flatnonzero(opening > 0.1)[0] / PICTURE_RATE == pytest.approx(first_loud, abs=0.08)


@pytest.mark.parametrize("pause", [0.3, 1.0, 2.5])
def test_a_pause_lasts_as_long_as_it_was_asked_for_and_the_mouth_is_closed_in_it(pause: float) -> None:
    opening, sound = perform(Line("a", pause), Line("a", 0.4))
    heard = np.flatnonzero(np.abs(sound.ravel().astype(np.int32)) > 1000)
    assert np.diff(heard).max() / SOUND_RATE == pytest.approx(pause, abs=0.045)
    middle = (LEAD + EDGE + SOUND_S + pause / 2) * PICTURE_RATE
    assert opening[round(middle)] < 0.02


def test_a_line_without_words_is_a_pause() -> None:
    opening, sound = perform(Line("", 1.0), Line("a", 0.2))
    assert not any(loud(sound)[: round((LEAD + 1.0) * PICTURE_RATE)])
    assert opening[: round((LEAD + 0.9) * PICTURE_RATE)].max() < 0.02


def test_speech_is_trimmed_to_its_edges() -> None:
    speech = trimmed(Spelling().speak("a"), EDGE)
    assert len(speech.samples) / RATE == pytest.approx(SOUND_S + 2 * EDGE, abs=1e-3)
    assert speech.spans[0].start == pytest.approx(EDGE, abs=1e-4)
    assert not trimmed(Speech(np.ones(100, np.int16), RATE, ()), EDGE).spans


class Slow(Spelling):
    """Says the second line only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()

    def speak(self, text: str) -> Speech:
        if self.said:
            assert self.let.wait(10)
        return super().speak(text)


def test_the_first_pictures_do_not_wait_for_the_second_sentence() -> None:
    voice = Slow()
    moments = TextInput((Line("aaaaa", 0.3), Line("ppp", 0.3)), voice).moments()
    first: list[Moment] = [next(moments) for _ in range(25)]
    assert max(moment.lip_code[0] for moment in first) > 0.25 and voice.said == ["aaaaa"]
    voice.let.set()
    assert len(list(moments)) > 10 and voice.said == ["aaaaa", "ppp"]
