"""Synthetic speech with its phonemes, and the aligner against it. Needs Debian's espeak-ng and the extra `train`."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

from ims_avatar.training.corpus_text import CorpusMissing
from ims_avatar.training.espeak import Espeak
from ims_avatar.training.phonemes import PhonemeGroup
from tests.support.requirement import missing

pytestmark = pytest.mark.train

WORDS = "please hold while we connect your call to a person"


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    for package in ("scipy", "pocketsphinx"):
        if importlib.util.find_spec(package) is None:
            missing(f"{package} is not installed: pip install ims-avatar[train]")
    try:
        return Espeak()
    except CorpusMissing as error:
        missing(str(error))


def test_phonemes_come_in_order_and_within_the_sound(espeak: Espeak) -> None:
    spoken = espeak.speak("Maybe Bob may pay.", "en-us+f2")
    starts = [sample for sample, _ in spoken.phonemes]
    assert starts == sorted(starts) and starts[-1] <= len(spoken.samples)
    assert sum(ipa in ("m", "b", "p") for _, ipa in spoken.phonemes) >= 6


def test_an_unknown_voice_names_the_package(espeak: Espeak) -> None:
    with pytest.raises(CorpusMissing, match="apt-get install espeak-ng-data"):
        espeak.speak("hello", "klingon-x")


def test_pronunciations_are_split_into_phonemes(espeak: Espeak) -> None:
    assert espeak.pronounce("jump", "en-us") == ["dʒ", "ʌ", "m", "p"]
    assert len(espeak.pronounce("numéro", "fr")) == 6


@pytest.mark.parametrize("language", ["en-us", "es"])
def test_the_aligner_finds_what_the_synthesiser_knows(espeak: Espeak, language: str) -> None:
    from ims_avatar.training.aligner import Aligner
    from ims_avatar.training.corpus_espeak import utterance_of

    text = WORDS if language == "en-us" else "por favor espere mientras conectamos su llamada"
    utterance = utterance_of(espeak.speak(text, f"{language}+f2", rate=140), "test", language, "held_voice")
    found = Aligner(espeak, language, text.split()).align(utterance.samples, text.split())
    assert found is not None
    off = [_nearest(span, utterance.spans) for span in found if span.group is not PhonemeGroup.PAUSE]
    assert float(np.median(off)) < 0.06


def _nearest(span: Any, spans: Any) -> float:
    """Seconds to the start of the nearest phoneme of the same group."""
    return float(min([abs(span.start - other.start) for other in spans if other.group is span.group], default=1.0))
