"""The driving inputs there are: one line each. To add one: a file that yields moments, and its line in the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ims_avatar.driving.audio_input import AudioInput, LipEncoder
from ims_avatar.driving.film_file import FilmFile
from ims_avatar.driving.moment import DrivingInput
from ims_avatar.driving.sound_file import SoundFile
from ims_avatar.driving.speech_script import read_script, read_script_file
from ims_avatar.driving.speech_voice import DEFAULT_LANGUAGE, open_voice
from ims_avatar.driving.text import TextInput


@dataclass(frozen=True, slots=True)
class DrivingOptions:
    """What some of the inputs need to know."""

    lip_encoder: LipEncoder
    """The avatar's, for sound."""
    language: str = DEFAULT_LANGUAGE
    """Code, for text."""


def _audio(source: str, options: DrivingOptions) -> DrivingInput:
    return AudioInput(SoundFile(source), options.lip_encoder)


def _video(source: str, options: DrivingOptions) -> DrivingInput:
    from ims_avatar.driving.video import VideoInput  # needs the extra `vision`
    from ims_avatar.faces.tracker import FaceTracker

    tracker = FaceTracker()
    return VideoInput(FilmFile(source), tracker)


def _text(text: str, options: DrivingOptions) -> DrivingInput:
    script = read_script(text)
    return TextInput(script, open_voice(options.language))


def _text_file(source: str, options: DrivingOptions) -> DrivingInput:
    script = read_script_file(Path(source))
    return TextInput(script, open_voice(options.language))


Open: TypeAlias = Callable[[str, DrivingOptions], DrivingInput]
DRIVING_INPUTS: dict[str, Open] = {"audio": _audio, "video": _video, "text": _text, "text_file": _text_file}


def open_driving_input(kind: str, source: str, options: DrivingOptions) -> DrivingInput:
    """Opens `source` as what `DRIVING_INPUTS` calls `kind`. Raises what that input's file says, a `MediaError`."""
    return DRIVING_INPUTS[kind](source, options)
