"""Real synthesisers: their phonemes lie under their sound. Needs espeak-ng, and the extra tts for piper."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest

from ims_avatar.driving import speech_voice
from ims_avatar.driving.moment import PICTURE_RATE
from ims_avatar.driving.phonemes import VOWELS
from ims_avatar.driving.phonemes import PhonemeGroup as G
from ims_avatar.driving.speech import Speech, Voice, trimmed
from ims_avatar.driving.speech_piper_voice import PiperVoice, piper_is_installed
from ims_avatar.driving.speech_script import read_script
from ims_avatar.driving.speech_voice import EspeakVoice, open_voice
from ims_avatar.driving.text import EDGE, LEAD, TextInput
from ims_avatar.errors import SpeechUnavailable
from tests.support.requirement import missing

SENTENCE = "Papa put a big pot of apples up on top."


@pytest.fixture(scope="module")
def piper() -> Iterator[Voice]:
    if not piper_is_installed():
        missing("piper is not installed; pip install 'ims-avatar[tts]'")
    voice = open_voice("en-GB")
    yield voice
    voice.close()


def espeak(language: str) -> Voice:
    try:
        return EspeakVoice(language)
    except SpeechUnavailable as error:
        if "libespeak" in str(error):
            missing(str(error))
        raise


def mean_level(speech: Speech, groups: frozenset[G]) -> float:
    """Mean dBFS of the middle halves of the spans of `groups`."""
    levels = []
    for span in speech.spans:
        if span.group in groups:
            quarter = (span.end - span.start) / 4
            a, b = round((span.start + quarter) * speech.rate), round((span.end - quarter) * speech.rate)
            levels.append(10 * np.log10(np.mean((speech.samples[a : b + 1] / 32768.0) ** 2) + 1e-9))
    assert levels
    return float(np.mean(levels))


def assert_phonemes_lie_under_the_sound(speech: Speech, contrast: float) -> None:
    assert [span.start for span in speech.spans] == sorted(span.start for span in speech.spans)
    assert speech.spans[-1].end <= len(speech.samples) / speech.rate + 1e-3
    vowels, stops = mean_level(speech, VOWELS), mean_level(speech, frozenset({G.BILABIAL}))
    assert vowels - stops > contrast


def test_piper_says_where_its_phonemes_are(piper: Voice) -> None:
    assert isinstance(piper, PiperVoice)
    speech = piper.speak(SENTENCE)
    assert sum(span.group is G.BILABIAL for span in speech.spans) >= 8
    assert_phonemes_lie_under_the_sound(speech, 15.0)


def test_piper_speaks_line_after_line_in_whatever_letters(piper: Voice) -> None:
    for text in ("Yes.", "Zażółć gęślą jaźń, 你好.", "No."):
        assert len(trimmed(piper.speak(text), 0.0).samples) > 2000


@pytest.mark.parametrize(("language", "text"), [("fr", "Papa a pris la pipe."), ("de", "Papa hat den Ball.")])
def test_espeak_says_where_its_phonemes_are(language: str, text: str) -> None:
    assert_phonemes_lie_under_the_sound(espeak(language).speak(text), 3.0)


@pytest.mark.parametrize("code", ["pt-BR", "pt_br", "ZH", "fr"])
def test_language_codes_may_be_written_as_people_write_them(code: str) -> None:
    espeak("en-us")
    assert len(open_voice(code).speak("1 2 3").samples) > 4000


def test_an_unknown_language_names_those_there_are() -> None:
    espeak("en-us")
    with pytest.raises(SpeechUnavailable, match=r"does not speak 'tlh-x'.*Remedy: use one of: .*\bfr\b.*\bpt-br\b"):
        open_voice("tlh-x")


def test_english_falls_back_to_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    espeak("en-us")
    monkeypatch.setattr(speech_voice, "piper_is_installed", lambda: False)
    assert isinstance(open_voice("en"), EspeakVoice)


def test_a_piper_that_dies_is_named_with_its_last_words() -> None:
    dying = (sys.executable, "-c", "import sys; sys.exit('no voice here')")
    voice = PiperVoice(dying)
    with pytest.raises(SpeechUnavailable, match=r"piper ended with status 1 \(no voice here\).*Remedy: pip install"):
        voice.speak("Hello")
    voice.close()


def test_closing_ends_the_process() -> None:
    voice = PiperVoice((sys.executable, "-c", "import sys; sys.stdin.read()"))
    voice.close()
    assert voice._process.returncode is not None


class Listening:
    """Remembers what a voice said."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self.said: list[Speech] = []

    def speak(self, text: str) -> Speech:
        self.said.append(self.voice.speak(text))
        return self.said[-1]

    def close(self) -> None:
        pass


@pytest.mark.parametrize("who", ["piper", "espeak"])
def test_lips_of_a_real_voice_close_at_p_b_m_and_in_breaks(who: str, request: pytest.FixtureRequest) -> None:
    voice = Listening(request.getfixturevalue("piper") if who == "piper" else espeak("en-us"))
    script = read_script(f"<speak>{SENTENCE}<break time='1200ms'/>{SENTENCE}</speak>")
    moments = list(TextInput(script, voice).moments())
    opening = np.array([moment.lip_code[0] for moment in moments])
    level = np.array([np.abs(moment.sound.astype(np.int32)).max() for moment in moments])
    quiet = np.flatnonzero(level < 200)
    runs = np.split(quiet, np.flatnonzero(np.diff(quiet) > 1) + 1)
    pause = max((run for run in runs if run[0] > 10 and run[-1] < len(moments) - 10), key=len)
    assert len(pause) / PICTURE_RATE == pytest.approx(1.2, abs=0.12)
    assert opening[pause[4:-4]].max() < 0.01
    first = trimmed(voice.said[0], EDGE)
    times = np.arange(len(moments)) / PICTURE_RATE
    at: dict[G, list[float]] = {G.BILABIAL: [], G.OPEN: []}
    for span in first.spans:
        if span.group in at:
            at[span.group].append(float(np.interp(LEAD + (span.start + span.end) / 2, times, opening)))
    assert np.mean(at[G.BILABIAL]) < 0.06 and np.mean(at[G.OPEN]) > 0.2
