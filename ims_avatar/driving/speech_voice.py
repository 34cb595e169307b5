"""Which synthesiser speaks a language: piper English where it is installed, espeak-ng everything else."""

from __future__ import annotations

import structlog

from ims_avatar.driving.espeak import Espeak
from ims_avatar.driving.speech import Speech, Voice
from ims_avatar.driving.speech_piper_voice import INSTALL, PiperVoice, piper_is_installed
from ims_avatar.driving.speech_spans import espeak_spans
from ims_avatar.errors import SpeechUnavailable

DEFAULT_LANGUAGE = "en-us"

_log = structlog.get_logger(__name__)


class EspeakVoice:
    """A language of espeak-ng, in its default voice. Raises `SpeechUnavailable` for a language it does not have."""

    def __init__(self, language: str) -> None:
        self._espeak = Espeak()
        known = self._espeak.languages()
        if language not in known:
            raise SpeechUnavailable(
                f"espeak-ng does not speak {language!r}", remedy=f"use one of: {' '.join(sorted(known))}"
            )
        self._voice = known[language]

    def speak(self, text: str) -> Speech:
        spoken = self._espeak.speak(text, self._voice)
        spans = espeak_spans(spoken.phonemes, len(spoken.samples), spoken.rate)
        return Speech(spoken.samples, spoken.rate, tuple(spans))

    def close(self) -> None:
        """The library stays loaded: there is one for the process."""


def open_voice(language: str = DEFAULT_LANGUAGE) -> Voice:
    """The voice for a language code such as `en`, `fr` or `pt-BR`.

    Raises `SpeechUnavailable` for a language nobody speaks here, or when no synthesiser is installed.
    """
    code = language.strip().lower().replace("_", "-")
    english = code == "en" or code.startswith("en-")
    if english and piper_is_installed():
        return PiperVoice()
    if english:
        _log.warning("piper is not installed, espeak-ng speaks instead", remedy=INSTALL)
    return EspeakVoice("en-us" if code == "en" else code)
