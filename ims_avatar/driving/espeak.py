"""espeak-ng through ctypes: synthetic speech with the exact time of every phoneme, and pronunciations of words."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ims_avatar.errors import SpeechUnavailable

# speak_lib.h of espeak-ng 1.51
_SYNCHRONOUS = 2
_PHONEME_EVENTS, _PHONEME_IPA = 1, 2
_EVENT_END, _EVENT_PHONEME = 0, 7
_RATE, _PITCH, _PITCH_RANGE = 1, 3, 4
_CHARS_UTF8 = 1
_PHONEMES_IPA = 0x02
_INSTALL = "apt-get install libespeak-ng1 espeak-ng-data"


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


class _Voice(ctypes.Structure):
    """The beginning of espeak_VOICE; only pointers to it are ever made."""

    _fields_ = (("name", ctypes.c_char_p), ("languages", ctypes.c_void_p), ("identifier", ctypes.c_char_p))


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, slots=True)
class Spoken:
    """Synthetic speech: int16 mono at `rate` Hz, and (first sample, IPA) of each phoneme in order."""

    samples: NDArray[np.int16]
    rate: int
    phonemes: list[tuple[int, str]]


class Espeak:
    """The synthesiser; one per process (the library keeps global state). Raises `SpeechUnavailable`."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as error:
            raise SpeechUnavailable("libespeak-ng.so.1 is missing", remedy=_INSTALL) from error
        self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS | _PHONEME_IPA))
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._sound: list[NDArray[np.int16]] = []
        self._phonemes: list[tuple[int, str]] = []
        self._callback = _Callback(self._take)  # kept: the library calls it for as long as it lives
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, events: Any) -> int:
        if count > 0:
            self._sound.append(np.ctypeslib.as_array(samples, (count,)).copy())
        k = 0
        while events[k].type != _EVENT_END:
            if events[k].type == _EVENT_PHONEME:
                raw = ctypes.string_at(ctypes.addressof(events[k].id), 8).split(b"\0")[0]
                self._phonemes.append((int(events[k].sample), raw.decode("utf-8", "ignore")))
            k += 1
        return 0

    def _set_voice(self, voice: str) -> None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SpeechUnavailable(f"espeak-ng has no voice {voice}", remedy=_INSTALL)

    def speak(self, text: str, voice: str, *, rate: int = 170, pitch: int = 50, pitch_range: int = 50) -> Spoken:
        """Speaks `text`; `rate` in words a minute, `pitch` and `pitch_range` 0..100."""
        self._sound.clear()
        self._phonemes.clear()
        self._set_voice(voice)
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_PITCH_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        raw = text.encode()
        self._library.espeak_Synth(raw, ctypes.c_size_t(len(raw) + 1), 0, 0, 0, _CHARS_UTF8, None, None)
        sound = np.concatenate(self._sound) if self._sound else np.zeros(0, np.int16)
        return Spoken(sound, self.rate, list(self._phonemes))

    def languages(self) -> dict[str, str]:
        """The voice of every language there are data for: code, e.g. `fr`, `en-us`, `pt-br`, to a name for `speak`."""
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        voices = self._library.espeak_ListVoices(None)
        found: list[tuple[str, int, str]] = []
        index = 0
        while voices[index]:
            voice = voices[index].contents
            at = voice.languages
            while priority := ctypes.string_at(at, 1)[0]:  # a byte of priority, then the code, until a priority of 0
                code = ctypes.string_at(at + 1)
                found.append((code.decode(), priority, voice.identifier.decode()))
                at += len(code) + 2
            index += 1
        return {code: name for code, _, name in sorted(found, reverse=True)}  # the lowest number is preferred

    def pronounce(self, word: str, voice: str) -> list[str]:
        """The IPA phonemes of one word, in order, without stress marks; ties kept together (tʃ is one phoneme)."""
        self._set_voice(voice)
        buffer = ctypes.create_string_buffer(word.encode())
        pointer = ctypes.c_void_p(ctypes.addressof(buffer))
        separator = ord("_") << 8
        out = b""
        while pointer.value:
            part = self._library.espeak_TextToPhonemes(ctypes.byref(pointer), _CHARS_UTF8, _PHONEMES_IPA | separator)
            out += (part or b"") + b"_"
        plain = out.decode("utf-8", "ignore").replace("ˈ", "").replace("ˌ", "")
        return [p for p in plain.replace(" ", "_").split("_") if p]
