"""Synthetic speech with its phonemes. Needs Debian's espeak-ng."""

from __future__ import annotations

import pytest

from ims_avatar.driving.espeak import Espeak
from ims_avatar.errors import SpeechUnavailable
from tests.support.requirement import missing


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    try:
        return Espeak()
    except SpeechUnavailable as error:
        missing(str(error))


def test_phonemes_come_in_order_and_within_the_sound(espeak: Espeak) -> None:
    spoken = espeak.speak("Maybe Bob may pay.", "en-us+f2")
    starts = [sample for sample, _ in spoken.phonemes]
    assert starts == sorted(starts) and starts[-1] <= len(spoken.samples)
    assert sum(ipa in ("m", "b", "p") for _, ipa in spoken.phonemes) >= 6


def test_an_unknown_voice_names_the_package(espeak: Espeak) -> None:
    with pytest.raises(SpeechUnavailable, match="apt-get install libespeak-ng1 espeak-ng-data"):
        espeak.speak("hello", "klingon-x")


def test_pronunciations_are_split_into_phonemes(espeak: Espeak) -> None:
    assert espeak.pronounce("jump", "en-us") == ["dʒ", "ʌ", "m", "p"]
    assert len(espeak.pronounce("numéro", "fr")) == 6
