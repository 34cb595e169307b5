"""The aligner against a synthesiser that knows the truth. Needs Debian's espeak-ng and the extra `train`."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

from ims_avatar.driving.espeak import Espeak
from ims_avatar.driving.phonemes import PhonemeGroup
from ims_avatar.errors import SpeechUnavailable
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
    except SpeechUnavailable as error:
        missing(str(error))


@pytest.mark.parametrize("language", ["en-us", "es"])
def test_the_aligner_finds_what_the_synthesiser_knows(espeak: Espeak, language: str) -> None:
    from ims_avatar.training.speech.aligner import Aligner
    from ims_avatar.training.speech.corpus_espeak import utterance_of

    text = WORDS if language == "en-us" else "por favor espere mientras conectamos su llamada"
    utterance = utterance_of(espeak.speak(text, f"{language}+f2", rate=140), "test", language, "held_voice")
    found = Aligner(espeak, language, text.split()).align(utterance.samples, text.split())
    assert found is not None
    off = [_nearest(span, utterance.spans) for span in found if span.group is not PhonemeGroup.PAUSE]
    assert float(np.median(off)) < 0.06


def _nearest(span: Any, spans: Any) -> float:
    """Seconds to the start of the nearest phoneme of the same group."""
    return float(min([abs(span.start - other.start) for other in spans if other.group is span.group], default=1.0))
